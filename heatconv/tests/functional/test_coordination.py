"""Shares of work on each backend, as several hosts would have them."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from signal import SIGKILL
from typing import Any

import fixtures
import testtools

from heatconv.coordination.coordinator import PartitionCoordinator
from heatconv.tests import servers
from heatconv.tests.unit.coordination.test_coordinator import ERROR_BEATING, ITEMS, configuration

GROUP = 'heatconv-test'

SECONDS = 30.0


#: A member in a process of its own, which goes on until it is killed.
MEMBER = """
import sys, time
from heatconv.coordination.coordinator import PartitionCoordinator
from heatconv.tests.unit.coordination.test_coordinator import configuration
made = PartitionCoordinator(conf=configuration(sys.argv[1]))
made.start()
made.join_group(sys.argv[2])
while True:
    made.heartbeat()
    time.sleep(0.2)
"""


class _BackendTest(testtools.TestCase):
    backend: str

    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        place = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        place.chmod(0o755)
        try:
            self.server = servers.COORDINATIONS[self.backend](place / self.backend)
            self.server.start()
        except servers.NotInstalled as error:
            self.skipTest(f'{error} is not installed')
        self.addCleanup(self.server.stop)

    def member(self) -> PartitionCoordinator:
        made = PartitionCoordinator(conf=configuration(self.server.url))
        made.start()
        self.assertTrue(made.is_active())
        self.addCleanup(made.stop)
        made.join_group(GROUP)
        return made

    def wait(self, holds: Callable[[], Any], members: list[PartitionCoordinator]) -> None:
        ends = time.monotonic() + SECONDS
        while True:
            for one in members:
                one.heartbeat()
            if holds():
                return
            self.assertLess(time.monotonic(), ends, self.log.output)
            time.sleep(0.2)

    def all_shared(self, members: list[PartitionCoordinator]) -> bool:
        """Say whether each item is one member's."""
        shares = [list(one.extract_my_subset(GROUP, ITEMS)) for one in members]
        return sorted(ITEMS) == sorted(item for share in shares for item in share)

    def test_work_is_shared_and_the_share_of_who_leaves_goes_to_the_others(self) -> None:
        members = [self.member() for _ in range(3)]
        self.wait(lambda: self.all_shared(members), members)
        before = [set(one.extract_my_subset(GROUP, ITEMS)) for one in members]
        members.pop(0).stop()
        self.wait(lambda: self.all_shared(members), members)
        for old, one in zip(before[1:], members, strict=True):
            self.assertTrue(old <= set(one.extract_my_subset(GROUP, ITEMS)))

    def test_share_of_who_dies_goes_to_the_others(self) -> None:
        members = [self.member() for _ in range(2)]
        self.wait(lambda: self.all_shared(members), members)
        dies = subprocess.Popen([sys.executable, '-c', MEMBER, self.server.url, GROUP])
        self.addCleanup(dies.kill)
        self.wait(lambda: not self.all_shared(members), members)
        dies.kill()
        dies.wait()
        self.wait(lambda: self.all_shared(members), members)

    def test_backend_that_comes_back_is_connected_to_at_the_next_heartbeat(self) -> None:
        members = [self.member() for _ in range(2)]
        self.wait(lambda: self.all_shared(members), members)
        self.server.stop(SIGKILL)
        self.wait(lambda: ERROR_BEATING in self.log.output, members[:1])
        self.assertEqual([], list(members[0].extract_my_subset(GROUP, ITEMS)))
        self.server.start()
        self.wait(lambda: self.all_shared(members), members)


class EtcdTest(_BackendTest):
    backend = 'etcd'


class MemcachedTest(_BackendTest):
    backend = 'memcached'


class RedisTest(_BackendTest):
    backend = 'redis'


class ZookeeperTest(_BackendTest):
    backend = 'zookeeper'

    def test_backend_that_comes_back_is_connected_to_at_the_next_heartbeat(self) -> None:
        """Its client waits for it, in a thread of its own, for as long as it takes."""
        members = [self.member() for _ in range(2)]
        self.wait(lambda: self.all_shared(members), members)
        self.server.stop(SIGKILL)
        beating = threading.Thread(target=members[0].heartbeat, daemon=True)
        beating.start()
        time.sleep(1)
        self.server.start()
        beating.join(SECONDS)
        self.assertFalse(beating.is_alive())
        self.wait(lambda: self.all_shared(members), members)


del _BackendTest
