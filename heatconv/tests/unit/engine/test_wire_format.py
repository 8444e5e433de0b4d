"""The shapes in which heat-api expects stacks, resources and events."""

from __future__ import annotations

import dataclasses
from typing import Any

import testtools

from heatconv.convergence.model import Action, Event, Status
from heatconv.engine import wire_format
from heatconv.hot.template import Head, read_head
from heatconv.storage.values import StoredEvent
from heatconv.tests.unit.convergence.rows import UPDATING, row, stack
from heatconv.tests.unit.engine.parts import template

IDENTITY = {'tenant': 'project', 'stack_name': 'stack', 'stack_id': 's', 'path': ''}


def at(path: str) -> dict[str, str]:
    return {**IDENTITY, 'path': path}


class TimeTest(testtools.TestCase):
    def test_times_are_in_utc_and_whole_seconds(self) -> None:
        self.assertEqual('1970-01-02T00:00:00Z', wire_format.time(86_400.999))
        self.assertIsNone(wire_format.time(None))


class StackTest(testtools.TestCase):
    def test_bare_stack(self) -> None:
        row_ = stack(
            reason='why',
            disable_rollback=True,
            timeout_mins=5,
            username='user',
            tags=('a', 'b'),
            created_at=1.0,
            updated_at=2.0,
            deleted_at=3.0,
        )
        self.assertEqual(
            {
                'stack_name': 'stack',
                'stack_identity': IDENTITY,
                'creation_time': '1970-01-01T00:00:01Z',
                'updated_time': '1970-01-01T00:00:02Z',
                'deletion_time': '1970-01-01T00:00:03Z',
                'notification_topics': [],
                'description': None,
                'template_description': None,
                'parameters': {},
                'capabilities': [],
                'disable_rollback': True,
                'timeout_mins': 5,
                'stack_owner': 'user',
                'parent': None,
                'stack_user_project_id': None,
                'tags': ['a', 'b'],
                'stack_action': 'UPDATE',
                'stack_status': 'IN_PROGRESS',
                'stack_status_reason': 'why',
            },
            wire_format.stack(row_, None),
        )

    def test_what_goes_over_the_wire_is_plain(self) -> None:
        shown = wire_format.stack(stack(), None)
        self.assertEqual({str}, {type(shown[f'stack_{name}']) for name in ('action', 'status')})

    def test_outputs_only_if_they_were_resolved(self) -> None:
        self.assertNotIn('outputs', wire_format.stack(stack(), None))
        self.assertEqual([], wire_format.stack(stack(), None, ())['outputs'])

    def test_description(self) -> None:
        for sections, shown in (({'description': 'Mine.'}, 'Mine.'), ({}, 'No description')):
            got = wire_format.stack(stack(), head(**sections))
            self.assertIn('OS::stack_id', got['parameters'])
            self.assertEqual((shown, shown), (got['description'], got['template_description']))


class ParametersTest(testtools.TestCase):
    def test_parameters_are_shown_as_text_and_hidden_ones_not_at_all(self) -> None:
        declared = {
            'secret': {'type': 'string', 'hidden': True},
            'kept': {'type': 'string', 'hidden': True, 'default': 'kept secret'},
            'number': {'type': 'number', 'default': 5},
            'list': {'type': 'comma_delimited_list', 'default': 'a,b'},
            'json': {'type': 'json', 'default': {'a': [1]}},
            'flag': {'type': 'boolean', 'default': True},
        }
        shown = wire_format.parameters(
            stack(), head({'parameters': {'secret': 's3cret'}}, parameters=declared)
        )
        self.assertEqual(
            {
                'OS::stack_id': 's',
                'OS::stack_name': 'stack',
                'OS::project_id': 'project',
                'secret': '******',
                'kept': '******',
                'number': '5',
                'list': 'a,b',
                'json': '{"a": [1]}',
                'flag': 'True',
            },
            shown,
        )


def head(environment: Any = None, **sections: Any) -> Head:
    return read_head(template(**sections), environment or {})


class ResourceTest(testtools.TestCase):
    def test_resource_of_a_list(self) -> None:
        row_ = row('a1', reason='why', created_at=1.0, updated_at=2.0)
        self.assertEqual(
            {
                'updated_time': '1970-01-01T00:00:02Z',
                'creation_time': '1970-01-01T00:00:01Z',
                'resource_name': 'A',
                'physical_resource_id': 'physical-a1',
                'resource_action': 'CREATE',
                'resource_status': 'COMPLETE',
                'resource_status_reason': 'why',
                'resource_type': 'Type',
                'resource_identity': at('/resources/A'),
                'stack_identity': IDENTITY,
                'stack_name': 'stack',
                'required_by': ['B'],
            },
            wire_format.resource(row_, stack(), ('B',)),
        )

    def test_resource_that_never_changed_and_is_not_there_yet(self) -> None:
        shown = wire_format.resource(row('a1', physical_id=None, created_at=1.0), stack(), ())
        self.assertEqual(
            ('', '1970-01-01T00:00:01Z'), (shown['physical_resource_id'], shown['updated_time'])
        )

    def test_details(self) -> None:
        row_ = row('a1', attributes={'output': 'x'})
        plain = wire_format.resource(row_, stack(), ())
        shown = wire_format.resource(row_, stack(), (), True)
        self.assertEqual(
            {**plain, 'description': '', 'metadata': {}, 'attributes': {'output': 'x'}}, shown
        )

    def test_attributes_asked_for_are_there_even_if_null(self) -> None:
        row_ = row('a1', attributes={'output': 'x'})
        shown = wire_format.resource(row_, stack(), (), True, ('other', 'output', 'show'))
        self.assertEqual({'output': 'x', 'other': None, 'show': None}, shown['attributes'])
        self.assertEqual({'output': 'x'}, row_.attributes)


class EventTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        told = Event('s', 'A', 'Type', 'physical', *UPDATING, 'why')
        self.stored = StoredEvent('e', 86_400.0, told)

    def test_event_of_a_resource(self) -> None:
        self.assertEqual(
            {
                'event_identity': at('/resources/A/events/e'),
                'stack_identity': IDENTITY,
                'stack_name': 'stack',
                'event_time': '1970-01-02T00:00:00Z',
                'resource_name': 'A',
                'physical_resource_id': 'physical',
                'resource_action': 'UPDATE',
                'resource_status': 'IN_PROGRESS',
                'resource_status_reason': 'why',
                'resource_type': 'Type',
            },
            wire_format.event(self.stored, stack()),
        )

    def test_event_of_the_stack_bears_its_name(self) -> None:
        told = Event('s', None, 'OS::Heat::Stack', 's', Action.CREATE, Status.COMPLETE)
        shown = wire_format.event(dataclasses.replace(self.stored, event=told), stack())
        self.assertEqual(
            ('stack', 's', '/resources/stack/events/e', 'CREATE', 'COMPLETE'),
            (
                shown['resource_name'],
                shown['physical_resource_id'],
                shown['event_identity']['path'],
                shown['resource_action'],
                shown['resource_status'],
            ),
        )
