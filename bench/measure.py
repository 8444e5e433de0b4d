"""Run one workload, and measure its time and its use of CPU, database, broker and memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bench import workloads
from bench.curve import done_over_time
from bench.latency import acting_seconds, latencies
from bench.site import Site

Identity = Mapping[str, str]

#: The shortest polling interval of the client, in seconds; clients of users poll less often.
POLL = 0.25

#: Number of resources of the warm-up: enough for every part to load its modules and statements.
WARM_UP = 60


def warm_up(site: Site) -> None:
    """Run small workloads, so that modules are loaded and statements prepared afterwards."""
    for shape in ('layered', 'independent'):
        identity = create(site, f'warm_{shape}', workloads.SHAPES[shape](WARM_UP))
        wait(site, identity)
        update(site, identity, workloads.SHAPES[shape](WARM_UP, fail=False))
        wait(site, identity)
        site.client.call('delete_stack', stack_identity=identity)
        wait(site, identity)


def create(site: Site, name: str, template: workloads.Template) -> Identity:
    """Request a stack; return its identity."""
    identity: Identity = site.client.call(
        'create_stack', stack_name=name, template=template, params={}, files={}, args={}
    )
    return identity


def update(site: Site, identity: Identity, template: workloads.Template) -> None:
    """Request another template for a stack."""
    site.client.call(
        'update_stack', stack_identity=identity, template=template, params={}, files={}, args={}
    )


def wait(site: Site, identity: Identity) -> None:
    """Poll until no action of a stack is in progress, as a client does.

    :raises RuntimeError: if the stack has failed.
    """
    began = time.monotonic()
    while True:
        (stack,) = site.client.call('show_stack', stack_identity=identity, resolve_outputs=False)
        if stack['stack_status'] != 'IN_PROGRESS':
            break
        time.sleep(min(max(POLL, (time.monotonic() - began) / 20), 2.0))
    if stack['stack_status'] != 'COMPLETE':
        raise RuntimeError(f'{stack["stack_status"]}: {stack["stack_status_reason"]}')


class Meter:
    """Measures what a site uses between `start` and `end`."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def start(self) -> None:
        """Read all counters."""
        self._site.forget_peaks()
        self._messages = self._site.broker.messages()
        self._traffic = self._site.database.traffic()
        self._cpu = self._site.cpu()
        self._wall = time.monotonic()

    def end(self, resources: int) -> dict[str, Any]:
        """Return the usage since the start; CPU, database and broker per resource.

        :param resources: number of resources of the workload.
        """
        wall = time.monotonic() - self._wall
        after = self._site.cpu()
        traffic = self._site.database.traffic().since(self._traffic)
        messages = self._site.broker.messages() - self._messages
        used = {name: after[name] - self._cpu.get(name, 0.0) for name in after}
        total = sum(used.values())
        return {
            'wall_seconds': round(wall, 3),
            'cpu_seconds': {name: round(seconds, 2) for name, seconds in used.items()},
            'cpu_ms_per_resource': round(1000 * total / resources, 4),
            'statements_per_resource': round(traffic.statements / resources, 4),
            'transactions_per_resource': round(traffic.transactions / resources, 4),
            'round_trips_per_resource': round(traffic.round_trips / resources, 4),
            'bytes_from_database_per_resource': round(traffic.bytes_sent / resources),
            'bytes_to_database_per_resource': round(traffic.bytes_received / resources),
            'messages_per_resource': round(messages / resources, 4),
            'peak_rss_mb': {
                name: round(size / 2**20, 1) for name, size in self._site.peaks().items()
            },
        }


def run(
    site: Site,
    workload: str,
    size: int,
    name: str = 'bench',
    shape: str = 'layered',
    concurrency: int = 50,
    curves: list[dict[str, Any]] | None = None,
) -> Iterator[dict[str, Any]]:
    """Run one workload once; a workload on an existing stack creates the stack first.

    :param size: number of resources; for many-stacks the number of stacks.
    :param name: name of the stack, or prefix of the names of the stacks.
    :param shape: shape of the stack that an update or a delete is measured on.
    :param concurrency: for many-stacks: largest number of stacks in progress.
    :param curves: a list to append the number of finished resources over time to.
    :return: a result for each measured action.
    """
    meter = Meter(site)
    if workload == 'many-stacks':
        meter.start()
        _many(site, name, size, concurrency)
        result = meter.end(size * workloads.SMALL)
        result['cpu_ms_per_stack'] = round(result['cpu_ms_per_resource'] * workloads.SMALL, 3)
        yield {'workload': workload, 'size': size, **result}
        return
    follows = workload in workloads.FOLLOWING
    template = workloads.SHAPES[shape if follows else workload](size)

    def measured(label: str, action: str, request: Callable[[], Any]) -> dict[str, Any]:
        """Measure one action from its request until it is finished."""
        began, requested_at = time.monotonic(), time.time()
        meter.start()
        answer = request()
        answered_seconds = time.monotonic() - began
        identity = answer if action == 'CREATE' else created
        wait(site, identity)
        result = {'workload': label, 'size': size, **meter.end(size)}
        result['answered_seconds'] = round(answered_seconds, 3)
        if follows:
            result['shape'] = shape
        if curves is not None:
            step = max(result['wall_seconds'] / 200, 0.1)
            points = done_over_time(site, identity['stack_id'], action, requested_at, step)
            curves.append({'workload': label, 'size': size, 'action': action, 'points': points})
        return {'identity': identity, **result}

    result = measured(
        shape if follows else workload, 'CREATE', lambda: create(site, name, template)
    )
    created = result.pop('identity')
    yield {
        **result,
        'acting_seconds': acting_seconds(site, created['stack_id']),
        **latencies(site, created['stack_id'], workloads.predecessors(template)),
    }
    actions: dict[str, tuple[str, Callable[[], Any]]] = {
        'update-one': (
            'UPDATE',
            lambda: update(site, created, workloads.with_a_leaf_changed(template)),
        ),
        # The same resources, but another hash of the content: with an equal hash, no resource is
        # compared.
        'noop-update': (
            'UPDATE',
            lambda: update(site, created, {**template, 'description': 'again'}),
        ),
        'delete': ('DELETE', lambda: site.client.call('delete_stack', stack_identity=created)),
    }
    steps = ('update-one', 'delete') if workload == 'life' else (workload,)
    for step_name in steps if follows else ():
        result = measured(step_name, *actions[step_name])
        result.pop('identity')
        yield result


def _many(site: Site, name: str, count: int, concurrency: int) -> None:
    """Create many small stacks, a limited number of them concurrently."""
    template = workloads.independent(workloads.SMALL)
    started = 0
    in_progress = 0
    while started < count or in_progress:
        while started < count and in_progress < concurrency:
            create(site, f'{name}_{started}', template)
            started += 1
            in_progress += 1
        filters = {'status': 'IN_PROGRESS', 'action': 'CREATE'}
        in_progress = int(site.client.call('count_stacks', filters=filters))
        if in_progress >= concurrency or started >= count:
            time.sleep(0.1)
