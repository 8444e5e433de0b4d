"""Log lines say which request, stack and resource they are about."""

from __future__ import annotations

import fixtures
import testtools
from oslo_context import context as oslo_context

from heatconv.rpc.serializer import ContextSerializer
from heatconv.runtime.context import Context, current_request_id, set_log_context


class ContextTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        # Contexts are those of a thread: leave none behind.
        self.useFixture(fixtures.MonkeyPatch('oslo_context.context._request_store', _Store()))

    def test_place_of_a_line(self) -> None:
        for names, place in (
            ({}, ''),
            ({'stack': 'demo'}, '[demo] '),
            ({'stack': 'demo', 'resource': 'server'}, '[demo/server] '),
        ):
            made = Context(overwrite=False, **names)
            self.assertEqual(place, made.get_logging_values()['place'])

    def test_thread_that_works_for_a_request(self) -> None:
        set_log_context('project', 'req-1', 'demo', 'server')
        now = oslo_context.get_current()
        values = now.get_logging_values()
        self.assertEqual(('req-1', '[demo/server] '), (values['request_id'], values['place']))
        self.assertEqual('req-1', current_request_id())

    def test_work_that_no_request_asked_for_has_an_id_too(self) -> None:
        self.assertEqual('', current_request_id())
        set_log_context('project', '', 'demo', 'server')
        self.assertTrue(current_request_id())

    def test_context_that_comes_over_the_wire(self) -> None:
        sent = oslo_context.RequestContext(
            request_id='req-00000000-0000-4000-8000-000000000000', project_id='p', overwrite=False
        )
        serializer = ContextSerializer()
        got = serializer.deserialize_context(serializer.serialize_context(sent))
        self.assertEqual((sent.request_id, 'p'), (got.request_id, got.project_id))
        self.assertEqual('', got.get_logging_values()['place'])
        self.assertEqual(sent.request_id, current_request_id())

    def test_name_of_the_user_comes_along(self) -> None:
        got = ContextSerializer().deserialize_context({'user': 'id', 'username': 'alice'})
        self.assertEqual(('id', 'alice'), (got.user_id, got.username))
        self.assertIsNone(ContextSerializer().deserialize_context({'user': 'id'}).username)


class _Store:
    """Stands in for what a thread remembers."""
