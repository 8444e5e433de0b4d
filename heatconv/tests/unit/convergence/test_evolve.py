"""`evolve` does what `dataclasses.replace` does."""

from __future__ import annotations

import dataclasses
from typing import Any

import testtools
from hypothesis import given
from hypothesis import strategies as st

from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Kind, Node, NodeKey, NodeStatus, Resource, Stack
from heatconv.convergence.step import Commit

VALUES: tuple[Any, ...] = (
    Resource('a1', 's', 'A', 'Type', properties={'x': 1}, attributes={}),
    Node(NodeKey('t', Kind.UPDATE, 'A'), 's', 'a1', NodeStatus.READY, 2),
    Stack('s', 'p', 'stack'),
    Commit(late_stands=True),
)


class EvolveTest(testtools.TestCase):
    @given(st.data())
    def test_like_replace(self, data: st.DataObject) -> None:
        value = data.draw(st.sampled_from(VALUES))
        names = [field.name for field in dataclasses.fields(value)]
        some = data.draw(st.lists(st.sampled_from(names), unique=True))
        changes = {name: f'new {name}' for name in some}
        before = dataclasses.replace(value)
        changed = evolve(value, **changes)
        self.assertEqual(dataclasses.replace(value, **changes), changed)
        self.assertIs(type(value), type(changed))
        self.assertEqual(before, value)

    def test_what_is_made_is_frozen_and_can_be_changed_again(self) -> None:
        changed = evolve(VALUES[0], version=1)
        self.assertRaises(dataclasses.FrozenInstanceError, setattr, changed, 'version', 2)
        self.assertEqual(3, evolve(changed, version=3).version)
        self.assertEqual(1, changed.version)

    def test_no_such_field(self) -> None:
        self.assertRaises(KeyError, evolve, VALUES[0], nobody=1)
        self.assertRaises(KeyError, evolve, VALUES[0], nobody=1)
