"""The faults that a schedule injects."""

from __future__ import annotations

import testtools

from heatconv.sim import faults
from heatconv.sim.language import RsrcDef, Template
from heatconv.sim.moves import SimWorker
from heatconv.sim.play import make_world
from heatconv.sim.script import Request
from heatconv.sim.world import World


def sending_world() -> tuple[World, SimWorker]:
    """Return a world in which a worker has just sent a message, next to an older message."""
    world = make_world(watchers=())
    definitions = {name: RsrcDef({}, []) for name in 'ABC'}
    definitions['D'] = RsrcDef({}, ['A', 'B', 'C'])
    world.entries = [Request('create', 'foo', Template(definitions))]
    for _ in range(1000):
        world.take(world.choices()[0])
        for worker in world.workers:
            if worker.sent:
                world.announce(worker.sent[0].subject)
                return world, worker
    raise AssertionError('no worker has sent a message')


class CrashTest(testtools.TestCase):
    def test_crash_before_sending_loses_the_messages_of_the_last_step(self) -> None:
        world, worker = sending_world()
        sent, others = list(worker.sent), world.messages[:]
        others = [message for message in others if message not in sent]
        self.assertTrue(sent and others)
        faults.crash(world, worker, loses_messages=True)
        self.assertEqual(others, world.messages)

    def test_crash_after_sending_loses_no_message(self) -> None:
        world, worker = sending_world()
        messages = list(world.messages)
        faults.crash(world, worker, loses_messages=False)
        self.assertEqual(messages, world.messages)

    def test_another_worker_starts_and_the_tasks_of_the_dead_one_end(self) -> None:
        world, worker = sending_world()
        faults.crash(world, worker, loses_messages=True)
        self.assertEqual(3, len(world.workers))
        self.assertNotIn(worker, world.workers)
        self.assertEqual([], [task for task in world.running if task.worker is worker])
