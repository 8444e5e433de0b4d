"""Play a scenario in the order of the convergence prototype.

One tick takes one message of the engine, then one of the worker, each first in
first out; ``noop(n)`` takes n ticks. So a scenario can say after how many messages
of the worker something is to happen. There is one message for each graph node, and
one more for each replacement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from heatconv.convergence.model import NodeKey
from heatconv.sim import checkers, script
from heatconv.sim.checkers.reality import differences
from heatconv.sim.language import Template
from heatconv.sim.moves import SimClock, SimIds
from heatconv.sim.templates import Templates
from heatconv.sim.watcher import Watcher
from heatconv.sim.world import World
from heatconv.storage.base import Store
from heatconv.storage.memory import MemoryStore

#: A scenario that takes longer never ends.
MAX_TICKS = 100_000


class NeverEnds(Exception):
    """A scenario does not come to rest."""


class Wrong(AssertionError):
    """A checker has found something."""


Stop = Callable[[str], None]


def make_world(
    store: Callable[[SimClock, SimIds], Store] | None = None,
    templates: Templates | None = None,
    watchers: Sequence[Watcher] | None = None,
    **options: Any,
) -> World:
    """Make a world on a new store.

    :param store: makes the store; a MemoryStore if None.
    :param watchers: all checkers if None.
    """
    clock, ids = SimClock(), SimIds()
    made = (store or MemoryStore)(clock, ids)
    return World(
        made,
        clock,
        ids,
        templates if templates is not None else Templates(),
        watchers=checkers.every() if watchers is None else watchers,
        **options,
    )


def verifier(world: World, test: Any) -> script.Verifier:
    """Return the global ``verify`` of a scenario."""

    def verify(template: Template) -> None:
        """Assert that reality is exactly what a template says."""
        test.assertEqual([], differences(template, world.reality.rows.values()))

    return verify


def play(
    scenario: script.Scenario,
    test: Any,
    world: World | None = None,
    at_task: Stop = lambda name: None,
    max_ticks: int = MAX_TICKS,
) -> World:
    """Play a scenario to its end.

    :param test: what it asserts with: a TestCase, or a stand-in.
    :param at_task: called at the beginning of each message's handling.
    :param max_ticks: a scenario that takes longer never ends.
    :return: the world as it is in the end.
    :raises AssertionError: if something is not as the scenario says, or a checker
        finds something wrong.
    :raises NeverEnds: if it does not come to rest.
    """
    world = world or make_world(workers=1, sweeps=False, tracing=True)
    world.prepares_at_once = True
    said = scenario.record(world.reality, verifier(world, test), test)
    world.entries = said.engine
    worker = said.worker
    for _ in range(max_ticks):
        world.steps += 1
        idle = True
        if world.entries:
            idle = False
            at_task(f'engine: {_named(world.entries[0])}')
            world.next_entry()
        if worker:
            idle = False
            at_task(f'worker: {_named(worker[0])}')
            _worker_entry(world, worker)
        elif world.messages:
            idle = False
            message = world.messages.pop(0)
            at_task(f'worker: check {"/".join(message.subject)}')
            world.exhaust(world.deliver(message))
        if idle and any(one.due is not None for one in world.running):
            idle = False
            world.next_timer()
            for one in list(world.running):
                world.exhaust(one)
        world.prepare_wishes()
        _raise(world)
        if idle:
            break
    else:
        raise NeverEnds(f'{scenario.name} does not end within {max_ticks} ticks')
    for watcher in world.watchers:
        watcher.rested(world)
    _raise(world)
    return world


def _raise(world: World) -> None:
    if world.violations:
        raise Wrong('; '.join(world.violations))


def _worker_entry(world: World, entries: list[script.Entry]) -> None:
    entry = entries.pop(0)
    if isinstance(entry, script.Noop) and entry.count > 1:
        entries.insert(0, script.Noop(entry.count - 1))
    elif isinstance(entry, script.Call):
        world.call(entry)
    elif isinstance(entry, script.Check) and isinstance(entry.key, NodeKey):
        world.nodes([entry.key])


def _named(entry: script.Entry) -> str:
    match entry:
        case script.Request(verb, stack):
            return f'{verb} {stack}'
        case script.Noop(count):
            return f'noop {count}'
        case script.Call(function):
            return f'call {getattr(function, "__name__", function)}'
        case script.Check(key):
            return f'check {key}'
