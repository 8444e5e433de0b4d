"""A lease is kept alive, replaced when it is void, and never revived."""

from __future__ import annotations

import os
import socket
import threading

import fixtures
import testtools

from heatconv.sim.moves import SimClock, SimIds
from heatconv.storage.base import StoreUnavailable
from heatconv.storage.memory import MemoryStore
from heatconv.worker.lease import LeaseKeeper, beat


class LeaseTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.clock = SimClock()
        self.store = MemoryStore(self.clock, SimIds())
        self.ids = SimIds()
        self.keeper = self.keep()

    def keep(self) -> LeaseKeeper:
        return LeaseKeeper(self.store, self.clock, self.ids, 10.0)

    def stored(self) -> list[str]:
        return [lease.id for lease in self.store.leases()]

    def test_lease_tells_who_holds_it(self) -> None:
        self.keeper.start()
        (lease,) = self.store.leases()
        self.assertEqual(
            (self.keeper.id, 'worker', socket.gethostname(), os.getpid(), 1000.0, 1010.0),
            (
                lease.id,
                lease.kind,
                lease.host,
                lease.pid,
                lease.started_at,
                lease.expires_at,
            ),
        )

    def test_each_start_takes_another(self) -> None:
        other = self.keep()
        self.keeper.start()
        other.start()
        self.assertNotEqual(self.keeper.id, other.id)
        self.assertEqual(sorted([self.keeper.id, other.id]), self.stored())

    def test_time_left_runs_out_and_is_renewed(self) -> None:
        self.keeper.start()
        lease = self.keeper.id
        self.clock.time += 9
        self.assertEqual(1.0, self.keeper.time_left(lease))
        self.keeper.renew()
        self.assertEqual((lease, 10.0), (self.keeper.id, self.keeper.time_left(lease)))
        self.assertEqual(1019.0, self.store.leases()[0].expires_at)
        self.clock.time += 11
        self.assertEqual(-1.0, self.keeper.time_left(lease))

    def test_no_time_is_left_of_a_lease_of_others(self) -> None:
        self.keeper.start()
        self.assertLess(self.keeper.time_left('other'), 0)

    def test_renewal_that_is_late_but_in_time(self) -> None:
        self.keeper.start()
        lease = self.keeper.id
        self.clock.time += 50  # nobody has looked in between
        self.keeper.renew()
        self.assertEqual((lease, 10.0), (self.keeper.id, self.keeper.time_left(lease)))

    def test_void_lease_is_replaced_not_revived(self) -> None:
        self.keeper.start()
        old = self.keeper.id
        self.clock.time += 11
        self.assertEqual([old], self.store.void_leases(self.clock.now()))
        self.keeper.renew()
        self.assertNotEqual(old, self.keeper.id)
        self.assertEqual([self.keeper.id], self.stored())
        self.assertLess(self.keeper.time_left(old), 0)
        self.assertEqual(10.0, self.keeper.time_left(self.keeper.id))
        self.assertIn(f'Lease {old} is void', self.log.output)

    def test_lease_given_up_is_never_renewed_but_good_until_it_ends(self) -> None:
        self.keeper.start()
        old = self.keeper.id
        self.clock.time += 4
        self.keeper.give_up(old)
        new = self.keeper.id
        self.assertNotEqual(old, new)
        self.keeper.renew()
        self.assertEqual((6.0, 10.0), (self.keeper.time_left(old), self.keeper.time_left(new)))
        self.assertEqual({old: 1010.0, new: 1014.0}, self.expiries())
        self.assertIn(f'Lease {old} is given up', self.log.output)

    def expiries(self) -> dict[str, float]:
        return {lease.id: lease.expires_at for lease in self.store.leases()}

    def test_lease_is_given_up_once(self) -> None:
        self.keeper.start()
        old = self.keeper.id
        self.keeper.give_up(old)
        new = self.keeper.id
        self.keeper.give_up(old)
        self.assertEqual((new, 2), (self.keeper.id, len(self.stored())))

    def test_released_lease_is_gone_at_once(self) -> None:
        other = self.keep()
        other.start()
        self.keeper.start()
        lease = self.keeper.id
        self.keeper.release()
        self.assertEqual([other.id], self.stored())
        self.assertLess(self.keeper.time_left(lease), 0)

    def test_renewal_counts_from_before_the_store_was_asked(self) -> None:
        clock = self.clock

        class Slow(MemoryStore):
            def renew_lease(self, lease_id: str, expires_at: float, queued: int = 0) -> bool:
                clock.time += 3
                return super().renew_lease(lease_id, expires_at, queued)

        self.store = Slow(clock, SimIds())
        keeper = self.keep()
        keeper.start()
        keeper.renew()
        self.assertEqual(7.0, keeper.time_left(keeper.id))


class BeatTest(testtools.TestCase):
    def test_outage_is_told_once_and_its_end_too(self) -> None:
        log = self.useFixture(fixtures.FakeLogger())
        over = threading.Event()
        failing = [True, True, True, False]

        class Keeper:
            def renew(self) -> None:
                if not failing:
                    over.set()
                elif failing.pop(0):
                    raise StoreUnavailable('away')

        beat(Keeper(), 0.001, over)  # type: ignore[arg-type]
        self.assertEqual(1, log.output.count('the database is away'))
        self.assertEqual(1, log.output.count('The database is back'))
        self.assertNotIn('Traceback', log.output)
