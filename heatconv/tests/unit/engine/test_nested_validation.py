"""Nested stacks and groups are checked with the request, before anything changes."""

from __future__ import annotations

import json
from typing import Any

from heatconv import exception
from heatconv.tests.unit.engine.parts import template, thing
from heatconv.tests.unit.engine.test_nested import NestedTestCase, inner, nested


def group(definition: Any, **properties: Any) -> dict[str, Any]:
    """Return a group."""
    return {
        'type': 'OS::Heat::ResourceGroup',
        'properties': {'resource_def': definition, **properties},
    }


def chain(*types: str, **properties: Any) -> dict[str, Any]:
    """Return a chain."""
    return {
        'type': 'OS::Heat::ResourceChain',
        'properties': {'resources': list(types), 'resource_properties': properties},
    }


class MembersTest(NestedTestCase):
    PARAMETERS = {'v': {'type': 'string', 'default': 'x'}}  # noqa: RUF012

    def assert_refused(self, telling: str, resource: Any, **more: Any) -> None:
        """Assert that an update to a group is refused, and changes nothing."""
        identity = self.ask({'A': thing('x')})
        error = self.refused(
            exception.StackValidationFailed,
            self.ask,
            {'A': thing('y'), 'G': resource, **more},
            identity=identity,
            parameters=self.PARAMETERS,
        )
        self.assertIn(telling, str(error))
        self.assertEqual('CREATE_COMPLETE', self.state(identity))
        self.assertEqual('x', self.rows(identity)['A'].attributes['output'])
        self.anew()

    def test_definitions(self) -> None:
        unknown = thing('x', properties={'valeu': {'get_param': 'v'}})
        place = "resources.G.resources.0.properties.valeu: there is no property 'valeu'"
        self.assert_refused(place, group(unknown))
        self.assert_refused(place, chain('OS::Heat::TestResource', valeu=1))
        self.assert_refused(place, group(unknown, count={'get_attr': ['A', 'output']}))

    def test_types(self) -> None:
        place = "resources.G.resources.0.type: there is no resource type 'No::Such'"
        self.assert_refused(place, group({'type': 'No::Such'}))
        self.assert_refused(place.replace('.0.', '.1.'), chain('OS::Heat::None', 'No::Such'))

    def test_files(self) -> None:
        place = "resources.G.resources.0.type: the template 'none.yaml' is not among the files"
        self.assert_refused(place, group({'type': 'none.yaml'}))
        self.assert_refused(place, chain('none.yaml'))

    def test_groups_of_groups(self) -> None:
        wrong = group({'type': 'inner.yaml', 'properties': {'shade': 1}})
        self.assert_refused(
            "resources.G.resources.0.resources.0.properties.shade: there is no property 'shade'",
            group(wrong),
        )

    def test_attributes_of_members(self) -> None:
        user = thing({'get_attr': ['G', 'outptu']})
        telling = 'The Referenced Attribute (0 outptu) is incorrect.'
        self.assert_refused(telling, group(thing('x')), U=user)
        self.assert_refused(telling, chain('OS::Heat::TestResource'), U=user)
        error = self.refused(
            exception.StackValidationFailed,
            self.ask,
            {'G': group(thing('x'))},
            outputs={'o': {'value': {'get_attr': ['G', 'outptu']}}},
        )
        self.assertIn('outputs.o.value', str(error))

    def test_group_without_members_is_not_checked(self) -> None:
        identity = self.ask({'G': group({'type': 'No::Such'}, count=0)})
        self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)

    def test_what_is_known_at_run_time_only(self) -> None:
        definition = {'type': 'inner.yaml', 'properties': {'size': {'get_attr': ['A', 'output']}}}
        identity = self.ask({'A': thing('x'), 'G': group(definition)})
        self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)

    def test_values_within_are_checked_when_they_are_used(self) -> None:
        wrong = thing('x', properties={'wait_secs': 'y'})
        for resource in (group(wrong), nested('wrong.yaml')):
            self.anew()
            source = template({'I': wrong}, parameters={'size': {'type': 'string'}})
            files = {'wrong.yaml': json.dumps(source)}
            identity = self.ask({'G': resource}, files)
            self.assertEqual('CREATE_FAILED', self.state(identity))


class NullTest(NestedTestCase):
    def test_null_is_an_empty_value(self) -> None:
        types = {
            'string': '',
            'number': 0,
            'boolean': False,
            'comma_delimited_list': [],
            'json': {},
        }
        source = template(
            {
                'I': {
                    'type': 'OS::Heat::Value',
                    'properties': {'value': {name: {'get_param': name} for name in types}},
                }
            },
            parameters={
                **{name: {'type': name} for name in types},
                'kept': {'type': 'string', 'default': 'kept'},
            },
            outputs={
                'values': {'value': {'get_attr': ['I', 'value']}},
                'kept': {'value': {'get_param': 'kept'}},
            },
        )
        for null in (None, {'get_attr': ['V', 'value', 'nothing']}):
            self.anew()
            properties = dict.fromkeys([*types, 'kept'], null)
            identity = self.ask(
                {
                    'V': {'type': 'OS::Heat::Value', 'properties': {'value': {'a': 1}}},
                    'N': {'type': 'null.yaml', 'properties': properties},
                },
                {'null.yaml': json.dumps(source)},
                outputs={
                    name: {'value': {'get_attr': ['N', name]}} for name in ('values', 'kept')
                },
            )
            self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
            self.assertEqual({'values': types, 'kept': 'kept'}, self.outputs(identity))


class FacadeTest(NestedTestCase):
    """A nested template that stands for an installed type provides what the type does."""

    def check(self, type_: str, parameters: Any, outputs: Any, properties: Any = None) -> str:
        """Return the error of a validation and of a create, which are the same; or ''."""
        source = json.dumps(template({'I': thing('x')}, parameters=parameters, outputs=outputs))
        environment = {'resource_registry': {type_: 'facade.yaml'}}
        resources = {'F': {'type': type_, 'properties': properties or {}}}
        files = {'facade.yaml': source}
        answer = self.call('validate_template', template(resources), environment, files)
        try:
            self.anew()
            self.ask(resources, files, environment)
        except exception.StackValidationFailed as error:
            self.assertEqual(str(error), answer['Error'])
            return str(error)
        self.assertNotIn('Error', answer)
        return ''

    def test_what_is_missing(self) -> None:
        text = {'type': 'string', 'default': ''}
        output = {'value': {'value': 'x'}}
        for type_, parameters, outputs, telling in (
            ('OS::Heat::Value', {'value': text}, output, ''),
            (
                'OS::Heat::Value',
                {},
                output,
                'Required property value for facade OS::Heat::Value missing in provider',
            ),
            (
                'OS::Heat::RandomString',
                {'length': text},
                output,
                'Property length type mismatch between facade OS::Heat::RandomString (Integer) '
                'and provider (String)',
            ),
            (
                'OS::Heat::RandomString',
                {'more': {'type': 'string'}},
                output,
                'Provider requires property more unknown in facade OS::Heat::RandomString',
            ),
            (
                'OS::Heat::RandomString',
                {},
                {},
                'Attribute value for facade OS::Heat::RandomString missing in provider',
            ),
        ):
            error = self.check(type_, parameters, outputs, {})
            self.assertIn(telling, error)
            self.assertEqual(bool(telling), bool(error))

    def test_template_of_one_resource(self) -> None:
        parameters = {'size': {'type': 'number'}}
        outputs = {'it': {'value': 'x'}}
        facade = template({'I': thing('x')}, parameters=parameters, outputs=outputs)
        environment = {
            'resource_registry': {
                'My::App': 'facade.yaml',
                'resources': {'F': {'My::App': 'f.yaml'}},
            }
        }
        for missing, telling in (
            ('', ''),
            ('parameters', 'Required property size for facade My::App missing in provider'),
            ('outputs', 'Attribute it for facade My::App missing in provider'),
        ):
            self.anew()
            source = {key: value for key, value in facade.items() if key != missing}
            files = {'facade.yaml': json.dumps(facade), 'f.yaml': json.dumps(source)}
            properties = {} if missing == 'parameters' else {'size': 3}
            resources = {'F': {'type': 'My::App', 'properties': properties}}
            if not telling:
                self.ask(resources, files, environment)
                continue
            error = self.assertRaises(
                exception.StackValidationFailed, self.ask, resources, files, environment
            )
            self.assertEqual(telling, str(error))


class LostOutputsTest(NestedTestCase):
    """Outputs of a stack may name outputs that a nested template does not have, as in Heat."""

    def test_output_that_is_not_there(self) -> None:
        source = template({'I': thing('x')}, outputs={'it': {'value': 'x'}})
        files = {'n.yaml': json.dumps(source)}
        outputs = {
            name: {'value': {'get_attr': path}}
            for name, path in {
                'it': ['N', 'it'],
                'lost': ['N', 'lost'],
                'group': ['G', 'lost'],
            }.items()
        }
        resources = {'N': {'type': 'n.yaml'}, 'G': group({'type': 'n.yaml'})}
        identity = self.ask(resources, files, outputs=outputs)
        self.assertEqual('CREATE_COMPLETE', self.state(identity))
        shown = {
            output['output_key']: (output['output_value'], output.get('output_error'))
            for output in self.call('show_stack', identity)[0]['outputs']
        }
        self.assertEqual(('x', None), shown['it'])
        self.assertEqual("the resource 'N' has no attribute 'lost'", shown['lost'][1])
        self.assertEqual('The Referenced Attribute (0 lost) is incorrect.', shown['group'][1])

    def test_property_that_needs_it(self) -> None:
        source = template({'I': thing('x')})
        resources = {'N': {'type': 'n.yaml'}, 'T': thing({'get_attr': ['N', 'lost']})}
        error = self.assertRaises(
            exception.StackValidationFailed, self.ask, resources, {'n.yaml': json.dumps(source)}
        )
        self.assertIn("the resource 'N' has no attribute 'lost'", str(error))


class IgnoredErrorsTest(NestedTestCase):
    def test_service_that_is_not_there(self) -> None:
        written = template({'S': {'type': 'OS::Manila::Share', 'properties': {'size': 1}}})
        answer = self.call('validate_template', written)
        self.assertIn('HEAT-E99001 Service manila is not available', answer['Error'])
        answer = self.call('validate_template', written, ignorable_errors=['99001'])
        self.assertNotIn('Error', answer)
        files = {'n.yaml': json.dumps(written)}
        written = template({'N': {'type': 'n.yaml'}})
        answer = self.call(
            'validate_template', written, {}, files, show_nested=True, ignorable_errors=['99001']
        )
        self.assertEqual({'N'}, set(answer['NestedParameters']))
        wrong = template({'S': {'type': 'No::Such'}})
        answer = self.call('validate_template', wrong, ignorable_errors=['99001'])
        self.assertIn("there is no resource type 'No::Such'", answer['Error'])
        error = self.refused(
            exception.Invalid, self.call, 'validate_template', wrong, ignorable_errors=['1']
        )
        self.assertIn('invalid codes in ignore_errors: 1', str(error))


class EnvironmentTest(NestedTestCase):
    def test_templates_that_are_types(self) -> None:
        files = {'n.yaml': json.dumps(template({'I': thing('x')}))}
        answer = self.call(
            'validate_template', template({'N': {'type': 'n.yaml'}, 'T': thing('x')}), {}, files
        )
        self.assertEqual(
            {'n.yaml': 'n.yaml', 'resources': {}}, answer['Environment']['resource_registry']
        )


class ParametersTest(NestedTestCase):
    def test_parameters_within_groups(self) -> None:
        resources = {
            'G': group({'type': 'My::App', 'properties': {'size': '3'}}, count=5),
            'C': chain('My::App', 'OS::Heat::None', size='4'),
            'N': nested(),
            'T': thing('x'),
        }
        environment = {
            'resource_registry': {'My::App': 'inner.yaml'},
            'parameter_defaults': {'color': 'white'},
        }
        answer = self.call(
            'validate_template',
            template(resources),
            environment,
            {'inner.yaml': inner()},
            show_nested=True,
        )['NestedParameters']
        self.assertEqual({'G', 'C', 'N'}, set(answer))
        self.assertEqual('OS::Heat::ResourceGroup', answer['G']['Type'])
        self.assertEqual({}, answer['G']['Parameters'])
        for name, size in (('G', '3'), ('C', '4')):
            (member,) = answer[name]['NestedParameters'].items()
            self.assertEqual(('0', 'My::App'), (member[0], member[1]['Type']))
            parameters = member[1]['Parameters']
            self.assertEqual(size, parameters['size']['Value'])
            self.assertEqual('white', parameters['color']['Default'])
        self.assertEqual('1', answer['N']['Parameters']['size']['Value'])

    def test_unknown_properties_are_accepted(self) -> None:
        resources = {'N': nested(shade='x')}
        answer = self.call('validate_template', template(resources), None, {'inner.yaml': inner()})
        self.assertNotIn('Error', answer)


class PseudoParametersTest(NestedTestCase):
    def test_conditions_know_the_stack(self) -> None:
        mine = {'equals': [{'get_param': 'OS::stack_name'}, 'stack']}
        files = {
            'in.yaml': json.dumps(
                {
                    **template({'I': thing('x', condition='mine'), 'J': thing('y')}),
                    'conditions': {'mine': mine},
                }
            )
        }
        identity = self.ask({'A': thing('x', condition=mine), 'N': {'type': 'in.yaml'}}, files)
        self.assertEqual(['A', 'N'], sorted(self.rows(identity)))
        self.assertEqual(['J'], list(self.rows_of(self.within(identity)['N'])))
        # Another stack of the same template.
        other = self.call(
            'create_stack',
            'other',
            template({'A': thing('x', condition=mine), 'B': thing('z')}),
            None,
            None,
            None,
        )
        self.parts.rest()
        self.assertEqual(['B'], list(self.rows(other)))
