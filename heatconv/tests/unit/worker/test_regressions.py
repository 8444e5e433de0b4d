"""What a worker once did not survive."""

from __future__ import annotations

import threading
import time
from typing import Any

from heatconv.convergence import states
from heatconv.convergence.dead_claims import DeadClaim
from heatconv.convergence.model import Verb
from heatconv.convergence.step import Call
from heatconv.engine.prepare import prepare
from heatconv.runtime import effects
from heatconv.runtime.effects import Task
from heatconv.runtime.ports import SystemClock
from heatconv.storage.memory import MemoryStore
from heatconv.storage.values import Lease
from heatconv.tests.unit.convergence.rows import row
from heatconv.tests.unit.engine.parts import EngineTestCase, thing
from heatconv.worker.loop import Loop
from heatconv.worker.service import Worker, WorkerOptions

QUIET = WorkerOptions(threads=2, poll_interval=0.01, heartbeat_interval=1e6, sweep_interval=1e6)


class LoopTest(EngineTestCase):
    def loop(self, **options: Any) -> Loop:
        parts = self.parts
        given: dict[str, Any] = {'caller': parts.caller, **options}
        return Loop(
            self.store,
            parts.templates,
            announcer=self.heard,
            clock=SystemClock(),
            threads=2,
            **given,
        )

    def ends(self, loop: Loop) -> bool:
        thread = threading.Thread(target=loop.run, daemon=True)
        thread.start()
        thread.join(1)
        return not thread.is_alive()

    def test_performer_that_raises_does_not_keep_the_loop_from_ending(self) -> None:

        class Raising:
            def gathers(self, effect: Any) -> bool:
                return False

            def bulk(self, effect: Any) -> int:
                return 1

            def predicts(self, effect: Any) -> bool:
                return False

            def perform_many(self, asked: Any) -> Any:
                raise OSError('the database is gone')

        def task() -> Task:
            yield effects.CallPlugin(Call(Verb.OBSERVE, row('a1'), {}), 'project', 'stack')

        loop = self.loop(caller=Raising())
        loop.submit(task())
        loop.stop()
        self.assertTrue(self.ends(loop), f'{loop.live} tasks are still said to be live')


class Down(MemoryStore):
    """Fails as a database that is not there does: for all that writes."""

    down = False

    def commit(self, commits: Any) -> Any:
        if self.down:
            raise OSError('the database is gone')
        return super().commit(commits)

    def grant_lease(self, lease: Lease) -> None:
        if self.down:
            raise OSError('the database is gone')
        super().grant_lease(lease)


class OutageTest(EngineTestCase):
    store_type = Down
    clock_type = SystemClock

    def test_worker_outlives_an_outage_of_the_database(self) -> None:
        parts = self.parts
        worker = Worker(
            self.store,
            parts.registry,
            parts.templates,
            self.heard,
            parts.clock,
            parts.ids,
            QUIET,
        )
        identity = self.create({'A': thing()})
        parts.run(prepare(self.heard.wishes.pop(), parts.ids))
        keys, self.heard.keys = list(self.heard.keys), []
        hook, threading.excepthook = threading.excepthook, lambda args: None
        self.addCleanup(setattr, threading, 'excepthook', hook)
        worker.start()
        self.addCleanup(worker.stop)
        self.store.down = True
        worker.check(keys)
        time.sleep(0.1)
        self.store.down = False
        worker.check(keys)
        ends = time.monotonic() + 1
        while time.monotonic() < ends and self.state(identity) != 'CREATE_COMPLETE':
            time.sleep(0.01)
        loop = worker._threads[0]
        self.assertTrue(loop.is_alive(), 'the thread of the loop has ended')
        self.assertEqual('CREATE_COMPLETE', self.state(identity))


class SettleTest(EngineTestCase):
    def doubted(self) -> dict[str, str]:
        """Have a row at rest in doubt while reality is still changing."""
        identity = self.made({'A': thing('x')})
        row = self.rows(identity)['A']
        plugin = self.parts.registry.plugin(row.type)
        assert plugin is not None
        from heatconv.convergence.step import Commit
        from heatconv.resources.plugin import Resource

        # What a zombie did: an update that takes five seconds.
        properties = {**(row.properties or {}), 'value': 'y', 'wait_secs': 5}
        plugin.update(
            Resource(row.id, 'A', row.type, row.stack_id, 'stack', 'project', properties), ()
        )
        self.store.commit([Commit(suspects=row.id)])
        return identity

    def test_doubt_is_kept_while_what_is_real_is_not_known(self) -> None:
        identity = self.doubted()
        self.parts.run(self.parts.checker().recovery.settle(self.store.unsettled_rows(1)[0]))
        self.parts.elapse(10)
        for _ in range(2):
            self.parts.sweep()
        row = self.rows(identity)['A']
        real = self.parts.records.get(row.token)
        assert real is not None
        self.assertEqual(real.properties['value'], (row.properties or {})['value'])

    def test_sweep_tells_the_plugin_the_project_and_the_stack(self) -> None:
        identity = self.create({'A': thing()})
        self.parts.run(prepare(self.heard.wishes.pop(), self.parts.ids))
        task = self.parts.start(self.parts.checker().check(self.heard.keys.pop()))
        task.until(effects.CallPlugin)
        task.step()
        self.call('stack_cancel_update', identity, False)
        self.parts.crash()
        self.parts.run(self.parts.checker().recovery.void(DeadClaim(self.rows(identity)['A'])))
        row = self.store.unsettled_rows(1)[0]
        self.assertEqual(states.CREATING, states.state(row))
        asked = self.parts.start(self.parts.checker().recovery.settle(row)).until(
            effects.CallPlugin
        )
        self.assertEqual(('project', 'stack'), (asked.project_id, asked.stack_name))
