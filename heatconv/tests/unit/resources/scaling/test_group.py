"""Groups that scale, as far as no nested stack is needed."""

from __future__ import annotations

from typing import Any

import testtools

from heatconv.hot.errors import InvalidProperty
from heatconv.hot.functions import Node
from heatconv.resources.scaling import group
from heatconv.resources.scaling.group import check_sizes


class SizesTest(testtools.TestCase):
    def test_valid(self) -> None:
        unknown: Any = Node()
        for sizes in (
            (2, 2, 2),
            (2, 4, 2),
            (2, 4, 4),
            (2, 4, None),
            # What is not known yet fits.
            (unknown, 4, 3),
            (unknown, 4, None),
            (2, unknown, 3),
            (2, unknown, None),
            (2, 4, unknown),
            (unknown, unknown, 3),
        ):
            check_sizes(*sizes)

    def test_not_valid(self) -> None:
        unknown: Any = Node()
        for sizes, message in (
            ((5, 4, None), 'MinSize can not be greater than MaxSize'),
            ((2, 4, 1), 'must be between'),
            ((2, 4, 5), 'must be between'),
            ((unknown, 4, 5), 'must be between'),
            ((2, unknown, 1), 'must be between'),
        ):
            error = self.assertRaises(InvalidProperty, check_sizes, *sizes)
            self.assertIn(message, str(error))


class TurnTest(testtools.TestCase):
    def test_out_of_service_first(self) -> None:
        new, old = {'type': 'new'}, {'type': 'old'}
        for definition, failed, complete, turn in (
            (old, True, False, 0),
            (new, True, False, 0),
            # It works with its former state.
            (new, True, True, 0),
            (old, False, False, 0),
            (old, False, True, 1),
            (new, False, False, 2),
            (new, False, True, 2),
        ):
            found = group._turn(('name', definition, failed), complete, new)
            self.assertEqual(turn, found, (definition, failed, complete))
