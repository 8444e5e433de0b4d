"""The methods of the engine API: arguments, answers and refusals."""

from __future__ import annotations

import inspect
from typing import Any

import oslo_messaging

from heatconv import exception
from heatconv.convergence.model import Status
from heatconv.rpc import api
from heatconv.tests.unit.engine.parts import EngineTestCase, context, template, thing
from heatconv.version import VERSION

A = {'A': thing('x')}
AB = {'A': thing('x'), 'B': thing({'get_resource': 'A'})}
SECRET = {'secret': {'type': 'string', 'hidden': True, 'default': 'h1dden'}}
OUTPUTS = {'value': {'value': {'get_attr': ['A', 'output']}, 'description': 'Of A.'}}

#: Each method that is about a stack, with what it needs beside its identity.
OF_A_STACK: dict[str, dict[str, Any]] = {
    'update_stack': {'template': template(A), 'params': {}, 'files': {}, 'args': {}},
    'delete_stack': {},
    'stack_cancel_update': {},
    'stack_rollback': {},
    'show_stack': {},
    'get_template': {},
    'list_outputs': {},
    'show_output': {'output_key': 'value'},
    'list_stack_resources': {},
    'describe_stack_resource': {'resource_name': 'A'},
    'describe_stack_resources': {},
    'list_events': {},
    'preview_update_stack': {'template': template(A), 'params': {}, 'files': {}, 'args': {}},
    'get_environment': {},
    'get_files': {},
    'resource_mark_unhealthy': {'resource_name': 'A', 'mark_unhealthy': True},
    'resource_signal': {'resource_name': 'A'},
    'export_stack': {},
    'stack_check': {},
    'stack_suspend': {},
    'stack_resume': {},
    'abandon_stack': {},
    'stack_snapshot': {'name': 'x'},
    'show_snapshot': {'snapshot_id': 'x'},
    'delete_snapshot': {'snapshot_id': 'x'},
    'stack_list_snapshots': {},
    'stack_restore': {'snapshot_id': 'x'},
}


class EndpointTestCase(EngineTestCase):
    def stored(self) -> dict[str, Any]:
        """Return everything that is stored."""
        kept = vars(self.store).items()
        return {name: dict(value) for name, value in kept if isinstance(value, dict)}

    def ask(self, name: Any = 'stack', source: Any = None, **given: Any) -> dict[str, str]:
        arguments = {'params': None, 'files': None, 'args': None, **given}
        made: dict[str, str] = self.call('create_stack', name, source or template(A), **arguments)
        return made


class AccessTest(EndpointTestCase):
    def test_every_method_that_names_a_stack_is_tried(self) -> None:
        found = {
            name
            for endpoint in self.engine.endpoints
            for name, one in inspect.getmembers(type(endpoint), inspect.isfunction)
            if not name.startswith('_') and 'stack_identity' in inspect.signature(one).parameters
        }
        self.assertEqual(set(OF_A_STACK), found)

    def test_no_method_is_answered_by_two_endpoints(self) -> None:
        found: dict[str, list[str]] = {}
        for endpoint in self.engine.endpoints:
            for name in dir(endpoint):
                if not name.startswith('_') and name != 'target':
                    found.setdefault(name, []).append(type(endpoint).__name__)
        self.assertEqual({}, {name: many for name, many in found.items() if len(many) > 1})
        self.assertIn('create_stack', found)

    def test_stack_of_another_project_is_not_found(self) -> None:
        identity = self.made(A, outputs=OUTPUTS)
        before = self.stored()
        self.context = context('other')
        for method, arguments in OF_A_STACK.items():
            for one in (identity, {**identity, 'tenant': 'other'}):
                self.refused(exception.EntityNotFound, self.call, method, one, **arguments)
        self.refused(exception.EntityNotFound, self.call, 'identify_stack', 'stack')
        for method in ('show_stack', 'list_stacks'):
            arguments = {'stack_identity': None} if method == 'show_stack' else {}
            self.assertEqual([], self.call(method, **arguments))
        self.assertEqual(0, self.call('count_stacks'))
        self.assertEqual((before, []), (self.stored(), self.heard.wishes))

    def test_request_without_a_project_is_forbidden(self) -> None:
        identity = self.made(A)
        self.context = context(None)
        for method, arguments in OF_A_STACK.items():
            self.refused(exception.Forbidden, self.call, method, identity, **arguments)
        self.refused(exception.Forbidden, self.ask, 'other')
        self.refused(exception.Forbidden, self.call, 'list_stacks')

    def test_administrator_without_a_project_lists_all_and_does_nothing_else(self) -> None:
        identity = self.made(A)
        self.context = context('other')
        self.made(A)
        self.context = context(None)
        self.context.is_admin = True
        self.assertEqual(2, self.call('count_stacks'))
        projects = [one['stack_identity']['tenant'] for one in self.call('list_stacks')]
        self.assertEqual(['other', 'project'], projects)
        for method, arguments in OF_A_STACK.items():
            self.refused(exception.Forbidden, self.call, method, identity, **arguments)
        self.refused(exception.Forbidden, self.call, 'show_stack', None)

    def test_what_users_did_wrong_is_expected_by_the_server(self) -> None:
        self.assertRaises(
            oslo_messaging.ExpectedException, self.method('show_stack'), self.context, 'none'
        )
        error = self.assertRaises(TypeError, self.method('show_stack'), self.context)
        self.assertNotIsInstance(error, oslo_messaging.ExpectedException)

    def test_version_is_heat_s(self) -> None:
        self.assertEqual('1.36', api.ENGINE_VERSION)
        for endpoint in self.engine.endpoints:
            self.assertEqual(api.ENGINE_VERSION, endpoint.target.version)
        self.assertEqual(VERSION, self.call('get_revision'))


class CreateTest(EndpointTestCase):
    def test_answer_is_the_identity(self) -> None:
        identity = self.ask(args={'tags': ['a']}, owner_id=None, nested_depth=0)
        found = self.store.stack_by_name('project', 'stack')
        assert found is not None
        self.assertEqual(
            {
                'tenant': 'project',
                'stack_name': 'stack',
                'stack_id': found.id,
                'path': '',
            },
            identity,
        )
        self.assertEqual((('a',), 'user'), (found.tags, found.username))

    def test_environment_files(self) -> None:
        source = template(parameters={'size': {'type': 'number'}})
        identity = self.ask(
            source=source,
            files={'env': 'parameters: {size: 7}'},
            environment_files=['env'],
        )
        shown = self.call('show_stack', identity)[0]
        self.assertEqual('7', shown['parameters']['size'])

    def test_bad_arguments_are_refused_before_anything_is_stored(self) -> None:
        before = self.stored()
        needs = template(parameters={'size': {'type': 'number'}})
        circle = {'A': thing(depends_on='B'), 'B': thing(depends_on='A')}
        invalid = exception.StackValidationFailed
        for kind, given in (
            (invalid, {'name': '1'}),
            (invalid, {'name': None}),
            (invalid, {'source': [1]}),
            (invalid, {'source': 'text'}),
            (invalid, {'args': {'timeout_mins': 0}}),
            (invalid, {'args': {'tags': ['a,b']}}),
            (exception.InvalidTemplateVersion, {'source': {'resources': {}}}),
            (exception.InvalidTemplateVersion, {'source': {'heat_template_version': '1'}}),
            (exception.UserParameterMissing, {'source': needs}),
            (exception.UnknownUserParameter, {'params': {'parameters': {'size': 1}}}),
            (exception.CircularDependencyException, {'source': template(circle)}),
            (exception.RequestLimitExceeded, {'source': template(description='x' * 20_000)}),
            (invalid, {'source': template({'A': {'type': 'None::Such'}})}),
            (invalid, {'source': template({'A': thing(properties={'none': 1})})}),
            (invalid, {'source': template({'A': thing({'get_resource': 'B'})})}),
            (invalid, {'params': [1]}),
            (invalid, {'environment_files': ['gone']}),
        ):
            self.refused(kind, self.ask, **given)
            self.assertEqual((before, []), (self.stored(), self.heard.wishes), given)

    def test_errors_name_the_parameter(self) -> None:
        needs = template(parameters={'size': {'type': 'number'}})
        missing = self.refused(exception.UserParameterMissing, self.ask, source=needs)
        unknown = self.refused(
            exception.UnknownUserParameter, self.ask, params={'parameters': {'color': 1}}
        )
        kwargs = [getattr(error, 'kwargs', None) for error in (missing, unknown)]
        self.assertEqual([{'key': 'size'}, {'key': 'color'}], kwargs)


class UpdateTest(EndpointTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.source = template(
            {'A': thing({'get_param': 'a'}), 'B': thing({'get_param': 'b'})},
            parameters={
                'a': {'type': 'string', 'default': 'a0'},
                'b': {'type': 'string', 'default': 'b0'},
            },
        )
        self.identity = self.ask(source=self.source, params={'parameters': {'a': 'a1'}})
        self.parts.rest()

    def patch(self, source: Any = None, params: Any = None, **args: Any) -> dict[str, str]:
        answer: dict[str, str] = self.call(
            'update_stack', self.identity, source, params, None, args, template_id=None
        )
        self.parts.rest()
        return answer

    def values(self) -> dict[str, str]:
        rows = self.rows(self.identity)
        return {name: (rows[name].properties or {})['value'] for name in rows}

    def test_update_replaces_the_template_and_the_parameters(self) -> None:
        self.assertEqual({'A': 'a1', 'B': 'b0'}, self.values())
        self.assertEqual(self.identity, self.patch(self.source, {'parameters': {'b': 'b1'}}))
        self.assertEqual({'A': 'a0', 'B': 'b1'}, self.values())

    def test_existing_keeps_what_is_not_given(self) -> None:
        self.patch(params={'parameters': {'b': 'b1'}}, existing=True)
        self.assertEqual({'A': 'a1', 'B': 'b1'}, self.values())
        self.patch({**self.source, 'description': 'New.'}, existing=True)
        self.assertEqual({'A': 'a1', 'B': 'b1'}, self.values())
        self.assertEqual('New.', self.call('show_stack', self.identity)[0]['description'])

    def test_existing_keeps_files_and_drops_parameters_that_are_no_more(self) -> None:
        for files in ({'one': 'old', 'two': 'old'}, {'two': 'new'}):
            self.call('update_stack', self.identity, template(A), None, files, {'existing': True})
        stored = self.store.template(self.stack(self.identity).wish_template_id or '') or {}
        self.assertEqual({'one': 'old', 'two': 'new'}, stored['files'])
        self.assertEqual({}, stored['environment']['parameters'])
        # A parameter that the template does not have is ignored, as in Heat.
        self.patch(template(A), {'parameters': {'a': 'named'}}, existing=True)
        wrong = {'parameters': {'a': 'named'}}
        self.refused(exception.UnknownUserParameter, self.patch, template(A), wrong)

    def test_existing_is_the_latest_request_prepared_or_not(self) -> None:
        for name in ('a', 'b'):
            self.call(
                'update_stack',
                self.identity,
                None,
                {'parameters': {name: 'new'}},
                None,
                {'existing': True},
            )
        self.parts.rest()
        self.assertEqual({'A': 'new', 'B': 'new'}, self.values())

    def test_cleared_parameters_go_back_to_their_default(self) -> None:
        self.patch(existing=True, clear_parameters=['a'])
        self.assertEqual({'A': 'a0', 'B': 'b0'}, self.values())
        self.patch(params={'parameters': {'a': 'a2'}}, existing=True, clear_parameters=['a'])
        self.assertEqual({'A': 'a2', 'B': 'b0'}, self.values())

    def test_bad_arguments_are_refused_before_anything_is_stored(self) -> None:
        before = self.stored()
        for kind, source, args in (
            (exception.StackValidationFailed, None, {}),
            (exception.StackValidationFailed, self.source, {'timeout_mins': -1}),
            (exception.InvalidTemplateVersion, {'resources': {}}, {}),
        ):
            self.refused(kind, self.patch, source, {'parameters': {'a': 'x'}}, **args)
            self.assertEqual((before, []), (self.stored(), self.heard.wishes))

    def test_delete_is_saved_before_the_answer(self) -> None:
        self.assertIsNone(self.call('delete_stack', self.identity))
        self.assertEqual('DELETE_IN_PROGRESS', self.state(self.identity))
        self.parts.rest()
        self.assertEqual([], self.store.resources(self.identity['stack_id']))
        self.refused(exception.EntityNotFound, self.call, 'delete_stack', self.identity)

    def test_cancel_rolls_back_unless_told_not_to(self) -> None:
        for arguments, state in (
            ({}, 'ROLLBACK_IN_PROGRESS'),
            ({'cancel_with_rollback': False}, 'UPDATE_FAILED'),
        ):
            self.call('update_stack', self.identity, template(A), None, None, None)
            self.assertIsNone(self.call('stack_cancel_update', self.identity, **arguments))
            self.assertEqual(state, self.state(self.identity))
        self.refused(exception.NotSupported, self.call, 'stack_cancel_update', self.identity)
        self.assertIsNone(self.call('stack_rollback', self.identity))
        self.assertEqual('ROLLBACK_IN_PROGRESS', self.state(self.identity))


class StacksTest(EndpointTestCase):
    def test_identify_by_name_and_by_id_even_if_it_is_deleted(self) -> None:
        identity = self.made(A)
        for name in ('stack', identity['stack_id']):
            self.assertEqual(identity, self.call('identify_stack', name))
        self.call('delete_stack', identity)
        self.parts.rest()
        self.refused(exception.EntityNotFound, self.call, 'identify_stack', 'stack')
        self.assertEqual(identity, self.call('identify_stack', identity['stack_id']))

    def test_show_is_a_list_of_one(self) -> None:
        identity = self.made(A, outputs=OUTPUTS, description='Mine.', parameters=SECRET)
        shown = self.call('show_stack', identity)
        self.assertEqual(1, len(shown))
        self.assertEqual(
            ('Mine.', 'CREATE', 'COMPLETE', '******', 'x'),
            (
                shown[0]['description'],
                shown[0]['stack_action'],
                shown[0]['stack_status'],
                shown[0]['parameters']['secret'],
                shown[0]['outputs'][0]['output_value'],
            ),
        )
        self.assertNotIn('h1dden', str(shown))

    def test_show_without_outputs(self) -> None:
        identity = self.made(A, outputs=OUTPUTS)
        self.assertNotIn('outputs', self.call('show_stack', identity, False)[0])

    def test_show_all_of_the_project(self) -> None:
        for name in ('one', 'two'):
            self.create(name=name)
        self.context = context('other')
        self.create(name='three')
        self.context = context()
        shown = self.call('show_stack', None)
        self.assertEqual(['one', 'two'], sorted(one['stack_name'] for one in shown))

    def test_deleted_stack_is_shown_and_can_be_read_about(self) -> None:
        identity = self.made(A)
        self.call('delete_stack', identity)
        self.parts.rest()
        shown = self.call('show_stack', identity)[0]
        self.assertEqual(('DELETE', 'COMPLETE'), (shown['stack_action'], shown['stack_status']))
        self.assertIsNotNone(shown['deletion_time'])
        self.assertIsNone(self.call('get_template', identity))
        self.assertEqual([], self.call('list_stack_resources', identity))
        self.assertNotEqual([], self.call('list_events', identity))

    def test_list_and_count(self) -> None:
        for name in ('one', 'two', 'three'):
            self.parts.elapse(1)
            self.create(A if name == 'one' else None, name)
        self.parts.rest()
        listed = self.call('list_stacks', limit=2, tenant_safe=True, show_nested=False)
        self.assertEqual(['three', 'two'], [one['stack_name'] for one in listed])
        self.assertNotIn('outputs', listed[0])
        marker = listed[1]['stack_identity']['stack_id']
        self.assertEqual(1, len(self.call('list_stacks', marker=marker)))
        listed = self.call('list_stacks', sort_keys=['name'], sort_dir='desc')
        self.assertEqual(['two', 'three', 'one'], [one['stack_name'] for one in listed])
        self.assertEqual(3, self.call('count_stacks', tenant_safe=True))
        self.assertEqual(1, self.call('count_stacks', filters={'name': ['one', 'none']}))
        self.call('delete_stack', self.call('identify_stack', 'one'))
        self.parts.rest()
        self.assertEqual(2, self.call('count_stacks'))
        self.assertEqual(2, len(self.call('list_stacks')))
        self.assertEqual(3, self.call('count_stacks', show_deleted=True))
        self.assertEqual(3, len(self.call('list_stacks', show_deleted=True)))

    def test_template_is_that_of_the_latest_request(self) -> None:
        identity = self.made(A)
        self.assertEqual(template(A), self.call('get_template', identity))
        self.update(identity, AB)
        self.assertEqual(template(AB), self.call('get_template', identity))
        self.assertEqual(Status.IN_PROGRESS, self.stack(identity).status)
