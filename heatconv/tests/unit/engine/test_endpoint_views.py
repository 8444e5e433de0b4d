"""The methods of the engine API that show what is in a stack, or would be."""

from __future__ import annotations

from typing import Any

from heatconv import exception
from heatconv.tests.unit.engine.parts import EngineTestCase, template, thing

AB = {'A': thing('x'), 'B': thing({'get_resource': 'A'})}
OUTPUTS = {
    'value': {'value': {'get_attr': ['A', 'output']}, 'description': 'Of A.'},
    'name': {'value': {'get_param': 'OS::stack_name'}},
}


class ValidateTest(EngineTestCase):
    def validate(self, source: Any, params: Any = None, **given: Any) -> Any:
        return self.call('validate_template', source, params, **given)

    def test_parameters(self) -> None:
        source = template(
            AB,
            description='Mine.',
            parameters={
                'size': {'type': 'number'},
                'secret': {'type': 'string', 'hidden': True, 'default': 'h1dden'},
            },
        )
        given = {'parameters': {'size': 5, 'secret': 'h1dden too'}}
        # As in Heat: only the sender of the values gets them back.
        environment = {
            **given,
            'parameter_defaults': {},
            'event_sinks': [],
            'resource_registry': {'resources': {}},
        }
        shown = self.validate(source, given)
        self.assertEqual(
            ('Mine.', environment, 'h1dden', 'true', 'h1dden too'),
            (
                shown['Description'],
                shown['Environment'],
                shown['Parameters']['secret']['Default'],
                shown['Parameters']['secret']['NoEcho'],
                shown['Parameters']['secret']['Value'],
            ),
        )
        self.assertEqual('Number', shown['Parameters']['size']['Type'])
        given = {'parameter_defaults': {'size': 7}}
        self.assertEqual(7, self.validate(source, given)['Parameters']['size']['Default'])

    def test_values_are_not_checked(self) -> None:
        source = template(
            {'A': thing('x', properties={'wait_secs': 'y'}), 'B': thing({'get_file': 'f'})},
            parameters={'size': {'type': 'number', 'constraints': [{'range': {'max': 3}}]}},
        )
        for size in (4, 'x'):
            self.assertNotIn('Error', self.validate(source, {'parameters': {'size': size}}))
        source['resources']['A']['properties']['valeu'] = 1
        self.assertIn('valeu', self.validate(source)['Error'])

    def test_parameters_may_lack_a_value(self) -> None:
        source = template(
            {'A': thing({'get_param': 'value'})}, parameters={'value': {'type': 'string'}}
        )
        self.assertIn('value', self.validate(source)['Parameters'])

    def test_environment_files(self) -> None:
        source = template(parameters={'size': {'type': 'number'}})
        shown = self.validate(
            source, files={'env': 'parameters: {size: 7}'}, environment_files=['env']
        )
        self.assertEqual({'size': 7}, shown['Environment']['parameters'])

    def test_files_that_it_takes(self) -> None:
        source = template({'A': thing({'get_file': 'f'})})
        self.assertNotIn('Error', self.validate(source, files={'f': 'x'}))
        self.assertNotIn('Error', self.validate(source))

    def test_what_is_wrong_is_an_answer(self) -> None:
        shown = self.validate({'heat_template_version': '1', 'resources': {}})
        self.assertEqual(['Error'], list(shown))
        self.assertIn('heat_template_version', shown['Error'])
        for source, params, telling in (
            (template(), {'parameters': {'size': 1}}, 'parameters.size'),
            (template({'A': {'type': 'None::Such'}}), None, 'resources.A.type'),
            (None, None, 'map'),
            (template(description='x' * 20_000), None, 'more than the 10000'),
            (template(description=float('nan')), None, 'template.description'),
        ):
            self.assertIn(telling, self.validate(source, params)['Error'])

    def test_nothing_is_stored(self) -> None:
        self.validate(template(AB))
        self.assertEqual(([], 0), (self.heard.wishes, self.call('count_stacks')))


class TimesTest(EngineTestCase):
    def test_time_of_an_update_is_that_of_the_first_request_after_the_create(self) -> None:
        identity = self.made(AB)

        def updated() -> Any:
            return self.call('show_stack', identity)[0]['updated_time']

        self.assertIsNone(updated())
        self.update(identity, AB, description='again')
        self.assertIsNotNone(updated())

    def test_events_of_nested_stacks_tell_the_root(self) -> None:
        identity = self.made(AB)
        plain = self.call('list_events', identity)
        nested = self.call('list_events', identity, nested_depth=2)
        self.assertEqual(
            {identity['stack_id']}, {one['root_stack_id']['stack_id'] for one in nested}
        )
        self.assertNotIn('root_stack_id', plain[0])


class OutputsTest(EngineTestCase):
    def test_list_has_no_values(self) -> None:
        identity = self.made(AB, outputs=OUTPUTS)
        self.assertEqual(
            [
                {'output_key': 'value', 'description': 'Of A.'},
                {'output_key': 'name', 'description': 'No description given'},
            ],
            self.call('list_outputs', identity),
        )

    def test_show_one(self) -> None:
        identity = self.made(AB, outputs=OUTPUTS)
        self.assertEqual(
            {'output_key': 'value', 'description': 'Of A.', 'output_value': 'x'},
            self.call('show_output', identity, 'value'),
        )

    def test_output_that_is_not_there(self) -> None:
        identity = self.made(AB, outputs=OUTPUTS)
        error = self.refused(exception.NotFound, self.call, 'show_output', identity, 'other')
        self.assertEqual('Specified output key other not found.', str(error))


class ResourcesTest(EngineTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.identity = self.made({**AB, 'C': {'type': 'OS::Heat::None'}})

    def names(self, **filters: Any) -> list[str]:
        shown = self.call('list_stack_resources', self.identity, filters=filters)
        return sorted(one['resource_name'] for one in shown)

    def test_list(self) -> None:
        shown = self.call('list_stack_resources', self.identity)
        by_name = {one['resource_name']: one for one in shown}
        self.assertEqual(['A', 'B', 'C'], sorted(by_name))
        self.assertEqual(['B'], by_name['A']['required_by'])
        self.assertEqual([], by_name['B']['required_by'])
        self.assertNotIn('attributes', by_name['A'])
        shown = self.call('list_stack_resources', self.identity, 0, True)
        self.assertEqual(3, len([one for one in shown if 'attributes' in one]))

    def test_filters(self) -> None:
        a = self.rows(self.identity)['A']
        for filters, found in (
            ({'name': 'A'}, ['A']),
            ({'name': ['A', 'B']}, ['A', 'B']),
            ({'type': 'OS::Heat::None'}, ['C']),
            ({'action': 'CREATE', 'status': 'COMPLETE'}, ['A', 'B', 'C']),
            ({'action': 'UPDATE'}, []),
            ({'status': 'FAILED'}, []),
            ({'physical_resource_id': a.physical_id}, ['A']),
        ):
            self.assertEqual(found, self.names(**filters), filters)

    def test_show_one(self) -> None:
        shown = self.call('describe_stack_resource', self.identity, 'A', ['none'])
        self.assertEqual({'output': 'x', 'none': None}, shown['attributes'])
        self.assertEqual(['B'], shown['required_by'])
        self.assertEqual({**self.identity, 'path': '/resources/A'}, shown['resource_identity'])

    def test_resource_that_is_not_there(self) -> None:
        error = self.refused(
            exception.ResourceNotFound, self.call, 'describe_stack_resource', self.identity, 'X'
        )
        self.assertEqual('The Resource (X) could not be found in Stack stack.', str(error))

    def test_describe_all_or_those_of_a_name(self) -> None:
        for name, count in ((None, 3), ('B', 1), ('X', 0)):
            shown = self.call('describe_stack_resources', self.identity, name)
            self.assertEqual(count, len([one for one in shown if 'attributes' in one]))


class EventsTest(EngineTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.identity = self.made(AB)

    def told(self, **query: Any) -> list[str]:
        return [
            f'{one["resource_name"]} {one["resource_action"]}_{one["resource_status"]}'
            for one in self.call('list_events', self.identity, **{'sort_dir': 'asc', **query})
        ]

    def ids(self, **query: Any) -> list[str]:
        events = self.call('list_events', self.identity, **{'sort_dir': 'asc', **query})
        return [one['event_identity']['path'].rpartition('/')[2] for one in events]

    def test_oldest_first(self) -> None:
        self.assertEqual(
            [
                'stack CREATE_IN_PROGRESS',
                'A CREATE_IN_PROGRESS',
                'A CREATE_COMPLETE',
                'B CREATE_IN_PROGRESS',
                'B CREATE_COMPLETE',
                'stack CREATE_COMPLETE',
            ],
            self.told(),
        )
        self.assertEqual(list(reversed(self.told())), self.told(sort_dir='desc'))
        # Newest first if nothing is requested; a sort key has the usual order.
        self.assertEqual(self.told(sort_dir='desc'), self.told(sort_dir=None))
        self.assertEqual(self.told(), self.told(sort_dir=None, sort_keys=['event_time']))

    def test_pages(self) -> None:
        every = self.ids()
        self.assertEqual(every[:2], self.ids(limit=2))
        self.assertEqual(every[2:4], self.ids(limit=2, marker=every[1]))
        self.assertEqual([], self.ids(marker=every[-1]))
        self.assertEqual(every[:-3:-1], self.ids(limit=2, sort_dir='desc'))
        self.assertEqual(every[-3:-5:-1], self.ids(limit=2, sort_dir='desc', marker=every[-2]))

    def test_filters_come_before_the_limit(self) -> None:
        for filters, found in (
            ({'resource_name': 'B'}, ['B CREATE_IN_PROGRESS', 'B CREATE_COMPLETE']),
            ({'resource_status': ['COMPLETE']}, ['A CREATE_COMPLETE', 'B CREATE_COMPLETE']),
            ({'resource_type': 'OS::Heat::Stack'}, ['stack CREATE_IN_PROGRESS']),
            ({'resource_action': 'UPDATE'}, []),
        ):
            self.assertEqual(found[:2], self.told(filters=filters, limit=len(found)), filters)

    def test_one_by_its_id(self) -> None:
        one = self.ids()[2]
        self.assertEqual([one], self.ids(filters={'uuid': one}))
        (shown,) = self.call('list_events', self.identity, {'uuid': one})
        self.assertEqual('x', shown['resource_properties']['value'])
        listed = self.call('list_events', self.identity, {'resource_name': 'A'})
        # heat-api-cfn fails without the key.
        self.assertIsNone(listed[0]['resource_properties'])

    def test_name_to_be_in_place_of_a_physical_id(self) -> None:
        events = self.call('list_events', self.identity, {'resource_name': 'A'}, sort_dir='asc')
        ids = [one['physical_resource_id'] for one in events]
        self.assertEqual([self.rows(self.identity)['A'].physical_id] * 2, ids)

    def test_secrets_in_properties_are_masked(self) -> None:
        parameters = {'p': {'type': 'string', 'hidden': True, 'default': 'secret'}}
        identity = self.made({'S': thing({'get_param': 'p'})}, 'other', parameters=parameters)
        (event, *_) = self.call('list_events', identity, {'resource_name': 'S'})
        event_id = event['event_identity']['path'].rpartition('/')[2]
        (shown,) = self.call('list_events', identity, {'uuid': event_id})
        self.assertEqual('******', shown['resource_properties']['value'])

    def test_unknown_event(self) -> None:
        self.assertEqual([], self.ids(filters={'uuid': 'none'}))
