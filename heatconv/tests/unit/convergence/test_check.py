"""What a check decides, each decision with the history that needs it."""

from __future__ import annotations

import dataclasses
from typing import Any

import testtools

from heatconv.convergence import check, states
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Action, NodeStatus, Reality, Verb
from heatconv.convergence.step import Call, RowGuard, Step
from heatconv.tests.unit.convergence.rows import (
    CHECK_FAILED,
    CREATE_FAILED,
    CREATED,
    CREATING,
    DELETING,
    INIT,
    LEASE,
    UPDATE_FAILED,
    UPDATED,
    UPDATING,
    desired,
    node,
    row,
    seen,
    update_key,
    view,
)


def begin(shown: check.View, wish: Any = None) -> Step:
    return check.begin(shown, wish or desired(), LEASE, 'fresh')


class AdmitTest(testtools.TestCase):
    def test_node_of_a_superseded_traversal_is_left_alone(self) -> None:
        step = check.admit(check.View(None), LEASE)
        self.assertIsNone(step.commit)

    def test_second_message_for_a_node_changes_nothing(self) -> None:
        for status in (NodeStatus.WAITING, NodeStatus.RUNNING, NodeStatus.DONE):
            step = check.admit(
                view(row('a1'), node=node(update_key(), 'a1', status=status)), LEASE
            )
            self.assertEqual((None, None), (step.commit, step.call))

    def test_row_that_another_worker_operates_on_is_left_ready(self) -> None:
        step = check.admit(view(row('a1', UPDATING, claim='other')), LEASE)
        self.assertEqual((None, ()), (step.commit, step.casts))

    def test_interrupted_operation_is_settled_before_anything_is_decided(self) -> None:
        for doubtful in (row('a1', CREATING), row('a1', UPDATING), row('a1', suspect=True)):
            step = check.admit(view(doubtful), LEASE)
            self.assertEqual(Verb.OBSERVE, step.call.verb)
            self.assertEqual(LEASE, step.commit.row.saved.claim)
            self.assertFalse(step.commit.row.saved.suspect)
            self.assertEqual(NodeStatus.RUNNING, step.commit.node.now)

    def test_settled_row_is_admitted(self) -> None:
        for state in (INIT, CREATED, UPDATED, CREATE_FAILED, UPDATE_FAILED, CHECK_FAILED):
            self.assertIsNone(check.admit(view(row('a1', state)), LEASE))
        self.assertIsNone(check.admit(view(None), LEASE))


class BeginTest(testtools.TestCase):
    def test_new_row_is_created(self) -> None:
        step = begin(view(row('a1', INIT)), desired(requires=('b1',)))
        saved = step.commit.row.saved
        self.assertEqual(states.CREATING, states.state(saved))
        self.assertEqual((LEASE, 2, 'new'), (saved.claim, saved.version, saved.template_id))
        self.assertEqual(('b1',), saved.requires)
        self.assertEqual({'p': 1, 'r': 1}, saved.properties)
        self.assertEqual(Call(Verb.CREATE, saved, {'p': 1, 'r': 1}), step.call)
        self.assertEqual(RowGuard.UNCLAIMED, step.commit.row.guard)
        self.assertEqual(
            (NodeStatus.READY, NodeStatus.RUNNING, 'a1'),
            (step.commit.node.was, step.commit.node.now, step.commit.node.subject),
        )
        self.assertFalse(step.commit.late_stands)

    def test_unchanged_resource_moves_template_and_requirements(self) -> None:
        step = begin(
            view(row('a1', requires=('b1',), replaced_by='a0')), desired(requires=('b2',))
        )
        self.assertIsNone(step.call)
        saved = step.commit.row.saved
        self.assertEqual(
            ('new', ('b2',), None, 2),
            (saved.template_id, saved.requires, saved.replaced_by, saved.version),
        )
        self.assertEqual(NodeStatus.DONE, step.commit.node.now)

    def test_changed_property_is_updated_in_place(self) -> None:
        step = begin(view(row('a1', requires=('b1',))), desired(requires=('b2',), p=2))
        saved = step.commit.row.saved
        self.assertEqual(states.UPDATING, states.state(saved))
        self.assertEqual((Verb.UPDATE, ('p',)), (step.call.verb, step.call.changed))
        self.assertEqual(('b1', 'b2'), saved.requires)
        # Until it is observed, what was there is the better guess.
        self.assertEqual({'p': 1, 'r': 1}, saved.properties)

    def test_added_and_removed_properties_are_changes(self) -> None:
        step = begin(view(row('a1', properties={'p': 1, 'r': 1, 'q': None})), desired(s=1))
        self.assertEqual(('q', 's'), step.call.changed)

    def test_property_that_cannot_change_in_place_replaces(self) -> None:
        step = begin(view(row('a1')), desired(r=2))
        new = step.commit.inserts[0]
        self.assertEqual(('fresh', 'a1', states.INIT), (new.id, new.replaces, states.state(new)))
        self.assertEqual('fresh', step.commit.row.saved.replaced_by)
        self.assertEqual(
            ('fresh', NodeStatus.READY), (step.commit.node.subject_now, step.commit.node.now)
        )
        self.assertEqual('a1', step.commit.abandons)
        self.assertEqual((update_key(),), step.casts)
        self.assertIsNone(step.call)

    def test_other_type_replaces(self) -> None:
        step = begin(view(row('a1', type='Other')))
        self.assertEqual('Type', step.commit.inserts[0].type)
        step = begin(view(row('a1', INIT, type='Other')))
        self.assertEqual('Type', step.commit.inserts[0].type)

    def test_unhealthy_resource_is_replaced(self) -> None:
        self.assertEqual(1, len(begin(view(row('a1', CHECK_FAILED))).commit.inserts))

    def test_failed_create_without_a_resource_is_tried_again_with_the_same_token(self) -> None:
        step = begin(view(row('a1', CREATE_FAILED, physical_id=None)))
        self.assertEqual((Verb.CREATE, 'a1'), (step.call.verb, step.call.row.token))

    def test_failed_create_with_a_resource_is_replaced(self) -> None:
        step = begin(view(row('a1', CREATE_FAILED)))
        self.assertEqual(['fresh'], [one.id for one in step.commit.inserts])

    def test_failed_update_is_never_taken_for_unchanged(self) -> None:
        step = begin(view(row('a1', UPDATE_FAILED)))
        self.assertEqual((Verb.UPDATE, ()), (step.call.verb, step.call.changed))

    def test_failed_update_that_cannot_be_mended_in_place_replaces(self) -> None:
        self.assertEqual(
            1, len(begin(view(row('a1', UPDATE_FAILED)), desired(r=2)).commit.inserts)
        )

    def test_row_that_is_gone_gets_a_successor(self) -> None:
        step = begin(view(None))
        self.assertIsNone(step.commit.row)
        self.assertIsNone(step.commit.abandons)
        self.assertEqual(
            ('gone', 'fresh'), (step.commit.node.subject, step.commit.node.subject_now)
        )

    def test_doomed_row_is_not_revived(self) -> None:
        self.assertEqual(
            ['fresh'], [one.id for one in begin(view(row('a1', DELETING))).commit.inserts]
        )


class SubstituteTest(testtools.TestCase):
    """T1 A!w=1 done; T2 A!w=2 superseded while it creates; T3 A!w=1 ends on the first A."""

    def ends_on(self, *rows: Any, **properties: Any) -> str | None:
        step = begin(view(*rows), desired(**properties))
        self.assertEqual((), step.commit.inserts if step.commit.node.subject_now else ())
        return step.commit.node.subject_now

    def test_healthy_row_that_fits_serves_the_name_again(self) -> None:
        second = row('a2', CREATED, properties={'p': 1, 'r': 2})
        self.assertEqual('a1', self.ends_on(second, row('a1')))

    def test_row_without_a_resource_gives_way_to_one_that_fits(self) -> None:
        self.assertEqual('a1', self.ends_on(row('a2', INIT), row('a1')))
        failed = row('a2', CREATE_FAILED, physical_id=None)
        self.assertEqual('a1', self.ends_on(failed, row('a1')))

    def test_row_that_differs_in_place_only_fits(self) -> None:
        self.assertEqual('a1', self.ends_on(row('a2', INIT), row('a1'), p=5))

    def test_row_that_is_being_created_so_is_waited_for(self) -> None:
        making = row('a1', CREATING, claim='other')
        self.assertEqual('a1', self.ends_on(row('a2', INIT), making))
        other = row('a0', CREATING, claim='other', properties={'p': 1, 'r': 2})
        step = begin(view(row('a2', INIT), other))
        self.assertEqual(Verb.CREATE, step.call.verb)

    def test_healthy_before_being_made(self) -> None:
        self.assertEqual('a1', self.ends_on(row('a3', INIT), row('a2', CREATING), row('a1')))

    def test_replacement_takes_a_row_never_begun(self) -> None:
        self.assertEqual('a2', self.ends_on(row('a1'), row('a2', INIT), r=2))

    def test_row_never_begun_is_no_reason_to_leave_another(self) -> None:
        step = begin(view(row('a1', INIT), row('a2', INIT)))
        self.assertEqual((Verb.CREATE, 'a1'), (step.call.verb, step.call.row.id))

    def test_doomed_and_failed_rows_are_no_substitutes(self) -> None:
        rows = [row('a2', DELETING), row('a3', CREATE_FAILED), row('a4', CHECK_FAILED)]
        self.assertEqual(Verb.CREATE, begin(view(row('a1', INIT), *rows)).call.verb)

    def test_of_another_type_is_no_substitute(self) -> None:
        rows = [row('a2', type='Other'), row('a3', INIT, type='Other')]
        self.assertEqual(
            ['fresh'],
            [one.id for one in begin(view(row('a1'), *rows), desired(r=2)).commit.inserts],
        )


class FinishTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.claimed = row('a1', CREATING, claim=LEASE, version=2, requires=('b1', 'b2'))

    def finish(self, observed: Any, verb: Verb = Verb.CREATE, attempts: int = 0) -> Step:
        wish = desired(requires=('b2',))
        return check.finish(
            update_key(), self.claimed, wish, verb, observed, attempts, 'wish', 1.0
        )

    def test_success_saves_what_was_observed_and_exact_requirements(self) -> None:
        step = self.finish(seen())
        saved = step.commit.row.saved
        self.assertEqual(states.CREATED, states.state(saved))
        self.assertEqual(
            (None, 3, 'physical', ('b2',), {'a': 1}),
            (saved.claim, saved.version, saved.physical_id, saved.requires, saved.attributes),
        )
        self.assertEqual(RowGuard.MINE, step.commit.row.guard)
        self.assertEqual(NodeStatus.DONE, step.commit.node.now)
        self.assertTrue(step.commit.late_stands)

    def test_plugin_that_cannot_tell_is_believed(self) -> None:
        step = self.finish(seen(properties=None))
        self.assertEqual({'p': 1, 'r': 1}, step.commit.row.saved.properties)
        self.assertEqual(NodeStatus.DONE, step.commit.node.now)

    def test_operation_under_way_is_asked_again_later(self) -> None:
        step = self.finish(seen(Reality.PENDING))
        self.assertEqual((True, None), (step.wait, step.commit))

    def test_what_is_not_as_asked_is_not_done(self) -> None:
        step = self.finish(seen(properties={'p': 9, 'r': 1}))
        self.assertEqual({'p': 9, 'r': 1}, step.commit.row.saved.properties)
        self.assertEqual((NodeStatus.READY, True), (step.commit.node.now, step.commit.node.retry))
        self.assertEqual((update_key(),), step.casts)
        self.assertIsNone(step.commit.failure)

    def test_attempts_are_capped(self) -> None:
        step = self.finish(seen(properties={'p': 9, 'r': 1}), attempts=check.ATTEMPTS - 1)
        self.assertIn('still differ: p', step.commit.failure.reason)
        self.assertEqual(states.CREATE_FAILED, states.state(step.commit.row.saved))

    def test_resource_that_vanished_is_created_again(self) -> None:
        self.claimed = dataclasses.replace(self.claimed, action=Action.UPDATE, physical_id='x')
        step = self.finish(seen(Reality.ABSENT), Verb.UPDATE)
        saved = step.commit.row.saved
        self.assertEqual((states.CREATE_FAILED, None), (states.state(saved), saved.physical_id))
        self.assertEqual(NodeStatus.READY, step.commit.node.now)
        step = self.finish(seen(Reality.ABSENT), Verb.UPDATE, check.ATTEMPTS - 1)
        self.assertIn('does not exist', step.commit.failure.reason)
        self.assertIsNone(step.commit.row.saved.physical_id)

    def test_failure_keeps_old_and_new_requirements_and_fails_the_stack(self) -> None:
        observed = seen(Reality.FAILED, reason='no quota', properties={'p': 7})
        step = self.finish(observed)
        saved = step.commit.row.saved
        self.assertEqual(states.CREATE_FAILED, states.state(saved))
        self.assertEqual(
            (('b1', 'b2'), 'resources.A: no quota', None, {'p': 7}, 'physical'),
            (saved.requires, saved.reason, saved.claim, saved.properties, saved.physical_id),
        )
        self.assertEqual(
            ('s', 'wish'), (step.commit.failure.stack_id, step.commit.failure.wish_id)
        )
        self.assertIn('resources.A: no quota', step.commit.failure.reason)
        self.assertTrue(step.commit.late_stands)

    def test_failure_without_an_observation_keeps_what_was_known(self) -> None:
        self.claimed = dataclasses.replace(self.claimed, physical_id='known', attributes={'b': 2})
        step = self.finish(seen(Reality.FAILED, physical_id=None, attributes={}, properties=None))
        saved = step.commit.row.saved
        self.assertEqual(
            ('known', {'b': 2}, {'p': 1, 'r': 1}),
            (saved.physical_id, saved.attributes, saved.properties),
        )
        self.assertEqual('resources.A: create failed', saved.reason)


class RefuseTest(testtools.TestCase):
    def test_row_and_stack_fail_together(self) -> None:
        for before, after in (
            (row('a1', INIT), states.CREATE_FAILED),
            (row('a1'), states.UPDATE_FAILED),
        ):
            step = check.refuse(view(before), 'bad', 'wish', 1.0)
            self.assertEqual(after, states.state(step.commit.row.saved))
            self.assertIn('resources.A: bad', step.commit.failure.reason)
            self.assertEqual(NodeStatus.DONE, step.commit.node.now)

    def test_failed_row_keeps_its_state(self) -> None:
        for before in (None, row('a1', CREATE_FAILED), row('a1', CHECK_FAILED)):
            step = check.refuse(view(before), 'bad', 'wish', 1.0)
            self.assertIsNone(step.commit.row)
            self.assertEqual('s', step.commit.failure.stack_id)


class FencedTest(testtools.TestCase):
    def fenced(self, verb: Verb, now: Any) -> Step:
        claimed = row('a1', CREATING, claim=LEASE)
        return check.fenced(verb, claimed, now, Call(verb, claimed, {'p': 1}))

    def test_create_of_a_row_that_is_gone_is_undone(self) -> None:
        for verb in (Verb.CREATE, Verb.UPDATE):
            step = self.fenced(verb, None)
            self.assertEqual((Verb.DELETE, 'a1'), (step.call.verb, step.call.row.token))

    def test_create_of_a_doomed_row_is_undone(self) -> None:
        step = self.fenced(Verb.CREATE, row('a1', DELETING))
        self.assertEqual(Verb.DELETE, step.call.verb)

    def test_other_operations_cast_doubt(self) -> None:
        for verb, now in (
            (Verb.CREATE, row('a1')),
            (Verb.UPDATE, row('a1', DELETING)),
            (Verb.DELETE, row('a1')),
        ):
            step = self.fenced(verb, now)
            self.assertEqual(('a1', None), (step.commit.suspects, step.call))

    def test_observation_needs_no_making_up(self) -> None:
        for verb, now in ((Verb.OBSERVE, None), (Verb.OBSERVE, row('a1')), (Verb.DELETE, None)):
            step = self.fenced(verb, now)
            self.assertEqual((None, None), (step.commit, step.call))


class FencedAdoptionTest(testtools.TestCase):
    def test_nobody_deletes_what_a_late_adopt_has_marked(self) -> None:
        claimed = row('a1', CREATING, physical_id='there')
        call = Call(Verb.ADOPT, claimed, {})
        for now in (None, row('a1', DELETING)):
            step = check.fenced(Verb.ADOPT, claimed, now, call)
            self.assertIsNone(step.call)
        created = check.fenced(Verb.CREATE, claimed, None, evolve(call, verb=Verb.CREATE))
        self.assertEqual(Verb.DELETE, created.call.verb)
