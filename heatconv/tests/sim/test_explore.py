"""Exploration: it is repeatable, finds what is wrong, and makes it small."""

from __future__ import annotations

import dataclasses
import gc
import os
import random
import subprocess
import sys
from typing import Any
from unittest import mock

import testtools

from heatconv.convergence import check, cleanup
from heatconv.sim import bounded, campaign, case, history, shrink
from heatconv.sim.case import Case, Plan
from heatconv.sim.explore import Result
from heatconv.sim.history import STACK, History
from heatconv.sim.language import GetRes, RsrcDef, Template
from heatconv.sim.schedule import Schedule, Scheduler
from heatconv.sim.script import Request
from heatconv.sim.world import World
from heatconv.tests.quiet import Quiet

EVERYTHING = ('crash', 'park', 'drop', 'duplicate')

KINDS = {
    'calm': Plan(trouble=False),
    'trouble': Plan(),
    'crashes': Plan(faults=('crash',)),
    'zombies': Plan(faults=('park',)),
    'lost_and_doubled_messages': Plan(faults=('drop', 'duplicate')),
    'everything': Plan(faults=EVERYTHING),
    'groups': Plan(groups=True, trouble=False),
    'groups_and_everything': Plan(groups=True, faults=EVERYTHING),
    # No wake-up may depend on the sweep when no message was lost.
    'no_sweep': Plan(faults=('duplicate',), sweeps=False),
}

SCHEDULES = 200


class ExploreCase(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.useFixture(Quiet())


class RandomTest(ExploreCase):
    def explore(self, plan: Plan, schedules: int) -> None:
        for piece in campaign.run(plan, schedules):
            if piece.found is not None:
                number, found = piece.found
                self.fail(f'{plan}: schedule {number}: {found.wrong}')

    def test_on_sqlite(self) -> None:
        self.explore(Plan(faults=EVERYTHING, store='sqlite'), 20)

    def test_worlds_are_freed(self) -> None:
        """The cache of templates outlives the worlds, and must not keep them."""

        def alive() -> int:
            gc.collect()
            return sum(isinstance(one, World) for one in gc.get_objects())

        for groups in (True, False):
            # The first world has the resource types of all.
            self.explore(Plan(groups=groups), 1)
            before = alive()
            self.explore(Plan(groups=groups), 20)
            self.assertThat(alive(), testtools.matchers.LessThan(before + 1))


def _add(name: str, plan: Plan) -> None:
    def test(self: RandomTest) -> None:
        self.explore(plan, SCHEDULES)

    setattr(RandomTest, f'test_{name}', test)


for _name, _plan in KINDS.items():
    _add(_name, _plan)

TRACE = """
from heatconv.runtime import threads
from heatconv.sim import case, silence
silence.silence()
plan = case.Plan(seed=3, faults=('crash', 'park', 'drop', 'duplicate'))
for number in range(6):
    result = plan.run(number, tracing=True)
    print(number, result.steps, result.wrong, *result.trace, sep='\\n')
"""


class ReplayTest(ExploreCase):
    def test_same_seed_same_trace_whatever_the_hash_seed(self) -> None:
        traces = [
            subprocess.run(
                [sys.executable, '-c', TRACE],
                env={**os.environ, 'PYTHONHASHSEED': hash_seed},
                capture_output=True,
                check=True,
            ).stdout
            for hash_seed in ('1', '2')
        ]
        self.assertEqual(traces[0], traces[1])
        self.assertGreater(len(traces[0]), 2_000)

    def test_schedule_that_was_made_leads_to_the_same_trace(self) -> None:
        plan = Plan(faults=EVERYTHING)
        for number in range(20):
            result = plan.run(number, tracing=True)
            again = case.load(case.dump(plan.case(number).found(result))).replay()
            self.assertEqual(result.trace, again.trace)
            self.assertEqual(result.steps, again.steps)

    def test_histories_survive_the_way_through_json(self) -> None:
        for seed in range(50):
            drawn = history.draw(random.Random(seed))
            there = drawn.to_json()
            self.assertEqual(there, History.from_json(there).to_json())

    def test_text_that_is_no_case(self) -> None:
        self.assertRaises(ValueError, case.load, '{"history": []}')
        self.assertRaises(ValueError, case.load, 'nonsense')


@dataclasses.dataclass(frozen=True)
class PausedCase(Case):
    """A case that fails as long as a template has the hook before the creation of A."""

    def run(self, scheduler: Scheduler, tracing: bool = False) -> Result:
        assert isinstance(self.subject, History)
        templates = [
            entry.template
            for entry in self.subject.entries
            if isinstance(entry, Request) and entry.template
        ]
        paused = any(
            name == 'A' and 'pre-create' in definition.hooks
            for template in templates
            for name, definition in template.resources.items()
        )
        return Result(['paused: at the end'] if paused else [], 1, Schedule())


class ShrinkTest(ExploreCase):
    def test_what_is_left_is_what_it_takes(self) -> None:
        """A worker that cleans up the row which serves its name."""
        begin = cleanup.begin

        def careless(view: Any, lease: str) -> Any:
            return begin(dataclasses.replace(view, serving=False), lease)

        with mock.patch.object(cleanup, 'begin', careless):
            plan = Plan(trouble=False, seed=2)
            pieces = campaign.run(plan, 600)
            found = next(piece.found for piece in pieces if piece.found is not None)
            smallest = shrink.shrink(found[1], budget=500)
        assert isinstance(smallest.subject, History) and smallest.schedule is not None
        requests = [one for one in smallest.subject.entries if isinstance(one, Request)]
        self.assertLessEqual(len(requests), 3)
        for one in requests:
            self.assertLessEqual(len(one.template.resources if one.template else ()), 3)
        assert found[1].schedule is not None
        before = len(found[1].schedule.choices)
        self.assertLess(len(smallest.schedule.choices), before / 2)
        self.assertEqual({}, smallest.schedule.faults)
        # Without the fault all is well.
        self.assertEqual([], smallest.replay().wrong)

    def test_hooks_that_the_failure_needs_stay(self) -> None:
        a = RsrcDef({'x': 1, 'to_B': GetRes('B')}, ['C'], ('post-create', 'pre-create'))
        template = Template({'B': RsrcDef({}, []), 'C': RsrcDef({}, []), 'A': a})
        create = Request('create', STACK, template)
        fails = PausedCase(History((create,)), wrong=('paused: at the beginning',))
        smallest = shrink.shrink(fails)
        assert isinstance(smallest.subject, History)
        (request,) = smallest.subject.entries
        assert isinstance(request, Request) and request.template is not None
        self.assertEqual({'A': RsrcDef({}, [], ('pre-create',))}, request.template.resources)


class BoundedTest(ExploreCase):
    def test_one_history_to_the_last_position(self) -> None:
        chosen = [one for one in bounded.histories() if one[0] == 'replaced/create/delete']
        count, found = bounded.run(chosen)
        self.assertEqual([], [one.case.wrong for one in found])
        self.assertGreater(count, 400)

    def test_everything_without_a_sweep(self) -> None:
        count, found = bounded.run(list(bounded.histories()), parks=False, sweeps=False)
        self.assertEqual([], [one.case.wrong for one in found])
        self.assertGreater(count, 400)

    def test_guard_that_is_not_there_is_missed(self) -> None:

        def unfenced(*args: object, **kwargs: object) -> object:
            return check.Step('fenced: nobody cares')

        chosen = [one for one in bounded.histories() if one[0] == 'replaced/create/delete']
        with mock.patch.object(check, 'fenced', unfenced):
            _, found = bounded.run(chosen)
        self.assertEqual(1, len(found))


class CaseTest(ExploreCase):
    def test_replay_of_a_case_made_by_hand(self) -> None:
        template = Template({'A': RsrcDef({'a': 1}, [])})
        made = Case(History((Request('create', STACK, template),)), schedule=Schedule())
        result = made.replay()
        self.assertEqual([], result.wrong)
        self.assertIn('create A', '\n'.join(result.trace))
