"""OS::Heat::Stack and AWS::CloudFormation::Stack: stacks whose templates properties name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from heatconv.convergence.model import Reality, Status
from heatconv.resources.plugin import Resource
from heatconv.tests.unit.engine.parts import template, thing
from heatconv.tests.unit.engine.test_nested import NestedTestCase, inner

STACK = 'OS::Heat::Stack'
BY_URL = 'AWS::CloudFormation::Stack'
URL = 'http://host/inner.yaml'
#: The outputs of the owner, by type of the resource N.
COLOR = {STACK: ['N', 'outputs', 'color'], BY_URL: ['N', 'Outputs.color']}
TYPES = (STACK, BY_URL)


def declared(type_: str, timeout: int | None = None, **parameters: Any) -> dict[str, Any]:
    """Return a resource of one of both types, whose template is the file of the URL."""
    parameters = {'size': '1', **parameters}
    properties: dict[str, Any]
    if type_ == STACK:
        properties = {'template': {'get_file': URL}, 'parameters': parameters, 'timeout': timeout}
    else:
        properties = {'TemplateURL': URL, 'Parameters': parameters, 'TimeoutInMinutes': timeout}
    given = {name: value for name, value in properties.items() if value is not None}
    return {'type': type_, 'properties': given}


class StringStackTestCase(NestedTestCase):
    def asked(
        self,
        type_: str,
        text: str = '',
        timeout: int | None = None,
        identity: Any = None,
        **more: Any,
    ) -> Any:
        """Create or update a stack with one resource N and have it done."""
        return self.ask(
            {'N': declared(type_, timeout, **more)},
            {URL: text or inner()},
            identity=identity,
            outputs={'color': {'value': {'get_attr': COLOR[type_]}}},
        )

    def each(self) -> Iterator[str]:
        """Yield each type, with an empty store."""
        for type_ in TYPES:
            self.anew()
            yield type_

    def reason(self, identity: Any, name: str = 'N') -> str:
        return self.rows(identity)[name].reason


class LifeTest(StringStackTestCase):
    def test_life(self) -> None:
        for type_ in self.each():
            identity = self.asked(type_, color='blue')
            self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
            (child,) = self.within(identity).values()
            self.assertEqual({'color': 'blue'}, self.outputs(identity))
            row = self.rows(identity)['N']
            self.assertEqual(child.id, row.physical_id)
            thing_before = self.rows_of(child)['I']

            # Parameters, template and timeout change in place.
            text = inner(parameters={'size': {'type': 'string'}}, value='fixed')
            for given in (
                {'color': 'green'},
                {'text': text},
                {'text': text, 'timeout': 7},
            ):
                self.asked(type_, identity=identity, **given)
                self.assertEqual('UPDATE_COMPLETE', self.state(identity), given)
                (after,) = self.within(identity).values()
                self.assertEqual(child.id, after.id)
                self.assertEqual('UPDATE', after.action)
                self.assertEqual(row.id, self.rows(identity)['N'].id)
                self.assertEqual(thing_before.id, self.rows_of(after)['I'].id)
                expected = given.get('color', 'fixed')
                self.assertEqual({'color': expected}, self.outputs(identity))

            self.call('delete_stack', identity)
            self.parts.rest()
            self.assertEqual('DELETE_COMPLETE', self.state(identity))
            self.assertEqual({}, self.within(identity))
            self.assertEqual([], self.parts.records.all())

    def test_a_worker_dies_after_each_question(self) -> None:
        for type_ in TYPES:
            for action in ('create', 'update', 'delete'):
                self.die_in(type_, action)

    def die_in(self, type_: str, action: str) -> None:
        step = 0
        while True:
            self.anew()
            files = {URL: inner()}
            given = (template({'N': declared(type_, color='blue')}), None, files, None)
            identity = self.call('create_stack', 'stack', *given)
            if action != 'create':
                self.parts.rest()
                (before,) = self.within(identity).values()
            if action == 'update':
                given = (template({'N': declared(type_, color='red')}), None, files, None)
                self.call('update_stack', identity, *given)
            elif action == 'delete':
                self.call('delete_stack', identity)
            ended = self.parts.rest(most=step) < step
            if not ended:
                self.parts.recover()
            where = f'{type_} {action} after {step}'
            self.assertEqual(f'{action.upper()}_COMPLETE', self.state(identity), where)
            children = list(self.within(identity).values())
            if action == 'delete':
                self.assertEqual([], children, where)
                self.assertEqual([], self.parts.records.all(), where)
            else:
                (child,) = children
                color = 'blue' if action == 'create' else 'red'
                self.assertEqual(color, self.rows_of(child)['I'].attributes['output'], where)
                self.assertEqual(1, len(self.parts.records.all()), where)
            if action == 'update':
                self.assertEqual(before.id, child.id, where)
            if ended:
                break
            step += 1
        self.assertGreater(step, 10)

    def test_failure_is_mended_in_place(self) -> None:
        broken = json.dumps(template({'I': thing('x', properties={'fail': True})}))
        for type_ in self.each():
            identity = self.ask({'N': declared(type_)}, {URL: broken})
            self.assertEqual('CREATE_FAILED', self.state(identity))
            # Parameters that the template does not have are refused as in every stack.
            self.assertIn('size', self.reason(identity))
            parameters = {'parameters': {'size': {'type': 'string'}}}
            text = json.dumps({**json.loads(broken), **parameters})
            self.ask({'N': declared(type_)}, {URL: text}, identity=identity)
            self.assertEqual('UPDATE_FAILED', self.state(identity))
            self.assertIn('Test Resource failed I', self.reason(identity))
            (child,) = self.within(identity).values()
            self.asked(type_, identity=identity, color='blue')
            self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)
            (after,) = self.within(identity).values()
            self.assertEqual(child.id, after.id)
            self.assertEqual({'color': 'blue'}, self.outputs(identity))

    def test_null_parameters_and_none(self) -> None:
        text = inner(parameters={'color': {'type': 'string', 'default': 'white'}})
        for type_ in self.each():
            resource = declared(type_, color=None)
            for name in ('parameters', 'Parameters'):
                resource['properties'].get(name, {}).pop('size', None)
            identity = self.ask({'N': resource}, {URL: text})
            self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
            (child,) = self.within(identity).values()
            self.assertEqual('white', self.rows_of(child)['I'].attributes['output'])
            for name in ('parameters', 'Parameters'):
                resource['properties'].pop(name, None)
            self.ask({'N': resource}, {URL: text}, identity=identity)
            self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)

    def test_null_for_a_parameter_without_a_default(self) -> None:
        for type_ in self.each():
            text = inner(parameters={name: {'type': 'string'} for name in ('color', 'size')})
            identity = self.asked(type_, text, color=None)
            self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
            self.assertEqual({'color': ''}, self.outputs(identity))

    def test_environment_and_files_of_the_owner(self) -> None:
        environment = {
            'resource_registry': {'My::Thing': 'deep.yaml'},
            'parameter_defaults': {'color': 'pink'},
        }
        outer = json.dumps(
            template(
                {'I': {'type': 'My::Thing', 'properties': {'size': {'get_param': 'size'}}}},
                parameters={'size': {'type': 'string'}},
                outputs={'color': {'value': {'get_attr': ['I', 'color']}}},
            )
        )
        for type_ in self.each():
            identity = self.ask(
                {'N': declared(type_)},
                {URL: outer, 'deep.yaml': inner()},
                environment,
                outputs={'color': {'value': {'get_attr': COLOR[type_]}}},
            )
            self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
            self.assertEqual({'color': 'pink'}, self.outputs(identity))

    def test_registry_entries_for_their_own_type(self) -> None:
        for type_ in self.each():
            within = declared(type_)
            within['type'] = 'My::Stack'
            if type_ == STACK:
                within['properties']['template'] = {'get_file': 'deep.yaml'}
            else:
                within['properties']['TemplateURL'] = 'deep.yaml'
            outer = json.dumps(template({'I': within}, parameters={'size': {'type': 'string'}}))
            identity = self.ask(
                {'N': declared(type_)},
                {URL: outer, 'deep.yaml': inner()},
                {'resource_registry': {'My::Stack': type_}},
            )
            self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)

    def test_registry_entries_for_resources(self) -> None:
        # Heat passes all of them to OS::Heat::Stack, and to the other type those below its name.
        plain: dict[str, Any] = {'resources': {'I': {'My::Thing': 'OS::Heat::Value'}}}
        below: dict[str, Any] = {'resources': {'N': plain['resources']}}
        resource = {'type': 'My::Thing', 'properties': {'value': 'v'}}
        text = json.dumps(template({'I': resource}, parameters={'size': {'type': 'string'}}))
        for type_, registry, known in (
            (STACK, plain, True),
            (STACK, below, False),
            (BY_URL, plain, False),
            (BY_URL, below, True),
        ):
            self.anew()
            environment = {'resource_registry': registry}
            identity = self.ask({'N': declared(type_)}, {URL: text}, environment)
            state = 'CREATE_COMPLETE' if known else 'CREATE_FAILED'
            self.assertEqual(state, self.state(identity), (type_, registry))

    def test_output_that_does_not_resolve(self) -> None:
        outputs = {
            'color': {'value': {'get_attr': ['I', 'output']}},
            'bad': {'value': {'str_split': [',', {'get_attr': ['I', 'output']}, 5]}},
        }
        bad = {STACK: ['N', 'outputs'], BY_URL: ['N', 'Outputs.bad']}
        for type_ in self.each():
            identity = self.ask(
                {'N': declared(type_)},
                {URL: inner(thing('x')['properties']['value'], outputs=outputs)},
                outputs={'bad': {'value': {'get_attr': bad[type_]}}},
            )
            self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
            (shown,) = self.call('show_stack', identity)[0]['outputs']
            if type_ == STACK:
                self.assertEqual({'color': 'x', 'bad': None}, shown['output_value'])
            else:
                self.assertIn('Error in N output Outputs.bad', shown['output_error'])


class TimeoutTest(StringStackTestCase):
    def slow(self, **properties: Any) -> str:
        parameters = {'size': {'type': 'string'}}
        return json.dumps(
            template({'I': thing('x', properties=properties)}, parameters=parameters)
        )

    def test_create_that_takes_too_long(self) -> None:
        for type_ in self.each():
            for timeout, seconds, state in (
                (1, 50, 'CREATE_COMPLETE'),
                (1, 90, 'CREATE_FAILED'),
                (2, 90, 'CREATE_COMPLETE'),
                (None, 90, 'CREATE_COMPLETE'),
                (0, 90, 'CREATE_COMPLETE'),
            ):
                self.anew()
                identity = self.ask(
                    {'N': declared(type_, timeout)}, {URL: self.slow(wait_secs=seconds)}
                )
                self.assertEqual(state, self.state(identity), (type_, timeout, seconds))
                if state == 'CREATE_FAILED':
                    name = 'timeout' if type_ == STACK else 'TimeoutInMinutes'
                    reason = self.reason(identity)
                    self.assertIn(f'did not finish within 1 minutes ({name})', reason)

    def test_update_goes_on_after_a_timeout(self) -> None:
        for type_ in self.each():
            files = {URL: self.slow(wait_secs=90)}
            identity = self.ask({'N': declared(type_, 1)}, files)
            (child,) = self.within(identity).values()
            self.ask({'N': declared(type_, 3)}, files, identity=identity)
            self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)
            (after,) = self.within(identity).values()
            self.assertEqual((child.id, Status.COMPLETE), (after.id, after.status))

    def test_what_has_finished_is_not_late(self) -> None:
        for type_ in self.each():
            identity = self.ask({'N': declared(type_, 1)}, {URL: self.slow()})
            self.parts.elapse(1_000)
            row = self.rows(identity)['N']
            plugin = self.parts.registry.plugin(type_)
            assert plugin is not None
            properties = row.properties or {}
            for _ in range(2):
                seen = plugin.observe(
                    Resource(row.id, 'N', type_, row.stack_id, 'stack', 'project', properties)
                )
                self.assertEqual(Reality.READY, seen.reality)

    def test_a_later_delete_has_the_whole_time(self) -> None:
        for type_ in self.each():
            files = {URL: self.slow(action_wait_secs={'delete': 50})}
            identity = self.ask({'N': declared(type_, 1)}, files)
            self.assertEqual('CREATE_COMPLETE', self.state(identity))
            self.parts.elapse(1_000)
            self.call('delete_stack', identity)
            self.parts.rest()
            self.assertEqual('DELETE_COMPLETE', self.state(identity), self.stack(identity).reason)
