"""Measures a group of nested stacks against a flat stack of as many resources."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bench import measure
from bench.site import Site
from bench.workloads import independent

#: Number of resources in each nested stack.
INNER = 3


def group(count: int, removed: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a template with a group of nested stacks.

    :param removed: names of members to remove.
    """
    member = {'type': 'member.yaml', 'properties': {'value': 'v%index%'}}
    properties: dict[str, Any] = {'count': count, 'resource_def': member}
    if removed:
        properties['removal_policies'] = [{'resource_list': list(removed)}]
    definition = {'type': 'OS::Heat::ResourceGroup', 'properties': properties}
    return {'heat_template_version': '2021-04-16', 'resources': {'group': definition}}


def files() -> dict[str, Any]:
    """Return the template of a member."""
    value = {'get_param': 'value'}
    thing = {'type': 'OS::Heat::TestResource', 'properties': {'value': value}}
    return {
        'member.yaml': {
            'heat_template_version': '2021-04-16',
            'parameters': {'value': {'type': 'string'}},
            'resources': {f'r{number}': thing for number in range(INNER)},
        }
    }


def run(site: Site, members: int) -> list[dict[str, Any]]:
    """Create, shrink, grow and delete a group; return the cost of each step."""
    results = [_flat(site, members * INNER)]
    identity: dict[str, str] = {}

    def request(method: str, template: dict[str, Any] | None) -> None:
        named = (
            {'stack_name': 'group'} if method == 'create_stack' else {'stack_identity': identity}
        )
        content = (
            {}
            if template is None
            else {'template': template, 'params': {}, 'files': files(), 'args': {}}
        )
        answer = site.client.call(method, **named, **content)
        if method == 'create_stack':
            identity.update(answer)

    grown = members + members // 100
    for step, method, template in (
        ('create', 'create_stack', group(members)),
        ('remove one', 'update_stack', group(members, ('1',))),
        ('grow', 'update_stack', group(grown, ('1',))),
        ('delete', 'delete_stack', None),
    ):
        results.append(
            _measured(
                site, step, lambda m=method, t=template: request(m, t), identity, members * INNER
            )
        )
    flat, created = results[0], results[1]
    created['to_flat'] = round(created['cpu_ms'] / flat['cpu_ms'], 2)
    return results


def _flat(site: Site, size: int) -> dict[str, Any]:
    identity: dict[str, str] = {}

    def request() -> None:
        identity.update(measure.create(site, 'flat', independent(size)))

    result = _measured(site, f'flat {size}', request, identity, size)
    site.client.call('delete_stack', stack_identity=identity)
    measure.wait(site, identity)
    return result


def _measured(
    site: Site, step: str, request: Callable[[], None], identity: Any, size: int
) -> dict[str, Any]:
    """Make a request, wait for its end, and return its cost for each resource."""
    site.forget_peaks()
    before, began = site.cpu(), time.monotonic()
    request()
    measure.wait(site, identity)
    seconds = time.monotonic() - began
    cpu = {name: used - before.get(name, 0.0) for name, used in site.cpu().items()}
    ours = sum(used for name, used in cpu.items() if name not in ('database', 'broker'))
    peaks = site.peaks()
    return {
        'step': step,
        'seconds': round(seconds, 1),
        'cpu_ms': round(1000 * ours / size, 3),
        'cpu': {name: round(used, 1) for name, used in cpu.items()},
        'peak_mib': {name: round(peak / 2**20) for name, peak in peaks.items()},
    }
