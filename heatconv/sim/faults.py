"""What goes wrong in a world: processes die or seem dead, messages are lost or doubled."""

from __future__ import annotations

from heatconv.sim.moves import Message, SimWorker
from heatconv.sim.world import LEASE_SECONDS, ORPHAN_CHECK_SECONDS, World


def crash(world: World, worker: SimWorker, unsaid: bool) -> None:
    """Let a worker die; another one starts in its place.

    :param unsaid: it died before it said what it had just saved.
    """
    world.note(f'{worker.name} dies')
    world.died = True
    world.workers.remove(worker)
    if unsaid:
        world.messages = [one for one in world.messages if one not in worker.told]
    for one in [one for one in world.running if one.worker is worker]:
        world.abandon(one)
    world.add_worker()


def crash_engine(world: World) -> None:
    """Let the engines die with what they prepare."""
    world.note('the engine dies')
    for one in [one for one in world.running if one.worker is None]:
        world.abandon(one)


def park(world: World, worker: SimWorker) -> None:
    """Let a worker seem dead: its lease runs out, and it will go on.

    Another one starts in its place.
    """
    world.note(f'{worker.name} seems dead')
    world.workers.remove(worker)
    worker.parked = True
    world.add_worker()
    world.pass_time(world.clock.time + LEASE_SECONDS + 1)
    worker.parked_at = world.clock.time


def bury(world: World, number: int) -> None:
    """Let a worker that seems dead die for good, whatever it has just done.

    Not one of which nobody would look any more for what it did.
    """
    since = world.clock.time - ORPHAN_CHECK_SECONDS
    parked = {
        one.worker: None
        for one in world.running
        if one.worker is not None and one.worker.parked and one.worker.parked_at > since
    }
    if not parked:
        return
    worker = list(parked)[number % len(parked)]
    world.note(f'{worker.name} dies for good')
    world.died = True
    for one in [one for one in world.running if one.worker is worker]:
        world.abandon(one)


def drop(world: World, message: Message) -> None:
    """Lose a message."""
    world.note(f'message {message.serial} is lost')
    world.messages.remove(message)


def duplicate(world: World, message: Message) -> None:
    """Let a message come once more."""
    world.note(f'message {message.serial} comes twice')
    world.announce(message.subject)
