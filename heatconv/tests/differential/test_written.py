"""The cases that are written by hand."""

from __future__ import annotations

import testtools

from heatconv.tests.differential.case import differences
from heatconv.tests.differential.comparing import Compared
from heatconv.tests.differential.deliberate import DELIBERATE, explained
from heatconv.tests.differential.heatconv_side import NotYet, outcome
from heatconv.tests.differential.written import written


class WrittenTest(Compared):
    def test_heat_answers_as_is_written(self) -> None:
        for one in written():
            with self.about(one.case):
                heat = self.heat.outcome(one.case)
                if one.error:
                    told = {each.error for each in heat.answers.values()}
                    found = told if heat.refused is None else {heat.refused.error}
                    self.assertIn(one.error, found)
                elif not one.case.deliberate:
                    self.assertIsNone(heat.refused, str(heat.refused))
                for place, answer in one.answers.items():
                    self.assertEqual(answer, heat.answers.get(place), str(heat.answers.get(place)))

    def test_we_answer_as_heat_does(self) -> None:
        waiting = 0
        for one in written():
            if one.case.deliberate:
                continue
            with self.about(one.case):
                try:
                    ours = outcome(one.case)
                except NotYet:
                    waiting += 1
                    continue
                found = [str(each) for each in differences(self.heat.outcome(one.case), ours)]
                self.assertEqual([], found)
        self.note(f'{waiting} cases wait for what is not built yet')

    def test_what_is_meant_to_differ_does(self) -> None:
        for one in written():
            if not one.case.deliberate:
                continue
            with self.about(one.case):
                found = list(differences(self.heat.outcome(one.case), outcome(one.case)))
                self.assertNotEqual([], found, 'it is like Heat now: take it off the list')
                for each in found:
                    reason = explained(one.case, each)
                    self.assertEqual(
                        one.case.deliberate, None if reason is None else reason.name, str(each)
                    )


class ListTest(testtools.TestCase):
    def test_every_deliberate_difference_has_a_case(self) -> None:
        named = {one.case.deliberate for one in written()} - {''}
        self.assertEqual({one.name for one in DELIBERATE}, named)

    def test_names_are_told_apart(self) -> None:
        names = [one.case.name for one in written()]
        self.assertEqual(sorted(set(names)), sorted(names))
