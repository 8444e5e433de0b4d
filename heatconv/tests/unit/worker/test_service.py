"""A worker at work: it checks, sweeps, keeps its lease, and ends in order."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import testtools

from heatconv.conf import worker as conf
from heatconv.convergence import states
from heatconv.convergence.dead_claims import DeadClaim
from heatconv.convergence.model import Kind, NodeKey
from heatconv.convergence.step import Commit, Outcome
from heatconv.engine.prepare import prepare
from heatconv.runtime.ports import SystemClock
from heatconv.storage.memory import MemoryStore
from heatconv.tests.unit.engine.parts import EngineTestCase, thing
from heatconv.worker import service, sweep
from heatconv.worker.endpoint import WorkerEndpoint
from heatconv.worker.service import Worker, WorkerOptions

WAIT_SECONDS = 10
QUICK = WorkerOptions(threads=2, poll_interval=0.01, heartbeat_interval=0.01, sweep_interval=0.01)
#: Nothing happens but what a test asks for.
QUIET = dataclasses.replace(QUICK, heartbeat_interval=1e6, sweep_interval=1e6)
FOREVER = {'A': thing(properties={'wait_secs': -1})}


class Ailing(MemoryStore):
    """Fails now and then."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.fails: set[str] = set()

    def commit(self, commits: Sequence[Commit]) -> list[Outcome]:
        self._fail('commit')
        return super().commit(commits)

    def renew_lease(self, lease_id: str, expires_at: float, queued: int = 0) -> bool:
        self._fail('renew_lease')
        return super().renew_lease(lease_id, expires_at, queued)

    def dead_claims(self, limit: int) -> list[DeadClaim]:
        self._fail('dead_claims')
        return super().dead_claims(limit)

    def _fail(self, name: str) -> None:
        if name in self.fails:
            self.fails.remove(name)
            raise OSError('the database is gone')


class WorkerTest(EngineTestCase):
    store_type = Ailing
    clock_type = SystemClock

    def worker(self, options: WorkerOptions = QUIET) -> Worker:
        parts = self.parts
        worker = Worker(
            self.store,
            parts.registry,
            parts.templates,
            self.heard,
            parts.clock,
            parts.ids,
            options,
        )
        self.addCleanup(worker.stop)
        return worker

    def started(self, options: WorkerOptions = QUIET) -> Worker:
        worker = self.worker(options)
        worker.start()
        return worker

    def prepared(self, resources: Any) -> dict[str, str]:
        identity = self.create(resources)
        self.parts.run(prepare(self.heard.wishes.pop(), self.parts.ids))
        return identity

    def wait(self, holds: Callable[[], Any], what: str = 'it') -> None:
        ends = time.monotonic() + WAIT_SECONDS
        while not holds():
            assert time.monotonic() < ends, f'{what} takes too long'
            time.sleep(0.001)

    def take(self, worker: Worker) -> None:
        """Give a worker what is announced."""
        keys, self.heard.keys = list(self.heard.keys), []
        worker.check(keys)

    def lease_of(self, worker: Worker) -> Any:
        return next(one for one in self.store.leases() if one.id == worker.lease.id)

    def test_it_checks_what_it_is_given(self) -> None:
        worker = self.started()
        identity = self.prepared({'A': thing(), 'B': thing({'get_resource': 'A'})})

        def over() -> bool:
            self.take(worker)
            return self.state(identity) == 'CREATE_COMPLETE'

        self.wait(over)
        self.wait(lambda: worker.live == 0)
        self.assert_at_rest(identity)

    def test_endpoint_skips_what_is_not_the_name_of_a_node(self) -> None:
        worker = self.started()
        identity = self.prepared({'A': thing()})
        names: list[Any] = [list(key) for key in self.heard.keys]
        wrong: list[Any] = [['t', 'x', 'A'], ['t', 'u'], ['t', 'u', 'A', 'B']]
        WorkerEndpoint(worker).check_resource(None, [*wrong, *names])
        self.wait(lambda: self.state(identity) == 'CREATE_COMPLETE')
        self.assertEqual(3, self.log.output.count('Not a valid node key'))

    def test_what_others_left_is_found_at_once_without_a_message(self) -> None:
        self.parts.lease.release()
        identity = self.prepared({'A': thing()})
        self.parts.restart()
        self.parts.run(self.parts.checker().check(self.heard.keys.pop()), 5)
        self.assertEqual(1, len(self.parts.records.all()))
        self.parts.lease.release()
        worker = self.started(QUICK)

        def over() -> bool:
            self.take(worker)
            return self.state(identity) == 'CREATE_COMPLETE'

        self.wait(over)
        self.wait(lambda: worker.live == 0)
        self.assert_at_rest(identity)

    def test_first_look_is_at_the_start(self) -> None:
        identity = self.create()
        self.heard.wishes.clear()
        self.started()  # the next one is far off
        self.wait(lambda: self.heard.wishes == [identity['stack_id']])

    def test_sweep_with_patience(self) -> None:
        worker = self.started()
        self.prepared({'A': thing()})
        keys, self.heard.keys = list(self.heard.keys), []
        time.sleep(0.001)
        worker.sweep()
        self.assertEqual([], self.heard.keys)
        worker.sweep(lost_after=0.0)
        self.assertEqual(keys, self.heard.keys)

    def test_end_gives_the_lease_back_and_what_waits_to_others(self) -> None:
        worker = self.started()
        identity = self.prepared(FOREVER)
        self.take(worker)
        self.wait(lambda: self.parts.records.all())
        lease = worker.lease.id
        worker.stop()
        self.assertNotIn(lease, [one.id for one in self.store.leases()])
        (dead_claim,) = self.store.dead_claims(10)
        self.assertEqual(
            (states.CREATING, lease), (states.state(dead_claim.row), dead_claim.row.claim)
        )
        self.assertEqual('CREATE_IN_PROGRESS', self.state(identity))
        self.take(worker)
        worker.stop()

    def test_end_waits_for_its_threads(self) -> None:
        worker = self.started()
        worker.stop()
        names = [thread.name for thread in threading.enumerate()]
        for name in ('checks', 'heartbeat', 'sweep'):
            self.assertNotIn(name, names)

    def test_sweep_does_not_wait_for_room(self) -> None:
        worker = self.started(dataclasses.replace(QUIET, capacity=1))
        self.prepared(FOREVER)
        self.take(worker)
        self.wait(lambda: self.parts.records.all())
        identity = self.create({'A': thing()}, 'other')
        self.parts.run(prepare(self.heard.wishes.pop(), self.parts.ids))
        self.parts.run(self.parts.checker().check(self.heard.keys.pop()), 5)
        self.parts.lease.release()
        sweep = threading.Thread(target=worker.sweep, daemon=True)
        sweep.start()
        sweep.join(WAIT_SECONDS)
        self.assertFalse(sweep.is_alive())
        self.assertIsNotNone(self.rows(identity)['A'].claim)

    def test_it_keeps_what_one_round_takes_and_shares_the_rest(self) -> None:
        worker = self.worker(WorkerOptions(batch_size=3))
        keys = [NodeKey('t', Kind.UPDATE, f'A{number}') for number in range(4)]
        self.assertFalse(worker.accept(keys))
        self.assertTrue(worker.accept(keys[:2]))
        self.assertFalse(worker.accept(keys[2:]))
        self.assertTrue(worker.accept(keys[2:3]))
        self.assertEqual(3, worker.queued)

    def test_it_keeps_what_is_near_while_half_of_its_queue_is_free(self) -> None:
        worker = self.worker(WorkerOptions(batch_size=1, queue_size=6))
        keys = [NodeKey('t', Kind.UPDATE, f'A{number}') for number in range(5)]
        self.assertFalse(worker.accept(keys[:2]))
        self.assertTrue(worker.accept(keys[:2], near=True))
        self.assertFalse(worker.accept(keys[2:4], near=True))
        self.assertTrue(worker.accept(keys[2:3], near=True))
        self.assertEqual(3, worker.queued)

    def test_it_keeps_nothing_that_it_will_not_come_to(self) -> None:
        worker = self.started()
        worker.stop()
        self.assertFalse(worker.accept([NodeKey('t', Kind.UPDATE, 'A')]))

    def test_worker_that_never_started_can_be_stopped(self) -> None:
        leases = self.store.leases()
        self.worker().stop()
        self.assertEqual(leases, self.store.leases())

    def test_heartbeat_keeps_the_lease_though_the_store_fails_now_and_then(self) -> None:
        worker = self.started(QUICK)
        began = self.lease_of(worker).expires_at
        self.store.fails = {'renew_lease'}
        self.wait(lambda: not self.store.fails)
        now = self.lease_of(worker).expires_at
        self.wait(lambda: self.lease_of(worker).expires_at > now > 0)
        self.assertGreater(self.lease_of(worker).expires_at, began)
        self.assertIn('The lease cannot be renewed now', self.log.output)

    def test_sweep_goes_on_though_the_store_fails_now_and_then(self) -> None:
        self.started(QUICK)
        self.store.fails = {'dead_claims'}
        self.wait(lambda: not self.store.fails)
        identity = self.create()
        self.heard.wishes.clear()
        self.wait(lambda: identity['stack_id'] in self.heard.wishes)
        self.assertIn('The sweep has failed', self.log.output)

    def test_lease_under_which_something_was_lost_is_given_up(self) -> None:
        worker = self.started()
        old = worker.lease.id
        self.prepared({'A': thing()})
        self.store.fails = {'commit'}
        self.take(worker)
        self.wait(lambda: worker.live == 0 and worker.lease.id != old)
        self.assertIn(f'Lease {old} is given up', self.log.output)

    def test_who_has_much_to_do_does_not_go_on_with_a_look(self) -> None:
        went_on: list[float] = []
        looks: list[float] = []
        self.patch(service, 'GO_ON_SECONDS', 0.001)
        worker = self.worker(dataclasses.replace(QUICK, sweep_interval=0.05))

        def look(lost_after: float) -> bool:
            looks.append(lost_after)
            return True

        self.patch(worker._sweep, 'run', look)
        self.patch(
            worker._sweep, 'go_on', lambda lost_after: bool(went_on.append(lost_after)) or True
        )
        self.patch(service, 'GO_ON_BELOW', -1)
        worker.start()
        self.wait(lambda: len(looks) > 2)
        self.assertEqual([], went_on)
        self.patch(service, 'GO_ON_BELOW', 0)
        self.wait(lambda: went_on)

    def test_more_than_one_look_announces_is_taken_up_without_waiting(self) -> None:
        identity = self.prepared({f'A{number}': thing() for number in range(9)})
        self.heard.keys.clear()
        self.patch(sweep, 'LIMIT', 2)
        self.patch(sweep, 'PAGES', 1)
        self.patch(service, 'GO_ON_SECONDS', 0.001)
        # Two looks of the interval would take longer than the test waits.
        worker = self.worker(dataclasses.replace(QUICK, sweep_interval=2 * WAIT_SECONDS))
        self.patch(type(worker), '_lost_after', -1.0)
        worker.start()

        def over() -> bool:
            self.take(worker)
            return self.state(identity) == 'CREATE_COMPLETE'

        self.wait(over)


class OptionsTest(testtools.TestCase):
    def test_lease_that_is_renewed_is_always_long_enough_for_an_action(self) -> None:
        made = WorkerOptions()
        self.assertGreater(made.lease_duration - made.heartbeat_interval, made.action_timeout)

    def test_defaults_are_those_of_the_configuration(self) -> None:
        configured = {option.name: option.default for option in conf.OPTS}
        del configured['workers']
        self.assertEqual(dataclasses.asdict(WorkerOptions()), configured)
