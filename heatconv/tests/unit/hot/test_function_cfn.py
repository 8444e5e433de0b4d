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

from heatconv.hot.errors import InvalidArguments, InvalidReference, UnknownFunction
from heatconv.tests.unit.hot.test_functions import FunctionTestCase, run

FIRST = '2013-05-23'
NAME = {'get_attr': ['server', 'name']}


class CloudFormationTest(FunctionTestCase):
    def equal(self, expected: Any, value: Any, version: str = FIRST) -> None:
        self.assertEqual(expected, run(value, version))

    def refused(self, name: str, path: str, telling: str, *arguments: Any) -> None:
        for argument in arguments:
            self.wrong(InvalidArguments, f'{name}{path}', telling, {name: argument}, FIRST)

    def test_ref(self) -> None:
        self.equal('db', {'Ref': 'name'})
        self.equal('id-1', {'Ref': 'server'})
        self.equal('owned', {'Ref': 'OS::stack_name'})
        self.wrong(
            InvalidReference,
            'Ref',
            'The Parameter (nothing) was not provided',
            {'Ref': 'nothing'},
            FIRST,
        )
        self.refused('Ref', '', 'a name, not a list', ['name'])

    def test_select(self) -> None:
        self.equal('b', {'Fn::Select': ['1', ['a', 'b']]})
        self.equal('', {'Fn::Select': [5, ['a', 'b']]})
        self.equal(1, {'Fn::Select': ['k', {'k': 1}]})
        self.equal(2, {'Fn::Select': ['1', '[1, 2]']})
        self.equal('', {'Fn::Select': [0, '']})
        self.equal('w', {'Fn::Select': [0, {'Fn::Split': ['e', NAME]}]})
        self.equal('a', {'Fn::Select': [0, ['a']]}, '2015-04-30')
        self.refused('Fn::Select', '.0', 'a number', ['x', ['a']])
        self.refused('Fn::Select', '.1', 'not JSON', [0, 'x'])
        self.refused('Fn::Select', '', 'write {Fn::Select', [0], 'x')

    def test_texts(self) -> None:
        self.equal('a-web', {'Fn::Join': ['-', ['a', NAME]]})
        self.equal(['a', 'b'], {'Fn::Split': [',', 'a,b']})
        self.equal('x web', {'Fn::Replace': [{'$a': 'x', '$b': NAME}, '$a $b']})
        self.equal('web', {'Fn::Base64': NAME})
        self.refused('Fn::Split', '.1', 'a string', [',', 1])
        self.refused('Fn::Replace', '', 'write {Fn::Replace', {}, [{}])
        self.refused('Fn::Replace', '.0', 'a map', ['x', 'y'])
        self.refused('Fn::Base64', '', 'a string', [])

    def test_members(self) -> None:
        members = ['.member.0.Name=k', '.member.0.Value=v=w', '.member.1.Name=only']
        self.equal({'k': 'v=w'}, {'Fn::MemberListToMap': ['Name', 'Value', members]})
        self.refused('Fn::MemberListToMap', '.2.0', 'member.0', ['Name', 'Value', ['x']])
        self.refused('Fn::MemberListToMap', '.2', 'a list', ['Name', 'Value', 'x'])
        self.equal({}, {'Fn::MemberListToMap': ['Name', 'Value', '']})

    def test_zones(self) -> None:
        self.equal(['nova'], {'Fn::GetAZs': ''})

    def test_facade(self) -> None:
        self.refused('Fn::ResourceFacade', '', 'use one of DeletionPolicy', 'metadata', [])

    def test_later_versions_have_none_of_them(self) -> None:
        self.wrong(
            UnknownFunction,
            'Fn::Select',
            'up to version 2015-04-30',
            {'Fn::Select': [0, ['a']]},
            '2015-10-15',
        )
