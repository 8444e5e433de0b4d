from __future__ import annotations

import testtools

from heatconv.convergence import retry, timeout
from heatconv.convergence.model import (
    Action,
    Observation,
    Reality,
    Resource,
    Stack,
    Status,
)
from heatconv.convergence.states import (
    CREATE_FAILED,
    CREATED,
    CREATING,
    DELETE_FAILED,
    DELETING,
    UPDATE_FAILED,
    UPDATING,
    state,
)
from heatconv.tests.unit.convergence.rows import LEASE, row, stack

PENDING = Observation(Reality.PENDING)
UNKNOWN = Observation(Reality.UNKNOWN, reason='busy')


class ReleaseTest(testtools.TestCase):
    def test_released_row_is_in_doubt_and_wakes_who_waits(self) -> None:
        claimed = row('a1', CREATING, claim=LEASE)
        step = timeout.release(claimed)
        assert step.commit is not None and step.commit.row is not None
        saved = step.commit.row.saved
        assert saved is not None
        self.assertEqual(
            (None, claimed.version + 1, Status.IN_PROGRESS, True),
            (saved.claim, saved.version, saved.status, saved.suspect),
        )
        self.assertEqual('a1', step.wakes)
        self.assertIsNone(step.commit.node)

    def test_row_on_its_way_out_is_in_no_doubt(self) -> None:
        step = timeout.release(row('a1', DELETING, claim=LEASE))
        assert step.commit is not None and step.commit.row is not None
        assert step.commit.row.saved is not None
        self.assertFalse(step.commit.row.saved.suspect)


class SupersededTest(testtools.TestCase):
    def superseded(
        self, now: Stack | None, awaited: bool = False, observation: Observation = PENDING
    ):
        return timeout.superseded(
            row('a1', UPDATING, claim=LEASE), observation, now, awaited, 100.0
        )

    def test_who_waits_gets_the_row(self) -> None:
        step = self.superseded(stack(status=Status.IN_PROGRESS, deadline=200.0), awaited=True)
        self.assertEqual('a1', step.wakes)
        self.assertEqual(state(row('a1', UPDATING)), state(step.commit.row.saved))

    def test_what_nobody_waits_for_is_polled_to_its_end(self) -> None:
        for now in (
            stack(status=Status.IN_PROGRESS, deadline=50.0),
            stack(status=Status.FAILED, deadline=101.0),
            stack(status=Status.FAILED, deadline=None),
            stack(status=Status.COMPLETE, deadline=None),
        ):
            step = self.superseded(now)
            self.assertEqual((True, None), (step.wait, step.commit))

    def test_nobody_polls_for_a_stack_that_is_forgotten(self) -> None:
        self.assertEqual('a1', self.superseded(None).wakes)

    def test_it_is_given_up_when_the_time_of_a_failed_stack_is_over(self) -> None:
        step = self.superseded(stack(status=Status.FAILED, deadline=100.0, reason='timed out'))
        assert step.commit is not None and step.commit.row is not None
        saved = step.commit.row.saved
        assert saved is not None
        self.assertEqual(UPDATE_FAILED, state(saved))
        self.assertEqual((None, False, 'a1'), (saved.claim, saved.suspect, step.wakes))
        self.assertIn('timed out', saved.reason)
        self.assertEqual([Status.FAILED], [one.status for one in step.commit.events])

    def test_nobody_asks_a_plugin_again_for_what_is_superseded(self) -> None:
        step = self.superseded(stack(status=Status.FAILED, deadline=101.0), observation=UNKNOWN)
        assert step.commit is not None and step.commit.row is not None
        assert step.commit.row.saved is not None
        self.assertTrue(step.commit.row.saved.suspect)


class GivenUpTest(testtools.TestCase):
    def given_up(self, before: Resource, observation: Observation = PENDING) -> Resource:
        return timeout.given_up(before, observation, 'why')

    def test_create_is_to_be_replaced(self) -> None:
        after = self.given_up(row('a1', CREATING, physical_id=None))
        self.assertEqual(
            (CREATE_FAILED, 'a1', 'why'), (state(after), after.physical_id, after.reason)
        )
        known = self.given_up(
            row('a1', CREATE_FAILED), Observation(Reality.PENDING, physical_id='p9')
        )
        self.assertEqual((CREATE_FAILED, 'p9'), (state(known), known.physical_id))

    def test_update_is_to_be_made_again_from_what_is_known(self) -> None:
        for before in (UPDATING, CREATED):
            asked = row('a1', before, properties={'x': 1})
            self.assertEqual(
                (UPDATE_FAILED, {'x': 1}),
                (state(self.given_up(asked)), self.given_up(asked).properties),
            )
            observation = Observation(Reality.PENDING, properties={'x': 2}, attributes={'y': 3})
            after = self.given_up(asked, observation)
            self.assertEqual(({'x': 2}, {'y': 3}), (after.properties, after.attributes))
        self.assertIsNone(self.given_up(row('a1', UPDATING, physical_id=None)).physical_id)

    def test_delete_has_failed(self) -> None:
        self.assertEqual(DELETE_FAILED, state(self.given_up(row('a1', DELETING))))


class RetryTest(testtools.TestCase):
    def test_retry_is_told_and_keeps_the_claim(self) -> None:
        claimed = row('a1', CREATING, claim=LEASE)
        step = retry.retry(claimed, UNKNOWN, 2, 5, 4.0)
        assert step.commit is not None and step.commit.row is not None
        saved = step.commit.row.saved
        assert saved is not None
        self.assertTrue(step.wait)
        self.assertEqual((LEASE, claimed.version + 1), (saved.claim, saved.version))
        (event,) = step.commit.events
        self.assertEqual(
            (Action.CREATE, Status.IN_PROGRESS, 'retry 2 of 5 in 4 s: busy'),
            (event.action, event.status, event.reason),
        )

    def test_pauses_double_up_to_a_limit(self) -> None:
        pauses = [retry.pause_before(tries, UNKNOWN, 1.0) for tries in range(1, 9)]
        self.assertEqual([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0], pauses)

    def test_plugin_that_knows_decides(self) -> None:
        asked = Observation(Reality.UNKNOWN, retry_after=0.5)
        self.assertEqual(0.5, retry.pause_before(9, asked, 1.0))
        negative = Observation(Reality.UNKNOWN, retry_after=-1)
        self.assertEqual(0.0, retry.pause_before(1, negative, 1.0))

    def test_what_was_asked_for_often_enough_has_failed(self) -> None:
        observation = retry.exhausted(UNKNOWN, 5)
        self.assertEqual(
            (Reality.FAILED, 'busy (tried 6 times)'), (observation.reality, observation.reason)
        )
        self.assertEqual('busy', retry.exhausted(UNKNOWN, 0).reason)
