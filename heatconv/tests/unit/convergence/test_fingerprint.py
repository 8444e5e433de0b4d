"""What is left out of a traversal: exactly what no check could find anything to do for."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

import testtools
from hypothesis import given
from hypothesis import strategies as st

from heatconv.convergence import fingerprint, traversal
from heatconv.convergence.model import (
    ALL,
    UPDATES,
    Definition,
    Kind,
    NodeKey,
    NodeStatus,
    Resource,
)
from heatconv.tests.unit.convergence.rows import (
    CHECK_FAILED,
    CREATE_FAILED,
    CREATED,
    CREATING,
    DELETE_FAILED,
    UPDATE_FAILED,
    row,
    stack,
)

#: C requires B, B requires A; D stands alone.
REQUIRES = {'A': (), 'B': ('A',), 'C': ('B',), 'D': ()}


def definition(name: str, says: str = 'same') -> Definition:
    return Definition(name, 'Type', REQUIRES[name], fingerprint=says)


def checked(says: Sequence[str] = ()) -> dict[str, Resource]:
    """Return rows as checks of these definitions leave them."""
    rows: dict[str, Resource] = {}
    for name, required in REQUIRES.items():
        made = fingerprint.desired('same', [rows[one] for one in required])
        version = 3 + len(rows)
        rows[name] = row(
            f'{name.lower()}1',
            name=name,
            version=version,
            requires=tuple(rows[one].id for one in required),
            fingerprint=fingerprint.stamped(made, version),
        )
    return rows


def plan(definitions: dict[str, Definition], rows: Any, settles: bool = True) -> Any:
    wish = stack(wish_id='w', wish_template_id='new', template_id='old')
    fresh = (f'new{number}' for number in itertools.count())
    return traversal.plan(wish, definitions, rows, 't2', fresh, settles)


def updates(made: Any) -> set[str]:
    """Return the names that are to be checked."""
    return {
        node.key.name
        for node in made.nodes
        if node.key.kind == Kind.UPDATE and node.status != NodeStatus.DONE
    }


SAME = {name: definition(name) for name in REQUIRES}


class SettledTest(testtools.TestCase):
    def test_nothing_is_to_do_where_nothing_changed(self) -> None:
        made = plan(SAME, checked().values())
        self.assertEqual(((), ()), (made.nodes, made.rows))
        self.assertEqual(('COMPLETE', 'new'), (made.stack.status, made.stack.last_good_id))

    def test_everything_is_checked_step_by_step(self) -> None:
        self.assertEqual(set(REQUIRES), updates(plan(SAME, checked().values(), settles=False)))

    def test_what_changed_is_checked_and_all_that_requires_it(self) -> None:
        made = plan({**SAME, 'B': definition('B', 'other')}, checked().values())
        self.assertEqual({'B', 'C'}, updates(made))

    def test_what_a_check_will_look_up_is_there_and_done(self) -> None:
        made = plan({**SAME, 'B': definition('B', 'other')}, checked().values())
        nodes = {node.key: node for node in made.nodes}
        a = nodes[NodeKey('t2', Kind.UPDATE, 'A')]
        self.assertEqual(('a1', NodeStatus.DONE), (a.subject, a.status))
        self.assertNotIn(NodeKey('t2', Kind.UPDATE, 'D'), nodes)
        self.assertEqual(0, nodes[NodeKey('t2', Kind.UPDATE, 'B')].blockers)
        self.assertEqual((NodeKey('t2', Kind.UPDATE, 'B'),), made.leaves)

    def test_rows_that_stay_have_no_cleanup(self) -> None:
        made = plan({**SAME, 'C': definition('C', 'other')}, checked().values())
        cleanups = {node.key.name for node in made.nodes if node.key.kind == Kind.CLEANUP}
        self.assertEqual({'c1'}, cleanups)
        roots = {node.key.name: node for node in made.nodes if node.key.kind == Kind.ROOT}
        self.assertEqual((1, 2), (roots[UPDATES].blockers, roots[ALL].blockers))

    def test_only_cleanups_are_left_where_something_goes(self) -> None:
        fewer = {name: SAME[name] for name in 'ABD'}
        made = plan(fewer, checked().values())
        self.assertEqual((set(), 'new'), (updates(made), made.stack.last_good_id))
        self.assertEqual((NodeKey('t2', Kind.CLEANUP, 'c1'),), made.leaves)

    def test_whatever_puts_a_row_in_doubt_has_it_checked(self) -> None:
        good = checked()
        for change in (
            {'suspect': True},
            {'claim': 'somebody'},
            {'version': good['B'].version + 1},
            {'fingerprint': ''},
            *(
                {'action': state[0], 'status': state[1]}
                for state in (CREATING, CREATE_FAILED, UPDATE_FAILED, CHECK_FAILED, DELETE_FAILED)
            ),
        ):
            rows = {**good, 'B': dataclasses.replace(good['B'], **change)}
            self.assertEqual({'B', 'C'}, updates(plan(SAME, rows.values())), change)

    def test_two_rows_of_a_name_are_looked_at(self) -> None:
        rows = [*checked().values(), row('b2', name='B')]
        self.assertEqual({'B', 'C'}, updates(plan(SAME, rows)))

    def test_definition_without_a_fingerprint_is_always_checked(self) -> None:
        made = plan({**SAME, 'A': definition('A', '')}, checked().values())
        self.assertEqual({'A', 'B', 'C'}, updates(made))

    @given(st.sets(st.sampled_from(sorted(REQUIRES))))
    def test_law(self, changed: set[str]) -> None:
        """What is checked is what changed, closed under being required."""
        definitions = {
            name: definition(name, 'other' if name in changed else 'same') for name in REQUIRES
        }
        expected = set(changed)
        for name in 'BC':
            if expected & set(REQUIRES[name]):
                expected.add(name)
        self.assertEqual(expected, updates(plan(definitions, checked().values())))


class FingerprintTest(testtools.TestCase):
    def test_differs_with_all_that_a_check_reads(self) -> None:
        a, b = row('a1', fingerprint='x:1'), row('b1', fingerprint='y:1')
        told = [
            fingerprint.desired('same', [a, b]),
            fingerprint.desired('other', [a, b]),
            fingerprint.desired('same', [a]),
            fingerprint.desired('same', [a, dataclasses.replace(b, fingerprint='y:2')]),
            fingerprint.desired('same', [a, dataclasses.replace(b, id='b2')]),
        ]
        self.assertEqual(len(told), len(set(told)))
        self.assertEqual(told[0], fingerprint.desired('same', [b, a]))

    def test_holds_for_the_version_that_the_check_left(self) -> None:
        made = fingerprint.desired('same', [])
        at = row('a1', CREATED, version=4, fingerprint=fingerprint.stamped(made, 4))
        self.assertTrue(fingerprint.holds(at, made))
        self.assertFalse(fingerprint.holds(dataclasses.replace(at, version=5), made))
        self.assertFalse(fingerprint.holds(at, fingerprint.desired('other', [])))
        self.assertFalse(fingerprint.holds(row('a1'), ''))

    def test_nothing_is_made_of_no_definition(self) -> None:
        self.assertEqual(('', ''), (fingerprint.desired('', []), fingerprint.stamped('', 3)))


class StreamTest(testtools.TestCase):
    def test_plan_of_many_is_the_same_in_a_stream(self) -> None:
        before = traversal.LAZY_ABOVE
        self.addCleanup(setattr, traversal, 'LAZY_ABOVE', before)
        rows = list(checked().values())[:2]
        whole = plan(SAME, rows, settles=False)
        traversal.LAZY_ABOVE = 1
        streamed = plan(SAME, rows, settles=False)
        self.assertIsInstance(streamed.nodes, traversal.LazySequence)
        self.assertEqual((whole.nodes, whole.rows), (tuple(streamed.nodes), tuple(streamed.rows)))
        self.assertEqual(tuple(streamed.nodes), tuple(streamed.nodes))
        self.assertEqual(len(whole.nodes), len(streamed.nodes))
        self.assertEqual(whole.nodes[1:3], streamed.nodes[1:3])
