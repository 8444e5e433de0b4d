"""Shares of work: on a real backend in a directory, and on ones that fail."""

from __future__ import annotations

from typing import Any
from unittest import mock

import fixtures
import testtools
import tooz.coordination
from hypothesis import given
from hypothesis import strategies as st
from oslo_config import cfg

from heatconv.conf import coordination, register_group
from heatconv.coordination.coordinator import HashRing, PartitionCoordinator

ERROR_CONNECTING = 'Error connecting to coordination backend.'
ERROR_BEATING = 'Error sending a heartbeat to coordination backend.'
ERROR_MEMBERS = 'Error getting group membership info from coordination backend.'

ITEMS = [f'item-{number}' for number in range(100)]


def configuration(url: str | None) -> cfg.ConfigOpts:
    conf = cfg.ConfigOpts()
    conf([], project='heatconv', default_config_files=[])
    register_group(conf, coordination)
    conf.set_override('backend_url', url, 'coordination')
    conf.set_override('retry_backoff', 0, 'coordination')
    return conf


class Failing:
    """A coordinator whose backend is away, as tooz says so."""

    def start(self) -> None:
        raise tooz.coordination.ToozError('away')

    heartbeat = start

    def stop(self) -> None:
        raise tooz.coordination.ToozError('away')


class Forgetful:
    """Knows groups and members, and forgets them when told to: no more than aodh needs."""

    def __init__(self, groups: dict[str, set[Any]], my_id: str) -> None:
        self.groups = groups
        self.my_id = my_id
        self.failing = False

    def start(self) -> None:
        pass

    heartbeat = start

    def _now(self, value: Any = None) -> Any:
        if self.failing:
            raise tooz.coordination.ToozError('away')

        class Result:
            def get(self) -> Any:
                return value

        return Result()

    def create_group(self, group_id: str) -> Any:
        self.groups.setdefault(group_id, set())
        return self._now()

    def join_group(self, group_id: str) -> Any:
        if group_id not in self.groups:
            raise tooz.coordination.GroupNotCreated(group_id)
        if self.my_id in self.groups[group_id]:
            raise tooz.coordination.MemberAlreadyExist(group_id, self.my_id)
        self.groups[group_id].add(self.my_id)
        return self._now()

    def get_members(self, group_id: str) -> Any:
        if group_id not in self.groups:
            raise tooz.coordination.GroupNotCreated(group_id)
        return self._now(set(self.groups[group_id]))


class CoordinationTestCase(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.groups: dict[str, set[Any]] = {}

    def made(self, my_id: str, coordinator: Any) -> PartitionCoordinator:
        """Return a member that was started on this coordinator."""
        member = PartitionCoordinator(my_id, configuration('fake://'))
        with mock.patch('tooz.coordination.get_coordinator', lambda url, name: coordinator):
            member.start()
        return member

    def forgetful(self, my_id: str) -> tuple[PartitionCoordinator, Forgetful]:
        coordinator = Forgetful(self.groups, my_id)
        return self.made(my_id, coordinator), coordinator


class WithoutBackendTest(CoordinationTestCase):
    def test_everything_is_mine(self) -> None:
        member = PartitionCoordinator('me', configuration(None))
        member.start()
        member.heartbeat()
        member.join_group('group')
        self.assertFalse(member.is_active())
        self.assertEqual(ITEMS, member.extract_my_subset('group', ITEMS))
        member.stop()
        self.assertEqual('', self.log.output)

    def test_no_group_gives_the_iterable_itself(self) -> None:
        member, _ = self.forgetful('me')
        self.assertIs(ITEMS, member.extract_my_subset(None, ITEMS))
        self.assertIs(ITEMS, member.extract_my_subset('', ITEMS))

    def test_id_is_made_up(self) -> None:
        self.assertEqual(36, len(PartitionCoordinator(conf=configuration(None)).my_id))


class FileTest(CoordinationTestCase):
    def members(self, count: int) -> list[PartitionCoordinator]:
        url = f'file://{self.useFixture(fixtures.TempDir()).path}'
        members = [PartitionCoordinator(f'm{n}', configuration(url)) for n in range(count)]
        for one in members:
            one.start()
            self.addCleanup(one.stop)
            one.join_group('group')
            one.heartbeat()
        return members

    def test_shares_are_disjoint_and_everything(self) -> None:
        members = self.members(3)
        shares = [one.extract_my_subset('group', ITEMS) for one in members]
        self.assertEqual(sorted(ITEMS), sorted(item for share in shares for item in share))
        for share in shares:
            self.assertNotEqual([], share)
            self.assertEqual([item for item in ITEMS if item in share], share)
        self.assertIn('Coordination backend started successfully.', self.log.output)
        self.assertIn('Joined partitioning group group', self.log.output)

    def test_who_leaves_leaves_its_share_to_the_others(self) -> None:
        first, second = self.members(2)
        before = first.extract_my_subset('group', ITEMS)
        second.leave_group('group')
        self.assertEqual(ITEMS, first.extract_my_subset('group', ITEMS))
        self.assertLess(len(list(before)), len(ITEMS))

    def test_stopped_is_not_active(self) -> None:
        (member,) = self.members(1)
        self.assertTrue(member.is_active())
        member.stop()
        self.assertFalse(member.is_active())
        self.assertEqual([], member.extract_my_subset('group', ITEMS))


class OutageTest(CoordinationTestCase):
    def test_backend_that_is_away_at_the_start(self) -> None:
        member = self.made('me', Failing())
        self.assertIn(ERROR_CONNECTING, self.log.output)
        self.assertEqual([], member.extract_my_subset('group', ITEMS))
        with mock.patch('tooz.coordination.get_coordinator', lambda url, name: Failing()):
            member.heartbeat()
        self.assertIn(ERROR_BEATING, self.log.output)

    def test_each_failure_is_told_once_until_it_is_over(self) -> None:
        member, coordinator = self.forgetful('me')
        member.join_group('group')
        for _ in range(2):
            coordinator.failing = True
            for _ in range(3):
                # Heartbeats get through all the time.
                member.heartbeat()
                self.assertIsNone(member.members('group'))
            coordinator.failing = False
            self.assertEqual({'me'}, member.members('group'))
        self.assertEqual(2, self.log.output.count(ERROR_MEMBERS))
        self.assertEqual(2, self.log.output.count('works again'))

    def test_next_heartbeat_connects_again_and_joins_again(self) -> None:
        member, coordinator = self.forgetful('me')
        member.join_group('group')
        coordinator.heartbeat = Failing().heartbeat  # type: ignore[method-assign]
        member.heartbeat()
        self.assertIsNone(member.members('group'))
        self.groups.clear()
        another = Forgetful(self.groups, 'me')
        with mock.patch('tooz.coordination.get_coordinator', lambda url, name: another):
            member.heartbeat()
        self.assertEqual({'group': {'me'}}, self.groups)
        self.assertEqual(ITEMS, member.extract_my_subset('group', ITEMS))
        self.assertEqual(1, self.log.output.count(ERROR_BEATING))

    def test_members_are_not_known(self) -> None:
        member, coordinator = self.forgetful('me')
        member.join_group('group')
        coordinator.failing = True
        self.assertEqual([], member.extract_my_subset('group', ITEMS))
        self.assertIn(ERROR_MEMBERS, self.log.output)

    def test_group_and_membership_that_were_forgotten_are_made_again(self) -> None:
        member, _ = self.forgetful('me')
        member.join_group('group')
        self.groups.clear()
        self.assertEqual(ITEMS, member.extract_my_subset('group', ITEMS))
        self.groups['group'].clear()
        self.assertEqual(ITEMS, member.extract_my_subset('group', ITEMS))
        self.assertIn('joining', self.log.output)

    def test_join_is_tried_until_it_works(self) -> None:
        member, coordinator = self.forgetful('me')
        tries: list[int] = []
        join = coordinator.join_group

        def flaky(group_id: str) -> Any:
            tries.append(1)
            if len(tries) < 4:
                raise tooz.coordination.ToozError('away')
            return join(group_id)

        coordinator.join_group = flaky  # type: ignore[method-assign]
        member.join_group('group')
        self.assertEqual({'group': {'me'}}, self.groups)
        self.assertEqual(5, len(tries))

    def test_member_that_is_one_already(self) -> None:
        self.groups['group'] = {'me'}
        member, _ = self.forgetful('me')
        member.join_group('group')
        self.assertEqual(ITEMS, member.extract_my_subset('group', ITEMS))

    def test_members_may_come_as_bytes(self) -> None:
        member, _ = self.forgetful('me')
        self.groups['group'] = {b'me', b'other'}
        share = list(member.extract_my_subset('group', ITEMS))
        self.assertTrue(0 < len(share) < len(ITEMS))


class HashRingTest(testtools.TestCase):
    def test_no_nodes(self) -> None:
        self.assertIsNone(HashRing([]).get_node('key'))

    @given(st.integers(2, 8), st.randoms(use_true_random=False))
    def test_a_node_that_comes_takes_about_its_share_and_moves_nothing_else(
        self, count: int, source: Any
    ) -> None:
        nodes = [f'node-{source.randrange(10**6)}-{n}' for n in range(count + 1)]
        before, after = HashRing(nodes[:-1]), HashRing(nodes)
        keys = [f'key-{n}' for n in range(1_000)]
        moved = [key for key in keys if before.get_node(key) != after.get_node(key)]
        self.assertEqual({nodes[-1]}, {after.get_node(key) for key in moved})
        share = 1_000 / (count + 1)
        self.assertTrue(share / 2 < len(moved) < share * 2, len(moved))
