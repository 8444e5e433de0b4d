"""The graph of a traversal, each edge rule with the history that needs it."""

from __future__ import annotations

import itertools
from typing import Any

import testtools
from hypothesis import given
from hypothesis import strategies as st

from heatconv.convergence import graph, invariants, traversal
from heatconv.convergence.model import ALL, UPDATES, Action, Kind, NodeKey, NodeStatus, Status
from heatconv.tests.unit.convergence.rows import (
    CREATE_FAILED,
    CREATED,
    DELETE_FAILED,
    DELETING,
    INIT,
    definitions,
    row,
    stack,
)


def plan(desired: Any, *rows: Any, **changes: Any) -> traversal.Plan:
    wish = stack(**({'wish_id': 'w', 'wish_template_id': 'new', 'template_id': 'old'} | changes))
    fresh = (f'new{number}' for number in itertools.count())
    return traversal.plan(wish, desired, rows, 't2', fresh)


def edges(made: traversal.Plan) -> set[tuple[str, str]]:
    return {
        (f'{node.key.kind}{node.key.name}', f'{kind}{name}')
        for node in made.nodes
        for kind, name in node.successors
    }


class EdgesTest(testtools.TestCase):
    def test_update_comes_after_the_updates_it_requires(self) -> None:
        made = plan(definitions(A=(), B=('A',)))
        self.assertEqual({('uA', 'uB'), ('uB', 'rupdates'), ('rupdates', 'rall')}, edges(made))
        self.assertEqual((NodeKey('t2', Kind.UPDATE, 'A'),), made.leaves)

    def test_replaced_row_outlives_the_update_that_lets_go_of_it(self) -> None:
        made = plan(definitions(A=()), row('a1'))
        self.assertEqual(
            {('uA', 'rupdates'), ('uA', 'ca1'), ('ca1', 'rall'), ('rupdates', 'rall')},
            edges(made),
        )

    def test_row_outlives_the_rows_that_require_it(self) -> None:
        made = plan({}, row('a1'), row('b1', name='B', requires=('a1',)))
        self.assertEqual({('cb1', 'ca1'), ('ca1', 'rall')}, edges(made))
        self.assertEqual((NodeKey('t2', Kind.CLEANUP, 'b1'),), made.leaves)

    def test_inverted_dependencies_with_a_replacement_half_way_make_no_cycle(self) -> None:
        # B required A; A is to require B, and its replacement was begun.
        rows = (
            row('a1', replaced_by='a2'),
            row('b1', name='B', requires=('a1',)),
            row('a2', INIT, replaces='a1', requires=('b1',)),
        )
        made = plan(definitions(A=('B',), B=()), *rows)
        self.assertEqual([], invariants.violations(made.stack, rows, made.nodes))

    def test_requirements_that_are_gone_make_no_edge(self) -> None:
        made = plan(definitions(A=()), row('a1', requires=('gone',)))
        self.assertIn(('ca1', 'rall'), edges(made))

    def test_repeated_requirement_counts_once(self) -> None:
        made = plan(definitions(A=(), B=('A', 'A')))
        blockers = {node.key.name: node.blockers for node in made.nodes}
        self.assertEqual(1, blockers['B'])

    def test_roots_count_what_nobody_else_waits_for(self) -> None:
        made = plan(definitions(A=(), B=(), C=('A',)), row('a1'), row('x1', name='X'))
        blockers = {node.key.name: node.blockers for node in made.nodes}
        self.assertEqual(2, blockers[UPDATES])
        self.assertEqual(3, blockers[ALL])

    @given(st.data())
    def test_graph_is_acyclic_whatever_the_history(self, data: Any) -> None:
        names = data.draw(st.permutations('ABCDE'))
        desired = definitions(
            **{
                name: tuple(data.draw(st.sets(st.sampled_from(names[:index]))) if index else ())
                for index, name in enumerate(names)
            }
        )
        # A row gains a requirement only after the required one is done, so
        # among rows, too, there is an order; it need not be the template's.
        order = data.draw(
            st.permutations([f'{name}{number}' for name in 'abc' for number in '12'])
        )
        rows = [
            row(
                row_id,
                data.draw(st.sampled_from([CREATED, INIT, CREATE_FAILED, DELETING])),
                row_id[0].upper(),
                requires=tuple(
                    sorted(data.draw(st.sets(st.sampled_from(order[:index]))) if index else ())
                ),
            )
            for index, row_id in enumerate(order)
        ]
        made = plan(desired, *rows)
        self.assertEqual([], invariants.violations(made.stack, [*rows, *made.rows], made.nodes))


class SubjectsTest(testtools.TestCase):
    def chosen(self, *rows: Any) -> str | None:
        made = plan(definitions(A=()), *rows)
        return next(node.subject for node in made.nodes if node.key.kind == Kind.UPDATE)

    def test_healthy_before_failed(self) -> None:
        self.assertEqual('a1', self.chosen(row('a1'), row('a2', CREATE_FAILED)))

    def test_target_template_before_previous_before_newest(self) -> None:
        target, previous = row('a1', template_id='new'), row('a2', template_id='old')
        newest = row('a3', template_id='older')
        self.assertEqual('a1', self.chosen(target, previous, newest))
        self.assertEqual('a2', self.chosen(previous, newest))
        self.assertEqual('a3', self.chosen(newest, row('a0', template_id='older')))

    def test_doomed_row_is_never_chosen_and_not_waited_for(self) -> None:
        for doomed in (DELETING, DELETE_FAILED):
            made = plan(definitions(A=()), row('a1', doomed, claim='somebody'))
            self.assertEqual(['new0'], [one.id for one in made.rows])
            self.assertEqual((NodeKey('t2', Kind.UPDATE, 'A'),), made.leaves)

    def test_new_row_is_of_the_type_and_policy_of_the_template(self) -> None:
        made = plan(definitions(A=()))
        new = made.rows[0]
        self.assertEqual(
            ('A', 'Type', 'new', 'Delete'),
            (new.name, new.type, new.template_id, new.deletion_policy),
        )

    def test_order_of_the_store_does_not_show(self) -> None:
        rows = [row(f'a{number}', CREATE_FAILED) for number in range(4)]
        plans = {plan(definitions(A=()), *order) for order in itertools.permutations(rows)}
        self.assertEqual(1, len(plans))


class EndsTest(testtools.TestCase):
    def test_empty_template_completes_at_once(self) -> None:
        made = plan({}, action=Action.UPDATE)
        self.assertEqual((Status.COMPLETE, 'new'), (made.stack.status, made.stack.last_good_id))
        self.assertEqual(((), ()), (made.nodes, made.leaves))
        self.assertEqual([Status.COMPLETE], [event.status for event in made.events])

    def test_delete_of_an_empty_stack_completes_at_once(self) -> None:
        made = plan({}, action=Action.DELETE, wish_template_id=None)
        self.assertEqual((Action.DELETE, Status.COMPLETE), (made.stack.action, made.stack.status))

    def test_delete_keeps_the_last_good_template_to_roll_back_to(self) -> None:
        made = plan({}, row('a1'), action=Action.DELETE, wish_template_id=None)
        self.assertEqual('old', made.stack.last_good_id)

    def test_update_to_nothing_is_good_before_the_cleanups(self) -> None:
        made = plan({}, row('a1'))
        self.assertEqual(('new', Status.IN_PROGRESS), (made.stack.last_good_id, made.stack.status))

    def test_wish_becomes_the_traversal(self) -> None:
        made = plan(definitions(A=()))
        after = made.stack
        self.assertEqual(
            ('t2', 'new', 'old', None, None),
            (
                after.traversal_id,
                after.template_id,
                after.previous_template_id,
                after.wish_id,
                after.wish_template_id,
            ),
        )

    def test_long_chain_is_no_deeper_than_any_other(self) -> None:
        chain = {f'R{number}': (f'R{number - 1}',) if number else () for number in range(20_000)}
        made = plan(definitions(**chain))
        order = graph.order(
            {node.key: [NodeKey('t2', *one) for one in node.successors] for node in made.nodes}
        )
        self.assertEqual(20_002, len(order))
        self.assertEqual(NodeStatus.READY, made.nodes[0].status)


class OrderTest(testtools.TestCase):
    def test_required_first(self) -> None:
        self.assertEqual(['c', 'b', 'a'], graph.order({'a': 'bc', 'b': 'c', 'c': ''}))

    def test_cycle_is_named(self) -> None:
        cycle = self.assertRaises(graph.Cycle, graph.order, {'a': 'b', 'b': 'c', 'c': 'b'})
        self.assertEqual(['b', 'c', 'b'], cycle.path)
        self.assertEqual('b -> c -> b', str(cycle))

    def test_cycle_of_one(self) -> None:
        cycle = self.assertRaises(graph.Cycle, graph.order, {'a': 'a'})
        self.assertEqual(['a', 'a'], cycle.path)

    @given(st.dictionaries(st.integers(0, 6), st.lists(st.integers(0, 6))))
    def test_order_or_cycle(self, requires: dict[int, list[int]]) -> None:
        try:
            order = graph.order(requires)
        except graph.Cycle as cycle:
            for one, following in itertools.pairwise(cycle.path):
                self.assertIn(following, requires[one])
            self.assertEqual(cycle.path[0], cycle.path[-1])
        else:
            for one, required in requires.items():
                for other in required:
                    self.assertLess(order.index(other), order.index(one))
