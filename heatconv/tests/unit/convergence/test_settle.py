"""What is saved of a row whose operation was interrupted."""

from __future__ import annotations

import dataclasses
from typing import Any

import testtools

from heatconv.convergence import settle
from heatconv.convergence.model import Reality, Resource, Verb
from heatconv.tests.unit.convergence import rows


class BeginTest(testtools.TestCase):
    def test_properties_of_the_call(self) -> None:
        for properties, expected in (({'p': 1}, {'p': 1}), (None, {})):
            row = rows.row('a', rows.UPDATING, properties=properties)
            step = settle.begin(row, rows.LEASE, None)
            assert step.call is not None
            self.assertEqual((Verb.OBSERVE, expected), (step.call.verb, step.call.properties))

    def test_adoption_is_repeated(self) -> None:
        row = rows.row('a', rows.CREATING, physical_id='there')
        step = settle.begin(row, rows.LEASE, None)
        assert step.call is not None
        self.assertEqual(Verb.ADOPT, step.call.verb)


class FinishTest(testtools.TestCase):
    def saved(self, row: Resource, **changes: Any) -> Resource:
        claimed = dataclasses.replace(row, claim=rows.LEASE)
        step = settle.finish(None, claimed, rows.seen(**changes))
        assert step.commit is not None and step.commit.row is not None
        return step.commit.row.saved

    def test_what_is_not_observed_stays(self) -> None:
        row = rows.row('a', rows.UPDATING, attributes={'b': 2})
        saved = self.saved(row)
        self.assertEqual(('physical', {'a': 1}), (saved.physical_id, saved.attributes))
        saved = self.saved(row, physical_id=None, attributes={})
        self.assertEqual(('physical-a', {'b': 2}), (saved.physical_id, saved.attributes))

    def test_reason_of_a_failure(self) -> None:
        for state, failed in (
            (rows.CREATING, rows.CREATE_FAILED),
            (rows.UPDATING, rows.UPDATE_FAILED),
        ):
            for reason, expected in (
                ('why', 'why'),
                ('', 'interrupted: the resource has failed'),
            ):
                saved = self.saved(rows.row('a', state), reality=Reality.FAILED, reason=reason)
                self.assertEqual((*failed, expected), (saved.action, saved.status, saved.reason))

    def test_nested_stack_that_a_zombie_created_is_known(self) -> None:
        """The next update repairs it: a create would find it and change nothing."""
        for reality in (Reality.FAILED, Reality.PENDING):
            row = rows.row('a', rows.CREATE_FAILED, physical_id=None, reason='not there')
            saved = self.saved(row, reality=reality, yields=True)
            self.assertEqual('physical', saved.physical_id)
            self.assertEqual((*rows.CREATE_FAILED, 'not there'), (*state(saved), saved.reason))
            # A row that knows its physical resource stays as it is.
            row = rows.row('a', rows.CREATED)
            saved = self.saved(row, reality=reality, yields=True)
            self.assertEqual(('physical-a', *rows.CREATED), (saved.physical_id, *state(saved)))


def state(row: Resource) -> tuple[Any, Any]:
    return row.action, row.status
