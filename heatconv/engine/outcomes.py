"""The expected outcomes of an update for the resources of a stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heatconv.convergence import graph, replacement, states
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import DesiredState, Reality, Resource, Stack, Verb
from heatconv.hot.errors import TemplateError
from heatconv.hot.functions import Frame, MapNode, Node
from heatconv.resources import plugin as plugins
from heatconv.templates.cache import Types
from heatconv.templates.compiled import CompiledTemplate, scope


class Outcomes:
    """Predicts what an update does with each resource.

    The values of attributes after the update are predicted where the types can do that. Where they
    cannot, everything that depends on a changed resource counts as changed.
    """

    def __init__(self, types: Types) -> None:
        self._types = types

    def of_update(
        self, stack: Stack, compiled: CompiledTemplate, current: Mapping[str, Resource]
    ) -> tuple[dict[str, list[str]], dict[str, Resource]]:
        """Return the names of resources by outcome, and the rows that references resolve to.

        :param compiled: the template of the update.
        :param current: the row that serves each name.
        :return: the outcomes are unchanged, updated, replaced and added; names are in the order in
            which the resources are checked. A name whose values are not known has no row.
        """
        outcomes: dict[str, list[str]] = {
            outcome: [] for outcome in ('unchanged', 'updated', 'replaced', 'added')
        }
        serving: dict[str, Resource] = {}
        requirements = {
            name: definition.requires for name, definition in compiled.definitions.items()
        }
        for name in graph.order(requirements):
            if name not in compiled.definitions:
                continue
            row = current.get(name)
            desired = self._desired(stack, compiled, name, serving)
            outcome = 'added'
            if row is not None:
                outcome = self._outcome(stack, compiled, name, row, desired, serving)
            outcomes[outcome].append(name)
            after = row
            if row is None or outcome != 'unchanged':
                existing = row if outcome == 'updated' else None
                after = self._predicted(stack, name, existing, desired)
            if after is not None:
                serving[name] = after
        return outcomes, serving

    def _desired(
        self,
        stack: Stack,
        compiled: CompiledTemplate,
        name: str,
        serving: Mapping[str, Resource],
    ) -> DesiredState | None:
        """Return the desired state of a resource; None if it is not known yet."""
        definition = compiled.definition(name)
        required = {other: serving[other] for other in definition.requires if other in serving}
        try:
            return definition.desired(stack, None, required)
        except TemplateError:
            return None

    def _outcome(
        self,
        stack: Stack,
        compiled: CompiledTemplate,
        name: str,
        row: Resource,
        desired: DesiredState | None,
        serving: Mapping[str, Resource],
    ) -> str:
        """Return the outcome for a resource that has a row."""
        if desired is None:
            return self._outcome_of_unknown(stack, compiled, name, row, serving)
        if replacement.needs_replacement(row, desired):
            return 'replaced'
        changed = replacement.changed(row.properties, desired.properties)
        refrozen = row.frozen is not None and row.frozen != desired.frozen
        if changed or refrozen or desired.always_updates or not states.healthy(row):
            return 'updated'
        return 'unchanged'

    def _outcome_of_unknown(
        self,
        stack: Stack,
        compiled: CompiledTemplate,
        name: str,
        row: Resource,
        serving: Mapping[str, Resource],
    ) -> str:
        """Return the outcome for a resource with properties that are not known yet.

        A property that depends on a changed resource counts as changed.
        """
        if row.type != compiled.definitions[name].type or row.tainted:
            return 'replaced'
        properties = compiled.hot.resources[name].properties
        items = properties.items if isinstance(properties, MapNode) else properties
        frame = Frame(scope(stack, serving))
        values: dict[str, Any] = {}
        unknown = set()
        for key, value in items.items() if isinstance(items, Mapping) else ():
            try:
                values[key] = value.resolve(frame) if isinstance(value, Node) else value
            except TemplateError:
                unknown.add(key)
        plugin = self._types.plugin(row.type)
        if plugin is None or plugin.nests:
            return 'updated'
        before = row.properties or {}
        unknown |= {key for key in values if before.get(key) != values[key]}
        return 'replaced' if unknown & plugin.replace_on_change(before) else 'updated'

    def _predicted(
        self, stack: Stack, name: str, row: Resource | None, desired: DesiredState | None
    ) -> Resource | None:
        """Return the row of a resource after a create or an update in place.

        :param row: the row to update; None for a create.
        :return: None if the plugin cannot predict its attributes.
        """
        plugin = None if desired is None else self._types.plugin(desired.type)
        if desired is None or plugin is None or not plugin.predicts:
            return None
        before = row or Resource(id='', stack_id=stack.id, name=name, type=desired.type)
        resource = plugins.Resource(
            before.token,
            name,
            desired.type,
            stack.id,
            stack.name,
            stack.project_id,
            desired.properties,
            before.physical_id,
        )
        verb = Verb.CREATE if row is None else Verb.UPDATE
        changed = replacement.changed(before.properties, desired.properties)
        (prediction,) = plugin.predict([plugins.PluginCall(verb, resource, changed)])
        if prediction is None or prediction[0].reality != Reality.READY:
            return None
        # The physical id of a new resource is not known yet.
        return evolve(before, properties=desired.properties, attributes=prediction[0].attributes)
