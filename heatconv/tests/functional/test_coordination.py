"""Shares of work on a real Redis, as several hosts would have them."""

from __future__ import annotations

import os
import uuid

import testtools

from heatconv.coordination import PartitionCoordinator
from heatconv.tests.unit.test_coordination import ITEMS, configuration

REDIS_URL = os.environ.get('HEATCONV_TEST_REDIS_URL', 'redis://127.0.0.1:6379')


class RedisTest(testtools.TestCase):
    def test_shares_on_redis(self) -> None:
        group = f'heatconv-test-{uuid.uuid4().hex}'
        members = [PartitionCoordinator(conf=configuration(REDIS_URL)) for _ in range(3)]
        for one in members:
            one.start()
            self.addCleanup(one.stop)
            one.join_group(group)
        for one in members:
            one.heartbeat()
        shares = [one.extract_my_subset(group, ITEMS) for one in members]
        self.assertEqual(sorted(ITEMS), sorted(item for share in shares for item in share))
        members[0].stop()
        shares = [one.extract_my_subset(group, ITEMS) for one in members[1:]]
        self.assertEqual(sorted(ITEMS), sorted(item for share in shares for item in share))
