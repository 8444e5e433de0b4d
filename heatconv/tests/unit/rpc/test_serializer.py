"""What goes over the wire is plain, and comes back as a context."""

from __future__ import annotations

import datetime
import json

import testtools
from oslo_context import context

from heatconv.convergence.model import Status
from heatconv.rpc.serializer import ContextSerializer


class SerializerTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.serializer = ContextSerializer()

    def test_context_comes_back_with_project_user_and_roles(self) -> None:
        sent = self.serializer.serialize_context(
            context.RequestContext(
                project_id='project', user_id='user', roles=['member'], overwrite=False
            )
        )
        got = self.serializer.deserialize_context(json.loads(json.dumps(sent)))
        self.assertEqual(('project', 'user', ['member']), (got.project_id, got.user_id, got.roles))
        self.assertEqual(sent['request_id'], got.request_id)

    def test_context_of_heat_api_is_understood(self) -> None:
        sent = {
            'user': 'u',
            'project': 'p',
            'project_id': 'p',
            'user_id': 'u',
            'username': 'name',
            'auth_token_info': None,
            'trust_id': None,
            'region_name': None,
        }
        got = self.serializer.deserialize_context(sent)
        self.assertEqual(('p', 'u'), (got.project_id, got.user_id))

    def test_context_of_casts_between_the_daemons_is_empty(self) -> None:
        sent = {'a': 1}
        got = self.serializer.serialize_context(sent)
        self.assertEqual(sent, got)
        self.assertIsNot(sent, got)
        self.assertIsNone(self.serializer.deserialize_context({}).project_id)

    def test_answers_become_plain(self) -> None:
        answer = {
            'status': Status.COMPLETE,
            'tags': ('a', 'b'),
            'at': datetime.datetime(2020, 1, 2, 3, 4, 5),
            'deep': [{'x': {1}}],
        }
        sent = self.serializer.serialize_entity(None, answer)
        self.assertEqual(
            {
                'status': 'COMPLETE',
                'tags': ['a', 'b'],
                'at': '2020-01-02T03:04:05.000000',
                'deep': [{'x': [1]}],
            },
            json.loads(json.dumps(sent)),
        )

    def test_arguments_are_left_as_they_come(self) -> None:
        argument = {'template': {'a': [1, None]}}
        self.assertIs(argument, self.serializer.deserialize_entity(None, argument))
