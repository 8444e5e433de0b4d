"""Previews of creates and updates: their expected result, without any change."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from heatconv.convergence import states
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Resource, Stack
from heatconv.engine import wire_format
from heatconv.engine.lookup import Lookup
from heatconv.engine.nested_stacks import nested_stack
from heatconv.engine.outcomes import Outcomes
from heatconv.engine.requests.core import Requests
from heatconv.hot.errors import TemplateError
from heatconv.hot.functions import Frame, MapNode, Node
from heatconv.resources import plugin as plugins
from heatconv.resources.nested import NestedPlugin
from heatconv.resources.nested_stacks import NestedStack
from heatconv.templates.compiled import CompiledTemplate, scope

#: The outcomes of an update for a resource: the keys in its preview.
OUTCOMES = ('unchanged', 'updated', 'replaced', 'added', 'deleted')


class Preview:
    """Previews requests for a stack and for the stacks nested in it."""

    def __init__(self, requests: Requests, lookup: Lookup) -> None:
        self._store = requests.store
        self._templates = requests.templates
        self._lookup = lookup
        self._outcomes = Outcomes(requests.templates.types)

    def of_create(
        self, stack: Stack, compiled: CompiledTemplate, content: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the preview of a create: the stack and its resources in the format of the API.

        :param content: template, environment and files.
        """
        answer = wire_format.stack(stack, compiled.hot)
        answer['resources'] = self._created(stack, compiled, content)
        return answer

    def _created(
        self, stack: Stack, compiled: CompiledTemplate, content: Mapping[str, Any]
    ) -> list[Any]:
        """Return the resources of a new stack; in place of a nested stack, a list of its own."""
        required_by = _required_by(compiled)
        resources: list[Any] = []
        for name in compiled.definitions:
            child = self._child(stack, compiled, content, name, {}, None)
            if child is not None:
                resources.append(self._created(*child))
                continue
            described = wire_format.resource(
                _new(stack, compiled, name), stack, required_by[name], True
            )
            properties = _resolvable(stack, compiled.hot.resources[name].properties)
            schema = self._templates.types.schema(compiled.definitions[name].type)
            if schema is not None:
                declared = schema.listed_properties.items()
                properties = {**{key: one.default for key, one in declared}, **properties}
            # Null for each attribute, as in Heat.
            attributes = dict.fromkeys(schema.attributes if schema else ())
            resources.append({**described, 'properties': properties, 'attributes': attributes})
        return resources

    def of_update(
        self,
        stack: Stack,
        compiled: CompiledTemplate,
        content: Mapping[str, Any],
        show_nested: bool = False,
    ) -> dict[str, list[dict[str, Any]]]:
        """Return the preview of an update: for each of OUTCOMES, the resources it applies to.

        :param compiled: the template of the update.
        :param content: template, environment and files of the update.
        :param show_nested: whether to include the resources of nested stacks.
        """
        rows = self._store.resources(stack.id)
        current = {row.name: row for row in self._lookup.by_name(rows) if not states.doomed(row)}
        outcomes, serving = self._outcomes.of_update(stack, compiled, current)
        outcomes['deleted'] = [name for name in current if name not in compiled.definitions]
        required_by = _required_by(compiled)
        answer: dict[str, list[dict[str, Any]]] = {}
        for outcome in OUTCOMES:
            answer[outcome] = []
            for name in _in_template_order(compiled, outcomes[outcome]):
                row = current.get(name)
                if row is None or outcome == 'replaced':
                    row = _new(stack, compiled, name)
                answer[outcome].append(wire_format.resource(row, stack, required_by.get(name, ())))
        if not show_nested:
            return answer
        children = self._lookup.children([stack], {stack.id: rows})
        for name in [*outcomes['updated'], *outcomes['unchanged']]:
            existing = children.get(current[name].id)
            if existing is not None:
                before = nested_stack(existing)
                child = self._child(stack, compiled, content, name, serving, before)
                if child is not None:
                    _, inner, inner_content = child
                    _extend(answer, self.of_update(existing, inner, inner_content, True))
        for name in [*outcomes['added'], *outcomes['replaced']]:
            child = self._child(stack, compiled, content, name, serving, None)
            if child is not None:
                _extend(answer, {'added': _flat(self._created(*child))})
        for name in [*outcomes['deleted'], *outcomes['replaced']]:
            gone = children.get(current[name].id)
            if gone is not None:
                _extend(answer, {'deleted': self._deleted(gone)})
        return answer

    def _deleted(self, stack: Stack) -> list[dict[str, Any]]:
        """Return the resources of a nested stack that is deleted, at all levels."""
        rows = self._lookup.by_name(self._store.resources(stack.id))
        required_by = self._lookup.required_by(rows)
        resources = [wire_format.resource(row, stack, required_by[row.id]) for row in rows]
        for child in self._lookup.children([stack], {stack.id: rows}).values():
            resources += self._deleted(child)
        return resources

    def _child(
        self,
        stack: Stack,
        compiled: CompiledTemplate,
        content: Mapping[str, Any],
        name: str,
        serving: Mapping[str, Resource],
        before: NestedStack | None,
    ) -> tuple[Stack, CompiledTemplate, Mapping[str, Any]] | None:
        """Return the nested stack of a resource as it will be: stack, template and content.

        :param serving: the rows that references resolve to.
        :param before: the present nested stack; None for a new one.
        :return: None if the resource is none, or its content is not known yet.
        """
        definition = compiled.definition(name)
        type_ = compiled.definitions[name].type
        plugin = self._templates.types.plugin(type_)
        if not isinstance(plugin, NestedPlugin):
            return None
        required = {other: serving[other] for other in definition.requires if other in serving}
        try:
            desired = definition.desired(stack, None, required)
            resource = plugins.Resource(
                '', name, type_, stack.id, stack.name, stack.project_id, desired.properties
            )
            inner = plugin.content(resource, content, before)
            inner_compiled = self._templates.compile(inner, lenient=True)
        except TemplateError:
            return None
        child = dataclasses.replace(
            stack, id='None', name=f'{stack.name}-{name}', owner_id=stack.id, owner_resource=name
        )
        return child, inner_compiled, inner


def _extend(answer: dict[str, list[Any]], more: Mapping[str, list[Any]]) -> None:
    """Add the resources of a nested stack to the preview of its owner."""
    for outcome, resources in more.items():
        answer[outcome] += resources


def _flat(resources: Sequence[Any]) -> list[Any]:
    """Return resources of nested lists as one list."""
    flat: list[Any] = []
    for resource in resources:
        flat += _flat(resource) if isinstance(resource, list) else [resource]
    return flat


def _in_template_order(compiled: CompiledTemplate, names: Sequence[str]) -> list[str]:
    """Sort names in template order, or alphabetically if the template has none of them."""
    name_set = set(names)
    ordered = [name for name in compiled.definitions if name in name_set]
    return ordered or sorted(names)


def _new(stack: Stack, compiled: CompiledTemplate, name: str) -> Resource:
    """Return the row that an update or a create would add, without an id."""
    definition = compiled.definitions[name]
    return evolve(
        Resource(id='', stack_id=stack.id, name=name, type=definition.type),
        declared_type=definition.declared_type,
        deletion_policy=definition.deletion_policy,
    )


def _required_by(compiled: CompiledTemplate) -> dict[str, list[str]]:
    """Return the names of the resources that require each resource, by name."""
    dependents: dict[str, list[str]] = {name: [] for name in compiled.definitions}
    for name, definition in compiled.definitions.items():
        for required in definition.requires:
            dependents[required].append(name)
    return dependents


def _resolvable(stack: Stack, properties: Any) -> dict[str, Any]:
    """Resolve the properties of a new resource; null for a value that is not known yet."""
    items = properties.items if isinstance(properties, MapNode) else properties
    frame = Frame(scope(stack, {}))
    values = {}
    for name, value in items.items() if isinstance(items, Mapping) else ():
        try:
            values[name] = value.resolve(frame) if isinstance(value, Node) else value
        except TemplateError:
            values[name] = None
    return values
