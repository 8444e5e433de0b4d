"""Previews of creates and updates: their expected result, without any change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from heatconv.convergence import graph, replacement, states
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Resource, Stack
from heatconv.engine import wire_format
from heatconv.hot.errors import TemplateError
from heatconv.hot.functions import Frame, MapNode, Node
from heatconv.templates.compiled import CompiledTemplate, scope

#: The outcomes of an update for a resource: the keys in its preview.
OUTCOMES = ('unchanged', 'updated', 'replaced', 'added', 'deleted')


def of_create(stack: Stack, compiled: CompiledTemplate) -> dict[str, Any]:
    """Return the preview of a create: the stack and its resources in the format of the API."""
    answer = wire_format.stack(stack, compiled.hot)
    required_by = _required_by(compiled)
    answer['resources'] = [
        {
            **wire_format.resource(_new(stack, compiled, name), stack, required_by[name], True),
            'properties': _resolvable(stack, compiled.hot.resources[name].properties),
        }
        for name in compiled.definitions
    ]
    return answer


def of_update(
    stack: Stack, compiled: CompiledTemplate, rows: Sequence[Resource]
) -> dict[str, list[dict[str, Any]]]:
    """Return the preview of an update: for each of OUTCOMES, the resources that it applies to.

    A plugin may decide otherwise during the update, as in Heat.

    :param compiled: the template of the update.
    :param rows: the rows of the stack.
    """
    current = {row.name: row for row in rows if not states.doomed(row)}
    outcomes: dict[str, list[str]] = {outcome: [] for outcome in OUTCOMES}
    # The rows that references would resolve to. The id of a new row is not known yet.
    serving: dict[str, Resource] = {}
    requirements = {name: definition.requires for name, definition in compiled.definitions.items()}
    for name in graph.order(requirements):
        if name not in compiled.definitions:
            continue
        row = current.get(name)
        outcome = 'added' if row is None else _outcome(stack, compiled, name, row, serving)
        outcomes[outcome].append(name)
        if row is None or outcome == 'replaced':
            serving[name] = _new(stack, compiled, name)
        else:
            serving[name] = row
    outcomes['deleted'] = [name for name in current if name not in compiled.definitions]
    required_by = _required_by(compiled)

    def described(name: str, outcome: str) -> dict[str, Any]:
        row = current.get(name)
        if row is None or outcome == 'replaced':
            row = _new(stack, compiled, name)
        return wire_format.resource(row, stack, required_by.get(name, ()))

    return {
        outcome: [described(name, outcome) for name in _in_template_order(compiled, names)]
        for outcome, names in outcomes.items()
    }


def _in_template_order(compiled: CompiledTemplate, names: Sequence[str]) -> list[str]:
    """Sort names in template order, or alphabetically if the template has none of them."""
    name_set = set(names)
    ordered = [name for name in compiled.definitions if name in name_set]
    return ordered or sorted(names)


def _outcome(
    stack: Stack,
    compiled: CompiledTemplate,
    name: str,
    row: Resource,
    serving: Mapping[str, Resource],
) -> str:
    """Return the outcome of an update for a resource that has a row.

    :param serving: the rows that the required resources would have, by name.
    """
    definition = compiled.definition(name)
    required = {
        requirement: serving[requirement]
        for requirement in definition.requires
        if requirement in serving
    }
    try:
        desired = definition.desired(stack, stack.template_id, required)
    except TemplateError:
        return 'updated'  # the new values are not known yet
    if replacement.needs_replacement(row, desired):
        return 'replaced'
    if replacement.changed(row.properties, desired.properties) or not states.healthy(row):
        return 'updated'
    return 'unchanged'


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
