"""A coordinator without a configuration of its own: how agents of OpenStack use it."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import Any
from unittest import mock

import testtools
import tooz.coordination
from oslo_config import cfg
from oslo_config import fixture as config_fixture

from heatconv import coordination
from heatconv.tests.unit.coordination.test_coordinator import (
    ERROR_BEATING,
    ERROR_CONNECTING,
    ERROR_MEMBERS,
    ITEMS,
    Failing,
    Forgetful,
)

#: Sets the backend before anything else of the package is used, and then prints it.
IMPORT = """
import sys
from oslo_config import cfg
from heatconv import coordination
cfg.CONF.set_override('backend_url', 'file:///here', group='coordination')
print(cfg.CONF.coordination.backend_url, 'tooz' in sys.modules)
"""


class Unreachable(Forgetful):
    """Refuses everything that an agent asks."""

    def start(self) -> None:
        raise tooz.coordination.ToozError('away')

    def heartbeat(self) -> None:
        raise tooz.coordination.ToozError('away')

    def join_group(self, group_id: str) -> Any:
        raise tooz.coordination.ToozError('away')

    def get_members(self, group_id: str) -> Any:
        raise tooz.coordination.ToozError('away')


class DeafAtStart(Forgetful):
    """Cannot be connected to, but answers questions."""

    def start(self) -> None:
        raise tooz.coordination.ToozError('away')


class Messages(logging.Handler):
    """Keeps the messages of each level."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, list[str]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.setdefault(record.levelname, []).append(record.getMessage())

    @property
    def errors(self) -> list[str]:
        return self.kept.get('ERROR', [])


class GlobalConfigurationTestCase(testtools.TestCase):
    """Starts members on coordinators that share the dictionary of groups."""

    def setUp(self) -> None:
        super().setUp()
        self.conf = self.useFixture(config_fixture.Config()).conf
        self.conf.set_override('backend_url', 'shared://memory', group='coordination')
        self.conf.set_override('retry_backoff', 0, group='coordination')
        self.messages = Messages()
        logger = coordination.LOG.logger
        logger.addHandler(self.messages)
        self.addCleanup(logger.removeHandler, self.messages)
        self.groups: dict[str, set[Any]] = {}

    def started(self, name: str, kind: type[Forgetful] = Forgetful) -> Any:
        with self.backend(lambda url, my_id: kind(self.groups, my_id)):
            member = coordination.PartitionCoordinator(name)
            member.start()
        return member

    def backend(self, get_coordinator: Any) -> Any:
        return mock.patch('tooz.coordination.get_coordinator', get_coordinator)


class ImportTest(testtools.TestCase):
    def test_import_registers_the_options_and_leaves_tooz_out(self) -> None:
        done = subprocess.run(
            [sys.executable, '-W', 'ignore', '-c', IMPORT], capture_output=True, text=True
        )
        self.assertEqual(('file:///here False\n', ''), (done.stdout, done.stderr))

    def test_unknown_name(self) -> None:
        self.assertRaises(AttributeError, lambda: coordination.Partitioner)

    def test_configuration_of_its_own_is_not_the_global_one(self) -> None:
        conf = cfg.ConfigOpts()
        conf([], project='heatconv', default_config_files=[])
        own = coordination.PartitionCoordinator('own', conf)
        fixture = self.useFixture(config_fixture.Config())
        fixture.conf.set_override('backend_url', 'shared://memory', group='coordination')
        with mock.patch('tooz.coordination.get_coordinator') as connect:
            own.start()
        connect.assert_not_called()


class PartitionTest(GlobalConfigurationTestCase):
    def test_members_of_one_group(self) -> None:
        for name in ('one', 'two'):
            self.started(name).join_group('agents')
        self.assertEqual({'agents': {'one', 'two'}}, self.groups)

    def test_members_of_different_groups_own_everything(self) -> None:
        for name in ('one', 'two'):
            member = self.started(name)
            member.join_group(f'group-{name}')
            self.assertEqual(ITEMS, member.extract_my_subset(f'group-{name}', ITEMS))
        self.assertEqual({'group-one': {'one'}, 'group-two': {'two'}}, self.groups)

    def test_shares_are_those_of_the_ring_of_the_members(self) -> None:
        names = [f'agent-{number}' for number in range(10)]
        members = [self.started(name) for name in names]
        for member in members:
            member.join_group('agents')
        ring = coordination.HashRing(names)
        items = [f'meter-{number}' for number in range(500)]
        for name, member in zip(names, members, strict=True):
            expected = [item for item in items if ring.get_node(item) == name]
            self.assertEqual(expected, member.extract_my_subset('agents', items))

    def test_subset_of_a_group_that_was_not_joined_joins_it(self) -> None:
        self.assertEqual(ITEMS, self.started('one').extract_my_subset('agents', ITEMS))
        self.assertEqual({'agents': {'one'}}, self.groups)

    def test_without_a_group_nothing_is_joined_or_left(self) -> None:
        member = self.started('one')
        member.join_group('agents')
        for group in (None, ''):
            member.join_group(group)
            member.leave_group(group)
        self.assertEqual({'agents': {'one'}}, self.groups)
        self.assertEqual([], self.messages.errors)

    def test_after_the_stop_there_are_no_groups_and_no_backend(self) -> None:
        member = self.started('one')
        member.join_group('agents')
        with mock.patch.object(Forgetful, 'leave_group', create=True) as leave:
            member.stop()
            member.leave_group('agents')
        leave.assert_called_once_with('agents')
        self.assertFalse(member.is_active())
        with self.backend(lambda url, my_id: Unreachable(self.groups, my_id)):
            member.heartbeat()
        self.assertNotIn(ERROR_CONNECTING, self.messages.errors)


class OutageTest(GlobalConfigurationTestCase):
    def test_backend_that_does_not_answer_is_asked_and_gives_nothing(self) -> None:
        member = self.started('one', Unreachable)
        member.join_group('agents')
        self.assertEqual([ERROR_CONNECTING], self.messages.errors)
        self.assertEqual([], member.extract_my_subset('agents', ITEMS))
        self.assertEqual([ERROR_CONNECTING, ERROR_MEMBERS], self.messages.errors)

    def test_backend_that_answers_although_it_was_not_connected(self) -> None:
        self.groups['agents'] = {'one', 'two'}
        share = coordination.HashRing(['one', 'two'])
        expected = [item for item in ITEMS if share.get_node(item) == 'one']
        member = self.started('one', DeafAtStart)
        self.assertEqual(expected, member.extract_my_subset('agents', ITEMS))

    def test_group_that_does_not_exist_cannot_be_joined_without_a_connection(self) -> None:
        member = self.started('one', DeafAtStart)
        self.assertEqual([], member.extract_my_subset('agents', ITEMS))
        self.assertEqual({}, self.groups)
        self.assertEqual([ERROR_CONNECTING, ERROR_MEMBERS], self.messages.errors)

    def test_member_that_the_group_does_not_list_owns_nothing_without_a_connection(self) -> None:
        self.groups['agents'] = {'two'}
        member = self.started('one', DeafAtStart)
        self.assertEqual([], member.extract_my_subset('agents', ITEMS))
        self.assertEqual([ERROR_CONNECTING, ERROR_MEMBERS], self.messages.errors)
        self.assertNotIn('WARNING', self.messages.kept)

    def test_backend_without_a_coordinator_gives_nothing(self) -> None:
        refuse = mock.Mock(side_effect=tooz.coordination.ToozError('no such driver'))
        with self.backend(refuse):
            member = coordination.PartitionCoordinator('one')
            member.start()
        self.assertEqual([], member.extract_my_subset('agents', ITEMS))
        self.assertEqual([ERROR_CONNECTING, ERROR_MEMBERS], self.messages.errors)

    def test_each_attempt_to_join_is_logged(self) -> None:
        member = self.started('one')
        self.groups['agents'] = set()
        away = tooz.coordination.ToozError('away')
        joined = mock.Mock(side_effect=[away, away, mock.DEFAULT])
        with mock.patch.object(Forgetful, 'join_group', joined):
            member.join_group('agents')
        self.assertEqual(
            ['Error joining partitioning group agents, re-trying'] * 2, self.messages.errors
        )

    def test_heartbeat_connects_again_and_then_there_are_no_errors(self) -> None:
        member = self.started('one', Unreachable)
        with self.backend(lambda url, my_id: Failing()):
            member.heartbeat()
        self.assertEqual({ERROR_CONNECTING, ERROR_BEATING}, set(self.messages.errors))
        self.messages.kept.clear()
        with self.backend(lambda url, my_id: Forgetful(self.groups, my_id)):
            member.heartbeat()
        self.assertEqual([], self.messages.errors)
        self.assertEqual(ITEMS, member.extract_my_subset('agents', ITEMS))


class EvenRingTest(testtools.TestCase):
    """Ten nodes and a thousand keys, always the same: the ring has no chance in it."""

    def test_shares_are_even_and_another_node_moves_few_keys(self) -> None:
        nodes = [f'{number}' for number in range(10)]
        keys = [f'{number}' for number in range(1_000)]
        before = coordination.HashRing(nodes)
        owners = [before.get_node(key) for key in keys]
        shares = [owners.count(node) for node in nodes]
        self.assertLess(max(shares) - min(shares), 30)
        self.assertGreater(min(shares), 0)
        after = coordination.HashRing([*nodes, '12'])
        moved = [
            key for key, owner in zip(keys, owners, strict=True) if after.get_node(key) != owner
        ]
        self.assertLess(len(moved), len(keys) / 11)
