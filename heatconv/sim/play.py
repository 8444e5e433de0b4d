"""Runs of scenarios in the fixed order of the convergence prototype.

In each tick the engine handles one message, then the worker handles one, both first in first out.
``noop(n)`` takes n ticks. So a scenario can make a request after a given number of messages of the
worker. There is one message for each graph node, and one more for each replacement.
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

#: Limit of ticks: a scenario that needs more does not end.
MAX_TICKS = 100_000


class NeverEnds(Exception):
    """A scenario does not end."""


class Wrong(AssertionError):
    """A checker has reported a violation."""


Stop = Callable[[str], None]


def make_world(
    store: Callable[[SimClock, SimIds], Store] | None = None,
    templates: Templates | None = None,
    watchers: Sequence[Watcher] | None = None,
    world_type: type[World] = World,
    **options: Any,
) -> World:
    """Create a world with a new store.

    :param store: creates the store; None for a MemoryStore.
    :param templates: the template cache; None for a new one.
    :param watchers: the watchers; None for all checkers.
    :param world_type: its class.
    :param options: further options of World.
    """
    clock, ids = SimClock(), SimIds()
    new_store = (store or MemoryStore)(clock, ids)
    return world_type(
        new_store,
        clock,
        ids,
        templates if templates is not None else Templates(),
        watchers=checkers.every() if watchers is None else watchers,
        **options,
    )


def verifier(world: World, test: Any) -> script.Verifier:
    """Return the global ``verify`` of a scenario."""

    def verify(template: Template) -> None:
        """Assert that reality matches a template."""
        test.assertEqual([], differences(template, world.reality.rows.values()))

    return verify


def play(
    scenario: script.Scenario,
    test: Any,
    world: World | None = None,
    at_task: Stop = lambda name: None,
    max_ticks: int = MAX_TICKS,
) -> World:
    """Run a scenario to its end.

    :param test: provides the assertions of the scenario: a TestCase, or a replacement.
    :param world: the world to run it in; None for a new one with one worker and no sweeps.
    :param at_task: called with a label before each message is handled.
    :param max_ticks: limit of ticks.
    :return: the world at the end.
    :raises AssertionError: if an assertion fails, or a checker reports a violation.
    :raises NeverEnds: if the limit of ticks is reached.
    """
    world = world or make_world(workers=1, sweeps=False, tracing=True)
    world.prepares_at_once = True
    calls = scenario.record(world.reality, verifier(world, test), test)
    world.entries = calls.engine
    worker_entries = calls.worker
    for _ in range(max_ticks):
        world.steps += 1
        idle = True
        if world.entries:
            idle = False
            at_task(f'engine: {_label(world.entries[0])}')
            world.next_entry()
        if worker_entries:
            idle = False
            at_task(f'worker: {_label(worker_entries[0])}')
            _worker_entry(world, worker_entries)
        elif world.messages:
            idle = False
            message = world.messages.pop(0)
            at_task(f'worker: check {"/".join(message.subject)}')
            world.exhaust(world.deliver(message))
        if idle and any(running.due is not None for running in world.running):
            idle = False
            world.next_timer()
            for running in list(world.running):
                world.exhaust(running)
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
    """Raise the violations of a world, if there are any."""
    if world.violations:
        raise Wrong('; '.join(world.violations))


def _worker_entry(world: World, entries: list[script.Entry]) -> None:
    """Carry out the first entry in the queue of the worker."""
    entry = entries.pop(0)
    if isinstance(entry, script.Noop) and entry.count > 1:
        entries.insert(0, script.Noop(entry.count - 1))
    elif isinstance(entry, script.Call):
        world.call(entry)
    elif isinstance(entry, script.Check) and isinstance(entry.key, NodeKey):
        world.nodes([entry.key])


def _label(entry: script.Entry) -> str:
    """Return a short description of an entry."""
    match entry:
        case script.Request(verb, stack):
            return f'{verb} {stack}'
        case script.Noop(count):
            return f'noop {count}'
        case script.Call(function):
            return f'call {getattr(function, "__name__", function)}'
        case script.Check(key):
            return f'check {key}'
