"""Scaling policies, as far as no group is needed."""

from __future__ import annotations

from typing import Any

import testtools

from heatconv.hot.errors import InvalidProperty
from heatconv.hot.functions import Node
from heatconv.hot.schema import INTEGER, NUMBER, STRING
from heatconv.resources.scaling.policy import AwsScalingPolicy, ScalingPolicy


class StepTest(testtools.TestCase):
    def test_only_for_a_percentage(self) -> None:
        unknown: Any = Node()
        for plugin, step, kind, percent, change in (
            (
                ScalingPolicy,
                'min_adjustment_step',
                'adjustment_type',
                'percent_change_in_capacity',
                'change_in_capacity',
            ),
            (
                AwsScalingPolicy,
                'MinAdjustmentStep',
                'AdjustmentType',
                'PercentChangeInCapacity',
                'ChangeInCapacity',
            ),
        ):
            check = plugin.schema.check
            assert check is not None
            check({step: 2, kind: percent})
            check({step: 2, kind: unknown})
            check({step: None, kind: change})
            check({kind: change})
            for value in (0, 2, unknown):
                error = self.assertRaises(InvalidProperty, check, {step: value, kind: change})
                self.assertIn(f'{step} property should only be specified', str(error))


class AwsTest(testtools.TestCase):
    def test_types(self) -> None:
        types = {name: one.type for name, one in AwsScalingPolicy.schema.properties.items()}
        expected = {
            'AutoScalingGroupName': STRING,
            'ScalingAdjustment': INTEGER,
            'AdjustmentType': STRING,
            'Cooldown': INTEGER,
            'MinAdjustmentStep': INTEGER,
        }
        self.assertEqual(expected, types)
        own = ScalingPolicy.schema.properties
        self.assertEqual(
            [NUMBER] * 2, [own[name].type for name in ('scaling_adjustment', 'cooldown')]
        )
