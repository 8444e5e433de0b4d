"""Wait conditions and their handles, at the limits of their times and values."""

from __future__ import annotations

import dataclasses
from typing import Any

import testtools

from heatconv.resources.aws_wait_condition import KEYS, AwsWaitConditionHandle
from heatconv.resources.plugin import Reality, Resource
from heatconv.resources.records import MemoryRecords
from heatconv.resources.wait_condition import WaitCondition, WaitConditionHandle
from heatconv.sim.moves import SimClock


class WaitConditionTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.clock = SimClock()
        self.records = MemoryRecords()
        self.condition = WaitCondition(self.records, self.clock)
        handle = WaitConditionHandle(self.records, self.clock)
        handle.create(Resource('h', 'handle', 'type', 's', 'stack', 'p'))
        self.resource = self.wanted(1)
        self.condition.create(self.resource)

    def wanted(self, count: int, handle: str = 'h') -> Resource:
        properties = {'handle': handle, 'timeout': 60, 'count': count}
        return Resource('c', 'condition', 'type', 's', 'stack', 'p', properties)

    def reality(self, resource: Resource | None = None) -> Any:
        return self.condition.observe(resource or self.resource).reality

    def test_time_limit(self) -> None:
        self.clock.time += 59.75
        self.assertEqual(Reality.PENDING, self.reality())
        self.clock.time += 0.25
        observation = self.condition.observe(self.resource)
        self.assertEqual(Reality.FAILED, observation.reality)
        self.assertEqual('WaitConditionTimeout: 0 of 1 received', observation.reason)

    def test_repeated_update_does_not_extend_the_time(self) -> None:
        self.clock.time += 59
        more = self.wanted(2)
        self.condition.update(more, ('count',))
        self.clock.time += 59
        self.condition.update(more, ('count',))
        self.assertEqual(Reality.PENDING, self.reality())
        self.clock.time += 1
        self.assertEqual(Reality.FAILED, self.reality())

    def test_update_of_a_condition_that_is_gone(self) -> None:
        self.condition.delete(self.resource)
        self.condition.update(self.wanted(2), ('count',))
        self.assertEqual(Reality.ABSENT, self.reality())

    def test_handle_that_is_gone_or_of_another_project(self) -> None:
        self.assertEqual(Reality.PENDING, self.reality())
        foreign = dataclasses.replace(self.resource, project_id='other')
        self.assertIn('no handle h', self.condition.observe(foreign).reason)
        self.records.remove('h')
        observation = self.condition.observe(self.resource)
        self.assertEqual(
            (Reality.FAILED, 'there is no handle h'), (observation.reality, observation.reason)
        )


class AwsHandleTest(testtools.TestCase):
    def test_signal_with_all_keys_and_no_values(self) -> None:
        plugin = AwsWaitConditionHandle(MemoryRecords(), SimClock())
        for wrong in (list(KEYS), None, 'Data', {}, dict.fromkeys(KEYS[1:], '')):
            error = self.assertRaises(ValueError, plugin.parse, wrong)
            self.assertIn('a signal must be a map of', str(error))
