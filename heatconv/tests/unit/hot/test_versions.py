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

from heatconv.hot import versions
from heatconv.hot.errors import InvalidVersion
from heatconv.tests.unit.hot.raising import TemplateTestCase


class VersionTest(TemplateTestCase):
    def test_every_version_of_heat(self) -> None:
        self.assertEqual(
            [
                '2013-05-23',
                '2014-10-16',
                '2015-04-30',
                '2015-10-15',
                '2016-04-08',
                '2016-10-14',
                'newton',
                '2017-02-24',
                'ocata',
                '2017-09-01',
                'pike',
                '2018-03-02',
                'queens',
                '2018-08-31',
                'rocky',
                '2021-04-16',
                'wallaby',
            ],
            list(versions.ACCEPTED),
        )

    def test_both_names_mean_the_same(self) -> None:
        self.assertIs(versions.ACCEPTED['newton'], versions.ACCEPTED['2016-10-14'])

    def test_functions_come_and_go(self) -> None:
        def has(version: str, name: str) -> bool:
            return name in versions.ACCEPTED[version].functions

        self.assertTrue(has('2013-05-23', 'Ref'))
        self.assertFalse(has('2014-10-16', 'Ref'))
        self.assertTrue(has('2015-04-30', 'Fn::Select'))
        self.assertFalse(has('2015-10-15', 'Fn::Select'))
        self.assertFalse(has('2015-04-30', 'str_split'))
        self.assertTrue(has('wallaby', 'str_split'))
        self.assertTrue(has('newton', 'if'))
        self.assertEqual(21, len(versions.ACCEPTED['wallaby'].functions))

    def test_since(self) -> None:
        ocata = versions.ACCEPTED['ocata']
        self.assertTrue(ocata.since('2017-02-24'))
        self.assertTrue(ocata.since('2016-10-14'))
        self.assertFalse(ocata.since('2017-09-01'))

    def test_unknown_version(self) -> None:
        key = 'heat_template_version'
        for source, telling in (
            ({}, 'there is no heat_template_version'),
            ({key: '2013-05-24'}, "version is invalid: '2013-05-24' (did you mean '2013-05-23'?"),
            ({key: 'zed'}, "version is invalid: 'zed' (accepted are 2013-05-23, 2014-10-16"),
            ({key: 20130523}, 'must be a string'),
            ({key: None}, 'must be a string'),
        ):
            self.assert_wrong(
                InvalidVersion,
                key,
                (telling, 'rocky, 2021-04-16, wallaby'),
                versions.version_of,
                source,
            )

    def test_two_languages(self) -> None:
        source = {'heat_template_version': '2013-05-23', 'HeatTemplateFormatVersion': '2012-12-12'}
        self.assert_wrong(
            InvalidVersion,
            'HeatTemplateFormatVersion',
            'one language',
            versions.version_of,
            source,
        )
