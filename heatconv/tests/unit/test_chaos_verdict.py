"""What chaos takes for wrong: operations that the order of a graph forbids."""

from __future__ import annotations

import pathlib
from unittest import mock

import fixtures
import testtools

from heatconv.resources.plugin import Resource
from heatconv.tests.chaos import thing, verdict
from heatconv.tests.chaos.thing import PREFIX, Refused, Thing

TIMEOUT = 2.5


class OrderTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        place = pathlib.Path(self.useFixture(fixtures.TempDir()).path) / 'reality.sqlite'
        self.useFixture(fixtures.EnvironmentVariable(thing.PLACE, str(place)))
        self.plugin = Thing(mock.Mock(), mock.Mock())
        # Calls take no time and are never refused for their rate.
        self.useFixture(fixtures.MockPatchObject(self.plugin, '_random'))
        self.plugin._random.random.return_value = 1.0

    def refused(self, seconds: float) -> list[str]:
        """Let a call be refused that has been under way for some seconds."""
        properties = {'a': PREFIX + 'gone', 'fail': False}
        resource = mock.Mock(Resource, token='new', stack_id='stack', properties=properties)
        resource.name = 'A'
        with (
            mock.patch.object(thing.time, 'monotonic', side_effect=[100.0, 100.0 + seconds]),
            testtools.ExpectedException(Refused),
        ):
            self.plugin.create(resource)
        return verdict.wrong_order(self.plugin.world, TIMEOUT)

    def test_refused_call_is_wrong_and_told_with_the_operations(self) -> None:
        wrong = self.refused(seconds=TIMEOUT)
        self.assertEqual(2, len(wrong))
        self.assertIn('create of thing-new (A): thing-gone is not there', wrong[0])
        self.assertIn('create of thing-new (A)', wrong[1])

    def test_call_of_a_stopped_process_is_refused_rightly(self) -> None:
        self.assertEqual([], self.refused(seconds=TIMEOUT + 0.1))
        self.assertEqual(1, len(self.plugin.world.refused()))
