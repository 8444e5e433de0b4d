"""Every scenario: in the order of the prototype, and in many others."""

from __future__ import annotations

import pathlib

import fixtures
import testtools

from heatconv.sim import library
from heatconv.sim.case import Plan
from heatconv.sim.play import play
from heatconv.sim.script import Scenario
from heatconv.tests.quiet import Quiet

DIRECTORY = pathlib.Path(__file__).parents[3] / 'scenarios'

#: Half of them with faults, and half without anybody who sweeps.
SCHEDULES = 20


class ScenarioTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        # The log is shown if the test fails.
        self.useFixture(fixtures.FakeLogger())

    def in_order(self, scenario: Scenario) -> None:
        play(scenario, self)

    def in_other_orders(self, scenario: Scenario) -> None:
        self.useFixture(Quiet())
        faulty = Plan((scenario,), faults=('crash', 'park', 'drop', 'duplicate'))
        calm = Plan((scenario,), faults=('duplicate',), sweeps=False)
        for number in range(SCHEDULES // 2):
            for plan in (faulty, calm):
                wrong = plan.run(number).wrong
                self.assertEqual([], wrong, f'{scenario.name}: schedule {number} of {plan.faults}')

    def test_there_are_scenarios(self) -> None:
        self.assertGreaterEqual(len(SCENARIOS), 30)


SCENARIOS = library.find(DIRECTORY)


def _add(scenario: Scenario) -> None:
    """Make one id of each scenario."""

    def test(self: ScenarioTest) -> None:
        self.in_order(scenario)
        self.in_other_orders(scenario)

    setattr(ScenarioTest, f'test_{scenario.name}', test)


for _scenario in SCENARIOS:
    _add(_scenario)
