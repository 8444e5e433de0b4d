#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

from __future__ import annotations

from typing import Any

from heatconv.hot import errors
from heatconv.hot.functions import Frame, resolve
from heatconv.hot.scope import ResourceState, Scope
from heatconv.hot.template import Template, compile_definition, compile_template, read_head
from heatconv.tests.unit.hot.raising import TemplateTestCase
from heatconv.tests.unit.hot.test_template import NONE, TYPES, hot

PARAMETERS = {
    'env': {'type': 'string', 'default': 'test'},
    'big': {'type': 'boolean', 'default': True},
}
CONDITIONS = {
    'prod': {'equals': [{'get_param': 'env'}, 'prod']},
    'test': {'not': 'prod'},
    'big': {'get_param': 'big'},
    'both': {'and': ['test', 'big', True]},
    'either': {'or': ['prod', {'not': 'big'}]},
    'owned': {'equals': [{'get_param': 'OS::stack_name'}, 'owned']},
    'mine_big': {'and': ['owned', 'big']},
}


def source(resources: Any = None, conditions: Any = CONDITIONS, **sections: Any) -> dict[str, Any]:
    return hot(resources, conditions=conditions, parameters=PARAMETERS, **sections)


def compiled(source: Any, lenient: bool = False, **parameters: Any) -> Template:
    return compile_template(
        source, {'parameters': parameters}, TYPES.get, tuple(TYPES), allow_missing=lenient
    )


def chosen(value: Any, stack: str = 'owned', **parameters: Any) -> Any:
    """Return what becomes of a property."""
    template = compiled(source({'a': {**NONE, 'properties': {'x': value, 'y': 1}}}), **parameters)
    scope = Scope({'OS::stack_name': stack}, {'b': ResourceState('id', {})})
    return template.resources['a'].resolve(scope)


class ConditionsTest(TemplateTestCase):
    def test_what_they_say(self) -> None:
        for name, expected in (
            ('prod', False),
            ('test', True),
            ('big', True),
            ('both', True),
            ('either', False),
            (True, True),
            ({'equals': [{'get_param': 'big'}, True]}, True),
            ({'contains': ['test', [{'get_param': 'env'}]]}, True),
            ({'yaql': {'expression': '$.data.len() > 3', 'data': {'get_param': 'env'}}}, True),
        ):
            value = chosen({'if': [name, 'yes', 'no']})
            self.assertEqual('yes' if expected else 'no', value['x'], name)
        self.assertEqual('yes', chosen({'if': ['either', 'yes', 'no']}, env='prod')['x'])

    def test_what_is_left_out_of_an_argument_that_is_taken_apart_is_null(self) -> None:
        # Whether it is known when the template is compiled or at run time only.
        for name in ('prod', {'not': 'owned'}):
            left_out = {'if': [name, 'x']}
            for expected, value in (
                (['a'], {'filter': [left_out, ['a']]}),
                (None, {'filter': [['a'], left_out]}),
                ('', {'list_join': [',', left_out]}),
                ('a', {'list_join': [',', ['a'], left_out]}),
                ([None], {'repeat': {'template': left_out, 'for_each': {'y': ['z']}}}),
                (['a'], {'list_concat': [['a'], left_out]}),
            ):
                self.assertEqual({'x': expected, 'y': 1}, chosen(value), value)
            self.assertEqual({'if': [name, 'x']}, left_out)
            error = self.raised(errors.TemplateError, chosen, {'get_attr': ['a', left_out]})
            self.assertIn('name of an attribute', str(error))

    def test_known_at_run_time_only(self) -> None:
        for name in ('owned', 'mine_big', {'not': {'not': 'owned'}}, {'or': ['prod', 'owned']}):
            self.assertEqual('yes', chosen({'if': [name, 'yes', 'no']})['x'], name)
            self.assertEqual('no', chosen({'if': [name, 'yes', 'no']}, 'other')['x'], name)

    def test_what_is_not_chosen_is_left_out(self) -> None:
        for name in ('prod', {'equals': [{'get_param': 'OS::stack_name'}, 'x']}):
            self.assertEqual({'y': 1}, chosen({'if': [name, 'yes']}))
            self.assertEqual({'x': ['b'], 'y': 1}, chosen([{'if': [name, 'yes']}, 'b']))
            self.assertEqual({'x': {'b': 1}, 'y': 1}, chosen({'a': {'if': [name, 1]}, 'b': 1}))

    def test_without_else_since_wallaby_only(self) -> None:
        old = {**source({'a': {**NONE, 'properties': {'x': {'if': ['prod', 1]}}}})}
        old['heat_template_version'] = '2018-08-31'
        path = 'resources.a.properties.x.if'
        self.assert_wrong(errors.InvalidArguments, path, 'two values', compiled, old)

    def test_what_is_not_chosen_is_not_looked_at(self) -> None:
        value = {'if': ['prod', {'get_param': 'nothing'}, 'no']}
        self.assertEqual('no', chosen(value)['x'])

    def test_condition_that_fails_matters_where_it_decides(self) -> None:
        conditions = {
            'fails': {'get_param': 'nothing'},
            'decided': {'or': [True, 'fails', 'none']},
            'not_decided': {'and': [True, 'none']},
        }
        for name, expected in (('decided', 1), (None, 1), ({'and': [False, 'fails']}, 2)):
            made = source({'a': {**NONE, 'properties': {'x': {'if': [name, 1, 2]}}}}, conditions)
            self.assertEqual({'x': expected}, compiled(made).resources['a'].properties)
        compiled(source({}, conditions))
        for name, path in (
            ('fails', 'resources.a.properties.x.if.0.get_param'),
            (
                {'or': [True, {'not': {'get_param': 'no'}}]},
                'resources.a.properties.x.if.0.get_param',
            ),
            ('not_decided', 'resources.a.properties.x.if.0.and'),
        ):
            made = source({'a': {**NONE, 'properties': {'x': {'if': [name, 1, 2]}}}}, conditions)
            self.assert_wrong(errors.InvalidReference, path, '', compiled, made)

    def test_pseudo_parameters_that_are_given(self) -> None:
        owned = {'equals': [{'get_param': 'OS::stack_name'}, 'mine']}
        made = source({'a': {**NONE, 'condition': owned}}, {'c': owned})
        for name, names in (('mine', ['a']), ('other', [])):
            template = compile_template(
                made, {}, TYPES.get, allow_missing=True, pseudo={'OS::stack_name': name}
            )
            self.assertEqual(names, list(template.resources))

    def test_properties_as_a_whole(self) -> None:
        one = {**NONE, 'properties': {'if': ['prod', {'x': 1}, {'x': 2}]}}
        template = compiled(source({'a': one}))
        self.assertEqual({'x': 2}, template.resources['a'].properties)
        template = compiled(source({'a': {**NONE, 'properties': {'if': ['prod', {'x': 1}]}}}))
        self.assertEqual({}, template.resources['a'].properties)

    def test_what_is_wrong(self) -> None:
        arguments, reference = errors.InvalidArguments, errors.InvalidReference
        for kind, path, telling, condition in (
            (arguments, 'conditions.c', 'not a string', 'd'),
            (arguments, 'conditions.c', 'not a number', 5),
            (arguments, 'conditions.c', 'not a map', {'a': 1, 'b': 2}),
            (arguments, 'conditions.c.equals', 'two values', {'equals': [1]}),
            (arguments, 'conditions.c.and', 'two conditions', {'and': [True]}),
            (arguments, 'conditions.c.not', 'a condition', {'not': None}),
            (
                errors.UnknownFunction,
                'conditions.c.get_attr',
                'be used in a condition',
                {'get_attr': ['a', 'b']},
            ),
            (
                errors.InvalidSection,
                'conditions.c.not.conditions.e.not',
                'c -> e -> c',
                {'not': 'e'},
            ),
        ):
            wrong = source(conditions={'c': condition, 'd': True, 'e': {'not': 'c'}})
            self.assert_wrong(kind, path, telling, compiled, wrong)
        where = 'resources.a.properties.x.if.0'
        wrong = source({'a': {**NONE, 'properties': {'x': {'if': ['prd', 1, 2]}}}})
        self.assert_wrong(reference, where, "did you mean 'prod'", compiled, wrong)


class ResourceTest(TemplateTestCase):
    def test_resource_is_there_if_its_condition_holds(self) -> None:
        resources = {
            'a': {**NONE, 'condition': 'prod'},
            'b': {**NONE, 'condition': {'not': 'prod'}, 'depends_on': ['a', 'c']},
            'c': {**NONE, 'condition': True},
            'never': {'type': 'No::Such', 'condition': False},
        }
        template = compiled(source(resources))
        self.assertEqual(['b', 'c'], list(template.resources))
        self.assertEqual(('c',), template.resources['b'].requires)
        self.assertEqual(['a', 'c'], list(compiled(source(resources), env='prod').resources))

    def test_one_that_is_not_there_cannot_be_referred_to(self) -> None:
        resources = {
            'a': {**NONE, 'condition': 'prod'},
            'b': {**NONE, 'properties': {'x': {'get_resource': 'a'}}},
        }
        self.assert_wrong(
            errors.InvalidReference,
            'resources.b.properties.x.get_resource',
            'its condition is false',
            compiled,
            source(resources),
        )
        resources['b']['properties'] = {'x': {'if': ['prod', {'get_resource': 'a'}, 'none']}}
        self.assertEqual({'x': 'none'}, compiled(source(resources)).resources['b'].properties)
        required = compiled(source(resources), env='prod').resources['b'].requires
        self.assertEqual(('a',), required)

    def test_condition_of_run_time(self) -> None:
        self.assert_wrong(
            errors.ResolutionError,
            'resources.a.condition.equals.get_param',
            'OS::stack_name is not known',
            compiled,
            source({'a': {**NONE, 'condition': 'owned'}}),
        )

    def test_condition_on_a_parameter_without_a_value(self) -> None:
        one = source({'a': {**NONE, 'condition': 'prod'}})
        one['parameters'] = {**PARAMETERS, 'env': {'type': 'string'}}
        self.assertEqual(['a'], list(compiled(one, lenient=True).resources))

    def test_old_versions_have_none(self) -> None:
        one = hot({'a': {**NONE, 'condition': True}}, version='2016-04-08')
        self.assert_wrong(
            errors.InvalidSection, 'resources.a.condition', 'a resource has no', compiled, one
        )

    def test_outputs(self) -> None:
        outputs = {
            'a': {'value': 1, 'condition': 'prod', 'description': 'A.'},
            'b': {'value': 2, 'condition': 'test'},
            'c': {'value': {'if': ['prod', 1]}},
        }
        template = compiled(source(outputs=outputs))
        self.assertEqual([None, 2, None], [one.value for one in template.outputs.values()])
        self.assertEqual('A.', template.outputs['a'].description)
        wrong = source(outputs={'a': {'value': 1, 'condition': 'prd'}})
        self.assert_wrong(
            errors.InvalidReference, 'outputs.a.condition', "mean 'prod'", compiled, wrong
        )

    def test_definition_alone(self) -> None:
        declaration = {
            **NONE,
            'condition': 'test',
            'properties': {'x': {'if': ['test', {'get_file': 'f'}, 2]}},
        }
        head = read_head(source(), {}, {'f': 'text'})
        made = compile_definition('a', declaration, head, lambda name: TYPES[name])
        self.assertEqual('text', resolve(made.properties, Frame(Scope()))['x'])
