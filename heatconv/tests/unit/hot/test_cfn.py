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

"""Templates in the dialects of CloudFormation."""

from __future__ import annotations

from typing import Any

from heatconv.hot import cfn, environment, errors
from heatconv.hot.scope import ResourceState, Scope
from heatconv.hot.template import compile_template
from heatconv.tests.unit.hot.raising import TemplateTestCase
from heatconv.tests.unit.hot.test_template import TYPES

AWS = 'AWSTemplateFormatVersion'
HEAT = 'HeatTemplateFormatVersion'
DATES = {AWS: '2010-09-09', HEAT: '2012-12-12'}

SERVER = {'Type': 'OS::Nova::Server', 'Properties': {'image': 'x'}}


def template(key: str = AWS, **sections: Any) -> dict[str, Any]:
    return {key: DATES[key], **sections}


class CfnTest(TemplateTestCase):
    def compiled(self, source: Any, **parameters: Any) -> Any:
        given = environment.merge([{'parameters': parameters}])
        hot = cfn.as_hot(source)
        with cfn.placed(source):
            return compile_template(hot, given, TYPES.get, tuple(TYPES))

    def output(self, value: Any, key: str = AWS, parameters: Any = None, **sections: Any) -> Any:
        source = template(
            key,
            Resources={'S': SERVER},
            Outputs={'o': {'Value': value}},
            Parameters={
                'size': {'Type': 'String', 'Default': 'small'},
                'many': {'Type': 'CommaDelimitedList', 'Default': 'a,b'},
            },
            **sections,
        )
        made = self.compiled(source, **(parameters or {}))
        scope = Scope(
            {'OS::stack_name': 'demo', 'OS::stack_id': 'id', 'OS::project_id': 'p'},
            {'S': ResourceState('s-1', {'address': '10.0.0.1'})},
        )
        return made.outputs['o'].resolve(scope)

    def test_functions(self) -> None:
        for key in DATES:
            for value, expected in (
                ({'Ref': 'size'}, 'small'),
                ({'Ref': 'S'}, 's-1'),
                ({'Ref': 'AWS::StackName'}, 'demo'),
                ({'Ref': 'AWS::StackId'}, 'arn:openstack:heat::p:stacks/demo/id'),
                ({'Ref': 'AWS::Region'}, 'ap-southeast-1'),
                ({'Fn::GetAtt': ['S', 'address']}, '10.0.0.1'),
                ({'Fn::Join': ['-', ['a', {'Ref': 'size'}]]}, 'a-small'),
                ({'Fn::Select': ['1', {'Ref': 'many'}]}, 'b'),
                ({'Fn::Split': [',', 'a,b']}, ['a', 'b']),
                ({'Fn::Base64': 'text'}, 'text'),
                ({'Fn::FindInMap': ['Sizes', {'Ref': 'size'}, 'disk']}, 10),
            ):
                mappings = {'Sizes': {'small': {'disk': 10}, '2': {'disk': 20}}}
                self.assertEqual(
                    expected, self.output(value, key, Mappings=mappings), (key, value)
                )
        self.assertEqual(
            20, self.output({'Fn::FindInMap': ['Sizes', 2, 'disk']}, Mappings=mappings)
        )

    def test_conditions(self) -> None:
        conditions = {
            'big': {'Fn::Equals': [{'Ref': 'size'}, 'big']},
            'small': {'Fn::Not': ['big']},
            'both': {'Fn::And': ['big', 'small']},
            'either': {'Fn::Or': ['big', 'small']},
            'known': {'Fn::Equals': [{'Fn::FindInMap': ['M', 'a', 'b']}, 1]},
        }
        for name, expected in (
            ('big', 'no'),
            ('small', 'yes'),
            ('both', 'no'),
            ('either', 'yes'),
            ('known', 'yes'),
        ):
            value = {'Fn::If': [name, 'yes', 'no']}
            found = self.output(value, Conditions=conditions, Mappings={'M': {'a': {'b': 1}}})
            self.assertEqual(expected, found, name)
        source = template(
            Conditions={'never': {'Fn::Equals': ['a', 'b']}},
            Resources={'S': {**SERVER, 'Condition': 'never'}, 'T': SERVER},
        )
        self.assertEqual(['T'], list(self.compiled(source).resources))

    def test_resources(self) -> None:
        source = template(
            HEAT,
            Description='What it is.',
            Resources={
                'S': {
                    **SERVER,
                    'DependsOn': 'T',
                    'DeletionPolicy': 'Retain',
                    'Metadata': {'a': 1},
                    'UpdatePolicy': {},
                },
                'T': SERVER,
            },
        )
        made = self.compiled(source)
        self.assertEqual(('What it is.', '2012-12-12'), (made.description, made.version))
        one = made.resources['S']
        self.assertEqual(
            ('OS::Nova::Server', ('T',), 'Retain', {'a': 1}),
            (one.type, one.requires, one.deletion_policy, one.metadata),
        )

    def test_parameters(self) -> None:
        declared = {
            'a': {
                'Type': 'String',
                'NoEcho': 'true',
                'MinLength': '2',
                'MaxLength': 4,
                'AllowedPattern': '[a-z]*',
                'ConstraintDescription': 'letters only',
                'Default': 'abc',
            },
            'n': {'Type': 'Number', 'MinValue': 1, 'MaxValue': '9', 'Default': '5'},
            'c': {'Type': 'String', 'AllowedValues': ['x', 'y'], 'Default': 'x', 'Label': 'C'},
        }
        made = self.compiled(template(Parameters=declared))
        self.assertEqual(('a',), made.hidden)
        self.assertEqual({'a': 'abc', 'n': 5, 'c': 'x'}, dict(made.values))
        for given in ({'a': 'a'}, {'a': 'abcde'}, {'a': 'AB'}, {'n': 10}, {'n': 0}, {'c': 'z'}):
            error = self.raised(
                errors.InvalidParameter, self.compiled, template(Parameters=declared), **given
            )
            if 'a' in given:
                self.assertIn('letters only', str(error))

    def test_what_is_wrong_is_told_in_words_of_the_dialect(self) -> None:
        for place, kind, source in (
            ('Resources.S.Type', errors.UnknownType, {'Resources': {'S': {'Type': 'X'}}}),
            ('Resources.S.type', errors.InvalidSection, {'Resources': {'S': {'type': 'X'}}}),
            ('resources', errors.InvalidSection, {'resources': {}}),
            ('Resources', errors.InvalidSection, {'Resources': ['x']}),
            ('Mappings.M', errors.InvalidSection, {'Mappings': {'M': 1}}),
            ('Parameters.p.Type', errors.InvalidSection, {'Parameters': {'p': {'Type': 'list'}}}),
            (
                'Parameters.p.MinLength',
                errors.InvalidSection,
                {'Parameters': {'p': {'Type': 'String', 'MinLength': 'x'}}},
            ),
            (
                'Outputs.o.Value.Fn::FindInMap.0',
                errors.InvalidReference,
                {'Outputs': {'o': {'Value': {'Fn::FindInMap': ['M', 'a', 'b']}}}},
            ),
            (
                'Outputs.o.Value.Fn::GetAtt',
                errors.InvalidArguments,
                {'Outputs': {'o': {'Value': {'Fn::GetAtt': ['S']}}}},
            ),
        ):
            error = self.raised(kind, self.compiled, template(**source))
            self.assertEqual(place, error.path)

    def test_what_only_one_dialect_has(self) -> None:
        error = self.raised(
            errors.InvalidSection, self.compiled, template(HEAT, Conditions={'a': True})
        )
        self.assertEqual('Conditions', error.path)
        value = {'Fn::If': ['a', 1, 2]}
        self.raised(
            errors.UnknownFunction,
            self.compiled,
            template(HEAT, Outputs={'o': {'Value': value}}),
        )

    def test_versions(self) -> None:
        for source in (
            {AWS: '2012-12-12'},
            {HEAT: '2010-09-09'},
            {HEAT: 1},
        ):
            self.raised(errors.InvalidVersion, self.compiled, source)
        hot = {'heat_template_version': '2018-08-31'}
        self.assertIs(hot, cfn.as_hot(hot))
        self.raised(errors.InvalidVersion, self.compiled, {**hot, AWS: '2010-09-09'})
        self.raised(errors.InvalidSection, self.compiled, {**hot, 'mappings': {}})
