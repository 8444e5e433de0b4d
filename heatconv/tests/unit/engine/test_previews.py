"""What the engine API says of requests before they are made."""

from __future__ import annotations

from typing import Any

from heatconv import exception
from heatconv.engine.prepare import prepare
from heatconv.tests.unit.engine.parts import EngineTestCase, template, thing
from heatconv.tests.unit.engine.test_nested import NestedTestCase, inner, nested

AB = {'A': thing('x'), 'B': thing({'get_resource': 'A'}, depends_on=['A'])}


class CreateTest(EngineTestCase):
    def preview(self, resources: Any, **sections: Any) -> Any:
        source = template(resources, **sections)
        return self.call('preview_stack', 'new', source, None, None, {'tags': ['x']})

    def test_stack_and_resources(self) -> None:
        shown = self.preview(AB, description='Mine.')
        self.assertEqual(
            ('new', 'Mine.', ['x']),
            tuple(shown[key] for key in ('stack_name', 'description', 'tags')),
        )
        a, b = shown['resources']
        self.assertEqual(
            ('A', ['B'], 'x'), (a['resource_name'], a['required_by'], a['properties']['value'])
        )
        self.assertIsNone(b['properties']['value'])
        # The defaults, and null for all attributes, as in Heat.
        self.assertEqual((False, 0), (a['properties']['fail'], a['properties']['wait_secs']))
        self.assertEqual({'output': None}, a['attributes'])
        self.assertEqual('None', a['stack_identity']['stack_id'])

    def test_it_was_made_at_no_time(self) -> None:
        shown = self.preview(AB)
        times = ('creation_time', 'updated_time')
        self.assertEqual((None, None), tuple(shown[key] for key in times))
        self.assertEqual((None, None), tuple(shown['resources'][0][key] for key in times))

    def test_nothing_is_stored(self) -> None:
        self.preview(AB)
        self.assertEqual(([], 0), (self.heard.wishes, self.call('count_stacks')))

    def test_what_is_wrong(self) -> None:
        self.refused(exception.StackValidationFailed, self.preview, {'A': {'type': 'No::Such'}})


class UpdateTest(EngineTestCase):
    def preview(self, identity: Any, resources: Any) -> dict[str, list[str]]:
        shown = self.call('preview_update_stack', identity, template(resources), None, None, None)
        return {key: [one['resource_name'] for one in shown[key]] for key in shown}

    def test_each_outcome(self) -> None:
        identity = self.made(
            {
                'same': thing('x'),
                'changed': thing('x'),
                'replaced': thing('x', replaced='1'),
                'after': thing({'get_resource': 'replaced'}),
                'gone': thing('x'),
            }
        )
        before = self.rows(identity)
        shown = self.preview(
            identity,
            {
                'same': thing('x'),
                'changed': thing('y'),
                'replaced': thing('x', replaced='2'),
                'after': thing({'get_resource': 'replaced'}),
                'new': thing('x'),
                'after_new': thing({'get_resource': 'new'}),
            },
        )
        self.assertEqual(
            {
                'unchanged': ['same'],
                'updated': ['changed', 'after'],
                'replaced': ['replaced'],
                'added': ['new', 'after_new'],
                'deleted': ['gone'],
            },
            shown,
        )
        self.assertEqual(before, self.rows(identity))

    def test_resource_whose_update_failed_is_replaced_although_nothing_changes(self) -> None:
        identity = self.made(AB)
        failing = {**AB, 'A': thing('y', properties={'fail': True})}
        self.update(identity, failing)
        self.parts.rest()
        row = self.rows(identity)['A']
        self.assertEqual('UPDATE_FAILED', f'{row.action}_{row.status}')
        asked = {**AB, 'A': thing(row.properties['value'])} if row.properties else AB
        self.assertEqual(['A'], self.preview(identity, asked)['replaced'])

    def test_what_is_unhealthy_is_replaced(self) -> None:
        identity = self.made(AB)
        self.call('resource_mark_unhealthy', identity, 'B', True)
        self.assertEqual(['B'], self.preview(identity, AB)['replaced'])


class PredictionTest(NestedTestCase):
    """What depends on a changed resource is previewed as the update then does it."""

    PARAMETERS = {'v': {'type': 'string', 'default': 'x'}}  # noqa: RUF012
    RESOURCES = {  # noqa: RUF012
        'a': thing({'get_param': 'v'}),
        'b': thing('b', replaced={'get_attr': ['a', 'output']}),
        'c': thing({'get_attr': ['a', 'output']}),
        'd': thing('d'),
        'e': thing({'get_attr': ['d', 'output']}),
        'g': {
            'type': 'OS::Heat::ResourceGroup',
            'properties': {'count': 1, 'resource_def': thing({'get_param': 'v'})},
        },
    }

    def preview(self, identity: Any, value: str, **args: Any) -> dict[str, list[str]]:
        given = {'parameters': {'v': value}}
        source = template(self.RESOURCES, parameters=self.PARAMETERS)
        shown = self.call('preview_update_stack', identity, source, given, None, args)
        return {
            key: [one['resource_name'] for one in found] for key, found in shown.items() if found
        }

    def test_values_of_attributes(self) -> None:
        identity = self.made(self.RESOURCES, parameters=self.PARAMETERS)
        before = self.rows(identity)
        expected = {'unchanged': ['d', 'e'], 'updated': ['a', 'c', 'g'], 'replaced': ['b']}
        self.assertEqual(expected, self.preview(identity, 'y'))
        nested = {**expected, 'updated': ['a', 'c', 'g', '0']}
        self.assertEqual(nested, self.preview(identity, 'y', show_nested=True))
        # Nothing has changed, and the update does as it was previewed.
        self.assertEqual(before, self.rows(identity))
        source = template(self.RESOURCES, parameters=self.PARAMETERS)
        self.call('update_stack', identity, source, {'parameters': {'v': 'y'}}, None, None)
        self.parts.rest()
        after = self.rows(identity)
        replaced = [name for name in before if before[name].id != after[name].id]
        self.assertEqual(['b'], replaced)
        updated = [name for name, row in after.items() if row.action == 'UPDATE']
        self.assertEqual(['a', 'c', 'g'], sorted(updated))

    def test_nothing_changes(self) -> None:
        identity = self.made(self.RESOURCES, parameters=self.PARAMETERS)
        # A nested stack is always updated, and its resources decide.
        self.assertEqual(
            {'unchanged': ['a', 'b', 'c', 'd', 'e', '0'], 'updated': ['g']},
            self.preview(identity, 'x', show_nested=True),
        )

    def test_nested_stacks_that_come_and_go(self) -> None:
        files = {'inner.yaml': inner()}
        identity = self.ask({'N': nested(), 'M': nested()}, files)
        self.call('resource_mark_unhealthy', identity, 'M', True)
        source = template({'O': nested(), 'M': nested()})
        shown = self.call(
            'preview_update_stack', identity, source, None, files, {'show_nested': True}
        )
        names = {
            key: [one['resource_name'] for one in found] for key, found in shown.items() if found
        }
        self.assertEqual(
            {'added': ['O', 'I', 'I'], 'replaced': ['M'], 'deleted': ['N', 'I', 'I']}, names
        )
        self.assertEqual(2, len(self.within(identity)))

    def test_create_lists_nested_resources(self) -> None:
        resources = {'A': thing('x'), 'N': nested(), 'G': self.RESOURCES['g']}
        source = template(resources, parameters=self.PARAMETERS)
        content = (source, None, {'inner.yaml': inner()}, None)
        shown = self.call('preview_stack', 'new', *content)['resources']

        def names(found: Any) -> Any:
            return names_of(found) if isinstance(found, list) else found['resource_name']

        def names_of(found: list[Any]) -> list[Any]:
            return [names(one) for one in found]

        self.assertEqual(['A', ['I'], ['0']], names_of(shown))
        self.assertEqual('red', shown[1][0]['properties']['value'])
        self.assertEqual('N', shown[1][0]['parent_resource'])
        self.assertEqual('None', shown[1][0]['stack_identity']['stack_id'])
        self.assertEqual([], self.heard.wishes)


class MarkTest(EngineTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.identity = self.made(AB)

    def mark(self, name: str, unhealthy: Any, reason: str | None = None) -> None:
        self.call('resource_mark_unhealthy', self.identity, name, unhealthy, reason)

    def shown(self, name: str) -> tuple[str, str]:
        one = self.call('describe_stack_resource', self.identity, name)
        state = f'{one["resource_action"]}_{one["resource_status"]}'
        return state, one['resource_status_reason']

    def test_unhealthy_is_replaced_by_an_update(self) -> None:
        before = self.rows(self.identity)
        self.mark('A', True, 'it smokes')
        self.assertEqual(('CHECK_FAILED', 'it smokes'), self.shown('A'))
        (event,) = self.call('list_events', self.identity, {'resource_action': 'CHECK'})
        self.assertEqual(('A', 'FAILED'), (event['resource_name'], event['resource_status']))
        self.update(self.identity, {**AB, 'A': thing('x')}, description='again')
        self.parts.rest()
        self.assert_at_rest(self.identity)
        self.assertNotEqual(before['A'].id, self.rows(self.identity)['A'].id)

    def test_by_physical_id(self) -> None:
        self.mark(self.rows(self.identity)['B'].physical_id or '', True)
        self.assertEqual(
            ('CHECK_FAILED', 'state changed by resource_mark_unhealthy api'), self.shown('B')
        )

    def test_taken_back(self) -> None:
        before = self.rows(self.identity)
        self.mark('A', True)
        self.mark('A', False)
        self.assertEqual('CHECK_COMPLETE', self.shown('A')[0])
        self.update(self.identity, AB, description='again')
        self.parts.rest()
        self.assert_at_rest(self.identity)
        self.assertEqual(before['A'].id, self.rows(self.identity)['A'].id)
        self.mark('B', False)
        self.assertEqual('CREATE_COMPLETE', self.shown('B')[0])

    def test_what_is_refused(self) -> None:
        self.refused(exception.Invalid, self.mark, 'A', 'yes')
        self.refused(exception.ResourceNotFound, self.mark, 'C', True)

    def test_under_way(self) -> None:
        self.identity = self.create(AB, 'other')
        driven = self.parts.start(prepare(self.heard.wishes.pop(0), self.parts.ids))
        for _ in range(100):
            row = self.rows(self.identity).get('A')
            if row is not None and row.claim is not None:
                break
            driven = (
                driven
                if driven.effect is not None
                else self.parts.start(self.parts.checker().check(self.heard.keys.pop(0)))
            )
            driven.step()
        self.assertIsNotNone(self.rows(self.identity)['A'].claim)
        self.refused(exception.ActionInProgress, self.mark, 'A', True)

    def test_signals_are_refused(self) -> None:
        self.refused(
            exception.ResourceActionNotSupported,
            self.call,
            'resource_signal',
            self.identity,
            'A',
            {},
        )


class CatalogueTest(EngineTestCase):
    def test_types(self) -> None:
        listed = self.call('list_resource_types')
        self.assertEqual(sorted(listed), listed)
        self.assertIn('OS::Heat::RandomString', listed)
        self.assertNotIn('OS::Heat::HARestarter', listed)
        for name, found in (('.*::(None|Value)$', 2), ('.*Test', 1), ('Test', 0), ('(', 0)):
            types = self.call('list_resource_types', type_name=name)
            self.assertEqual(found, len(types), name)
        described = self.call('list_resource_types', None, '.*Test', None, True)[0]
        self.assertIn('for tests', described['description'])
        self.assertEqual([], self.call('list_resource_types', support_status='DEPRECATED'))
        self.assertEqual(
            ['OS::Heat::Delay'], self.call('list_resource_types', heat_version='11.0.0')
        )
        self.assertEqual([], self.call('list_resource_types', heat_version='1.0.0'))
        self.refused(exception.Invalid, self.call, 'list_resource_types', support_status='x')

    def test_schema(self) -> None:
        shown = self.call('resource_schema', 'OS::Heat::TestResource', True)
        self.assertEqual(
            {
                'type': 'number',
                'required': False,
                'update_allowed': True,
                'immutable': False,
                'default': 0,
                'description': 'Seconds that each action takes; -1 for an action that never ends.',
            },
            shown['properties']['wait_secs'],
        )
        self.assertEqual({'output', 'show'}, set(shown['attributes']))
        self.assertEqual('SUPPORTED', shown['support_status']['status'])
        self.assertEqual('5.0.0', shown['support_status']['version'])
        self.assertNotIn('type', shown['attributes']['output'])
        self.assertEqual('map', shown['attributes']['show']['type'])
        self.assertEqual(
            [{'custom_constraint': 'test_constr'}],
            shown['properties']['constraint_prop_secs']['constraints'],
        )
        self.refused(exception.EntityNotFound, self.call, 'resource_schema', 'No::Such')

    def test_template_of_a_type_is_one(self) -> None:
        made = self.call('generate_template', 'OS::Heat::TestResource', 'hot')
        self.assertEqual('2016-10-14', made['heat_template_version'])
        environment = {'resource_registry': {'AWS::EC2::Instance': 'OS::Heat::None'}}
        for name in self.call('list_resource_types'):
            for kind in ('hot', 'cfn'):
                made = self.call('generate_template', name, kind)
                answer = self.call('validate_template', made, environment)
                self.assertNotIn('Error', answer, (name, kind))
        self.refused(
            exception.NotSupported, self.call, 'generate_template', 'OS::Heat::TestResource', 'x'
        )

    def test_versions_and_functions(self) -> None:
        versions = self.call('list_template_versions')
        self.assertEqual(13, len(versions))
        self.assertEqual(['heat_template_version.wallaby'], versions[-1]['aliases'])

        def functions(version: str, with_condition: bool = False) -> set[str]:
            listed = self.call('list_template_functions', version, with_condition)
            self.assertTrue(all(one['description'] for one in listed), listed)
            return {one['functions'] for one in listed}

        newest = functions('heat_template_version.2021-04-16')
        self.assertLessEqual({'if', 'yaql', 'make_url', 'contains'}, newest)
        self.assertNotIn('equals', newest)
        self.assertIn('equals', functions('heat_template_version.pike', True))
        self.assertNotIn('repeat', functions('heat_template_version.2013-05-23', True))
        self.refused(exception.NotFound, functions, 'heat_template_version.x')
        aws = functions('AWSTemplateFormatVersion.2010-09-09', True)
        self.assertLessEqual({'Fn::If', 'Fn::Equals', 'Ref'}, aws)
        heat = functions('HeatTemplateFormatVersion.2012-12-12', True)
        self.assertNotIn('Fn::If', heat)
        self.assertIn('Fn::FindInMap', heat)

    def test_environment_and_files(self) -> None:
        source = template(
            {'A': thing({'get_file': 'f'})},
            parameters={'p': {'type': 'string', 'hidden': True}},
        )
        given = {'parameters': {'p': 's3cret'}}
        identity = self.call('create_stack', 'stack', source, given, {'f': 'text'}, None)
        self.assertEqual(
            {
                'parameters': {'p': '******'},
                'parameter_defaults': {},
                'resource_registry': {'resources': {}},
                'event_sinks': [],
                'encrypted_param_names': [],
            },
            self.call('get_environment', identity),
        )
        self.assertEqual({'f': 'text'}, self.call('get_files', identity))
        self.parts.rest()
        self.assertEqual('text', self.rows(identity)['A'].attributes['output'])

    def test_services(self) -> None:
        self.made(AB)
        shown = self.call('list_services')
        self.assertEqual(
            [('heatconv-worker', 'up')], [(one['binary'], one['status']) for one in shown]
        )
        self.parts.clock.time += 100
        self.assertEqual(['down'], [one['status'] for one in self.call('list_services')])
