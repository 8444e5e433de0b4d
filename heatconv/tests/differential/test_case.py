"""What counts as a difference."""

from __future__ import annotations

from typing import Any

import testtools

from heatconv.tests.differential import case as cases
from heatconv.tests.differential.case import (
    TIME,
    WHOLE,
    Answer,
    Outcome,
    differences,
    value_of,
    without_nulls,
)

WRONG = Answer(error=cases.INVALID, detail='x')
MISSING = Answer(error=cases.MISSING)


def outcome(refused: Answer | None = None, **answers: Any) -> Outcome:
    return Outcome(
        refused,
        {name: one if isinstance(one, Answer) else value_of(one) for name, one in answers.items()},
    )


class DifferenceTest(testtools.TestCase):
    def test_values_are_told_apart(self) -> None:
        values = (1, 1.0, True, '1', None, [1], {'1': 1}, [], {}, '')
        for index, one in enumerate(values):
            for other in values[index + 1 :]:
                self.assertNotEqual(value_of(one), value_of(other), (one, other))
        self.assertEqual(value_of({'a': (1, 2), 'b': 1}), value_of({'b': 1, 'a': [1, 2]}))

    def test_nulls_in_maps_are_left_out(self) -> None:
        self.assertEqual(
            {'a': [None, {}], 'b': {'c': 1}},
            without_nulls({'a': [None, {'x': None}], 'b': {'c': 1, 'd': None}, 'e': None}),
        )

    def test_places_of_differences(self) -> None:
        for expected, heat, ours in (
            ([], outcome(a=1), outcome(a=1)),
            (['a'], outcome(a=1), outcome(a=2)),
            (['a'], outcome(a=1), outcome()),
            (['a'], outcome(), outcome(a=1)),
            (['a'], outcome(a=1), outcome(a=WRONG)),
            ([], outcome(a=WRONG), outcome(a=Answer(error=cases.INVALID, detail='y'))),
            ([], outcome(WRONG), outcome(WRONG)),
            ([WHOLE], outcome(WRONG), outcome(MISSING)),
            ([WHOLE], outcome(a=1), outcome(WRONG)),
            # Found early, which is well; late is not.
            ([], outcome(a=1, b=WRONG), outcome(WRONG)),
            ([WHOLE], outcome(a=1, b=WRONG), outcome(MISSING)),
            ([TIME], outcome(WRONG, a=WRONG), outcome(a=WRONG)),
            ([TIME], outcome(WRONG, a=1), outcome(a=1)),
            ([WHOLE], outcome(WRONG, a=1), outcome(a=2)),
        ):
            self.assertEqual(expected, [one.place for one in differences(heat, ours)])
