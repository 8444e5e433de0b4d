"""Faults in a world: processes die or are parked, messages are lost or duplicated."""

from __future__ import annotations

from heatconv.sim.moves import Message, SimWorker
from heatconv.sim.world import LEASE_SECONDS, ORPHAN_CHECK_SECONDS, World


def crash(world: World, worker: SimWorker, loses_messages: bool) -> None:
    """Kill a worker; another worker starts in its place.

    :param loses_messages: whether it dies before it sends the messages of its last commit.
    """
    world.note(f'{worker.name} dies')
    world.died = True
    world.workers.remove(worker)
    if loses_messages:
        world.messages = [message for message in world.messages if message not in worker.sent]
    for running in [running for running in world.running if running.worker is worker]:
        world.abandon(running)
    world.add_worker()


def crash_engine(world: World) -> None:
    """Kill the engines: their preparations are abandoned."""
    world.note('the engine dies')
    for running in [running for running in world.running if running.worker is None]:
        world.abandon(running)


def park(world: World, worker: SimWorker) -> None:
    """Park a worker: its lease expires, and it continues later as a zombie.

    Another worker starts in its place.
    """
    world.note(f'{worker.name} seems dead')
    world.workers.remove(worker)
    worker.parked = True
    world.add_worker()
    world.pass_time(world.clock.time + LEASE_SECONDS + 1)
    worker.parked_at = world.clock.time


def bury(world: World, number: int) -> None:
    """Kill a parked worker for good, at any point of its tasks.

    The worker must have been parked recently, so that an orphan check is still to come that finds
    what the worker did.

    :param number: selects the worker.
    """
    since = world.clock.time - ORPHAN_CHECK_SECONDS
    parked = {
        running.worker: None
        for running in world.running
        if running.worker is not None
        and running.worker.parked
        and running.worker.parked_at > since
    }
    if not parked:
        return
    worker = list(parked)[number % len(parked)]
    world.note(f'{worker.name} dies for good')
    world.died = True
    for running in [running for running in world.running if running.worker is worker]:
        world.abandon(running)


def drop(world: World, message: Message) -> None:
    """Lose a message in transit."""
    world.note(f'message {message.serial} is lost')
    world.messages.remove(message)


def duplicate(world: World, message: Message) -> None:
    """Deliver a message twice."""
    world.note(f'message {message.serial} comes twice')
    world.announce(message.subject)
