"""The workloads: templates whose graphs have a given shape and size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Template = dict[str, Any]

#: Number of resources of a layer; each resource requires the whole layer before.
LAYER = 10

#: Number of resources of each of many small stacks.
SMALL = 5


def _template(resources: dict[str, Any]) -> Template:
    """Return a template with resources."""
    return {'heat_template_version': '2021-04-16', 'resources': resources}


def _resource(value: str, requires: list[str] | None = None, **properties: Any) -> Template:
    """Return the definition of a resource.

    :param requires: names of the resources that it requires.
    """
    resource: Template = {'type': 'OS::Heat::TestResource'}
    resource['properties'] = {'value': value, **properties}
    if requires:
        resource['depends_on'] = requires
    return resource


def name(number: int) -> str:
    """Return the name of a resource with a number, from 0."""
    return f'r{number:06d}'


def independent(size: int, **properties: Any) -> Template:
    """Return a template in which no resource requires another one."""
    return _template({name(i): _resource('one', **properties) for i in range(size)})


def chain(size: int, **properties: Any) -> Template:
    """Return a template in which each resource requires the one before."""
    return _template(
        {
            name(i): _resource('one', [name(i - 1)] if i else None, **properties)
            for i in range(size)
        }
    )


def layered(size: int, **properties: Any) -> Template:
    """Return a template of layers of ten; each resource requires all ten of the layer before."""
    resources = {}
    for i in range(size):
        first = (i // LAYER - 1) * LAYER
        layer = [name(number) for number in range(first, first + LAYER)] if first >= 0 else None
        resources[name(i)] = _resource('one', layer, **properties)
    return _template(resources)


def fan_in(size: int, **properties: Any) -> Template:
    """Return a template in which the last resource requires all others."""
    resources = {name(i): _resource('one', **properties) for i in range(size - 1)}
    resources[name(size - 1)] = _resource('one', list(resources), **properties)
    return _template(resources)


def fan_out(size: int, **properties: Any) -> Template:
    """Return a template in which all other resources require the first one."""
    return _template(
        {name(i): _resource('one', [name(0)] if i else None, **properties) for i in range(size)}
    )


#: The shapes by name: functions that return a template of a size.
SHAPES: dict[str, Callable[..., Template]] = {
    'independent': independent,
    'chain': chain,
    'layered': layered,
    'fan-in': fan_in,
    'fan-out': fan_out,
}


def waiting(size: int) -> Template:
    """Return a template of independent resources whose plugin waits 20 ms in each create."""
    return _template({name(i): {'type': 'Bench::Waits'} for i in range(size)})


def elsewhere(size: int) -> Template:
    """Return a template of layers of resources that are not in the database, as in a cloud."""
    template = layered(size)
    for resource in template['resources'].values():
        resource['type'] = 'Bench::Waits'
        resource['properties'] = {'seconds': 0}
    return template


SHAPES['waiting'] = waiting
SHAPES['elsewhere'] = elsewhere

#: Workloads that measure further actions on a stack, after its create; its shape is an option. The
#: workload ``life`` updates one leaf and then deletes the stack.
FOLLOWING = ('update-one', 'noop-update', 'delete', 'life')

WORKLOADS = (*SHAPES, 'many-stacks', *FOLLOWING)


def with_a_leaf_changed(template: Template) -> Template:
    """Return a template with a changed property of the last resource, which none requires."""
    resources = dict(template['resources'])
    last = list(resources)[-1]
    changed = dict(resources[last])
    changed['properties'] = {**changed['properties'], 'value': 'two'}
    resources[last] = changed
    return {**template, 'resources': resources}


def predecessors(template: Template) -> dict[str, list[str]]:
    """Return the names of the resources that each resource requires, by its name."""
    return {
        name: list(definition.get('depends_on') or ())
        for name, definition in template['resources'].items()
    }
