"""Seeded histories: random templates and requests, faults, then calm."""

from __future__ import annotations

import random
from typing import Any

from heatconv.convergence.model import Action, Status
from heatconv.tests.sim.world import Counter, Ref, SteadyClock, Toy, World

NAMES = 'ABCDE'


def draw(source: random.Random) -> Toy:
    """Draw a template of up to four resources; references form no cycle."""
    order = list(NAMES)
    source.shuffle(order)
    order = order[: source.randint(0, 4)]
    resources: dict[str, dict[str, Any]] = {}
    for index, name in enumerate(order):
        properties: dict[str, Any] = {'x': source.randint(0, 2)}
        if source.random() < 0.6:
            properties['!a'] = source.randint(0, 1)
        for other in source.sample(order[:index], min(index, source.randint(0, 2))):
            prefix = '!' if source.random() < 0.3 else ''
            properties[prefix + 'cdefg'[NAMES.index(other)]] = Ref(other)
        resources[name] = properties
    return Toy(resources)


def live(
    store: Any,
    ids: Counter,
    clock: SteadyClock,
    seed: int,
    faults: frozenset[str],
    sweeps: bool = True,
) -> World:
    """Live through one history and assert that it ends well.

    First users request and faults happen; then no fault is new and everything
    must come to rest; then an update must mend whatever is left, the same
    update must change nothing, and a delete must leave nothing.

    :param sweeps: without, no message may be lost.
    """
    world = World(store, ids, clock, seed, faults)
    source = world.random
    if 'fail' in faults:
        world.failing = set(source.sample(NAMES, 2))
    world.create(draw(source), disable_rollback=source.random() < 0.5)
    for _ in range(source.randint(0, 4)):
        for _ in range(source.randint(0, 60)):
            if not world.step():
                break
        kind = source.random()
        if kind < 0.7:
            world.request(Action.UPDATE, draw(source))
        elif kind < 0.9:
            world.request(Action.ROLLBACK)
        else:
            world.request(Action.DELETE)
    for _ in range(source.randint(0, 100)):
        world.step()
    world.failing = set()
    world.run(calm=True, sweeps=sweeps)
    stack = store.stack(world.stack_id)
    assert stack.status in (Status.COMPLETE, Status.FAILED), stack
    if stack.deleted_at is not None:
        assert not world.cloud.live and not store.resources(stack.id)
        return world
    # What somebody taken for dead did after the end is known, and mended next.
    if stack.status == Status.COMPLETE and not world.zombie_acted:
        world.verify(world.templates[stack.template_id])
    final = draw(source)
    world.request(Action.UPDATE, final)
    world.run(calm=True, sweeps=sweeps)
    stack = store.stack(world.stack_id)
    assert (stack.action, stack.status) == (Action.UPDATE, Status.COMPLETE), stack
    world.verify(final)
    made = sorted(world.cloud.live)
    world.request(Action.UPDATE, final)
    world.run(calm=True, sweeps=sweeps)
    world.verify(final)
    assert sorted(world.cloud.live) == made, 'an identical update replaced something'
    world.request(Action.DELETE)
    world.run(calm=True, sweeps=sweeps)
    stack = store.stack(world.stack_id)
    assert stack.deleted_at is not None, stack
    assert not world.cloud.live, world.cloud.live
    assert not store.resources(stack.id)
    return world
