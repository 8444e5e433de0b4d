"""A place among the workers, on a backend in a directory; names that are taken over."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

import fixtures
import testtools

from heatconv.coordination.coordinator import PartitionCoordinator
from heatconv.coordination.membership import GroupMembership, Slot
from heatconv.coordination.shares import SingleMember
from heatconv.tests.unit.coordination.test_coordinator import ITEMS, configuration

SECONDS = 20.0


class PartitionTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.url = f'file://{self.useFixture(fixtures.TempDir()).path}'

    def partition(self, name: str, member: bool = True) -> GroupMembership:
        made = GroupMembership(
            PartitionCoordinator(name, configuration(self.url)), 'workers', member, 0.05
        )
        made.start()
        self.addCleanup(made.stop)
        return made

    def wait(self, holds: Callable[[], Any]) -> None:
        ends = time.monotonic() + SECONDS
        while not holds():
            self.assertLess(time.monotonic(), ends, self.log.output)
            time.sleep(0.02)

    def test_all_agree_on_who_owns_what(self) -> None:
        workers = [self.partition(f'w{number}') for number in range(3)]
        engine = self.partition('engine', member=False)
        everybody = ('w0', 'w1', 'w2')
        for one in (*workers, engine):
            self.wait(lambda one=one: one.members == everybody)
        shares = [one.owned(ITEMS) for one in workers]
        self.assertEqual(sorted(ITEMS), sorted(item for share in shares for item in share))
        self.assertTrue(all(shares))
        for name, share in zip(everybody, shares, strict=True):
            self.assertEqual({name}, {engine.owner(item) for item in share})
        self.assertEqual(set(), engine.owned(ITEMS))
        before = {item: engine.owner(item) for item in ITEMS}
        workers[1].stop()
        self.wait(lambda: engine.members == ('w0', 'w2'))
        moved = [item for item in ITEMS if engine.owner(item) != before[item]]
        self.assertEqual(sorted(shares[1]), sorted(moved))

    def test_while_nobody_is_known_nothing_is_owned(self) -> None:
        one = self.partition('w0')
        self.wait(lambda: one.owner('x') == 'w0')
        away = mock.patch.object(PartitionCoordinator, 'members', return_value=None)
        with away:
            self.wait(lambda: one.owner('x') is None)
            self.assertEqual(set(), one.owned(ITEMS))
        self.assertIn('The workers are not known', self.log.output)
        self.wait(lambda: one.owned(ITEMS) == set(ITEMS))

    def test_who_was_expelled_joins_again(self) -> None:
        """As one that stood still for longer than its membership lasts."""
        one, other = self.partition('w0'), self.partition('w1')
        both = ('w0', 'w1')
        self.wait(lambda: one.members == both and other.members == both)
        joined = self.log.output.count('Joined partitioning group')
        one._coordinator._coordinator.leave_group('workers').get()
        self.wait(lambda: self.log.output.count('Joined partitioning group') > joined)
        self.wait(lambda: one.members == both and other.members == both)

    def test_backend_that_raises_what_it_should_not(self) -> None:
        with mock.patch.object(PartitionCoordinator, 'heartbeat', side_effect=RuntimeError('no')):
            one = self.partition('w0')
            self.wait(lambda: 'membership cannot be updated' in self.log.output)
        self.wait(lambda: one.owner('x') == 'w0')

    def test_alone(self) -> None:
        self.assertIsNone(SingleMember().owner('x'))
        self.assertEqual(set(ITEMS), SingleMember().owned(ITEMS))


class SlotTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.directory = self.useFixture(fixtures.TempDir()).path

    def slot(self, topic: str = 'engine') -> Slot:
        made = Slot(topic, 'host', self.directory)
        self.addCleanup(made.release)
        return made

    def test_each_has_the_first_name_that_is_free(self) -> None:
        first, second = self.slot(), self.slot()
        self.assertEqual(('host.0', 'host.1'), (first.name, second.name))
        first.release()
        first.release()
        self.assertEqual('host.0', self.slot().name)
        self.assertEqual('host.0', self.slot('other').name)

    def test_name_of_a_process_that_is_gone_is_free(self) -> None:
        code = (
            'import sys; from heatconv.coordination.membership import Slot; '
            "made = Slot('engine', 'host', sys.argv[1]); print(made.name)"
        )
        done = subprocess.run(
            [sys.executable, '-c', code, self.directory], capture_output=True, text=True
        )
        self.assertEqual('host.0\n', done.stdout, done.stderr)
        self.assertEqual('host.0', self.slot().name)

    def test_directory_that_cannot_be_used(self) -> None:
        made = Slot('engine', 'host', self.directory + '/missing')
        self.assertRegex(made.name, r'^host\.[0-9]+$')
        made.release()
