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

"""Options of explore and replay that would be ignored are refused."""

from __future__ import annotations

from heatconv.tests.unit.cli.base import CliTestCase


class OptionsTest(CliTestCase):
    def refused(self, *argv: str) -> str:
        result = self.cli('scenario', *argv)
        self.assertEqual(2, result.code)
        self.assertEqual('', result.out)
        return result.err

    def test_bury_needs_park(self) -> None:
        for command in (('explore',), ('replay', '--random', '--number', '1')):
            error = self.refused(*command, '--bury', '--crash')
            self.assertIn('--bury kills workers that --park has suspended', error)
            self.assertIn('Add --park', error)

    def test_random_histories_have_no_names(self) -> None:
        self.assertIn('NAME cannot be combined', self.refused('explore', 'replace', '--random'))
        self.assertIn(
            '--scenario cannot be combined',
            self.refused('replay', '--random', '--number', '1', '--scenario', 'replace'),
        )

    def test_bounded_histories_have_no_names_and_no_faults(self) -> None:
        for options in (('replace',), ('--crash',), ('--park', '--bury'), ('--duplicate',)):
            error = self.refused('explore', '--bounded', *options)
            self.assertIn('--bounded has histories and faults of its own', error)
            self.assertIn('--drop, --duplicate', error)

    def test_faults_that_belong_together(self) -> None:
        result = self.cli(
            *('scenario', 'explore', '--random', '--park', '--bury'),
            *('--schedules', '2', '--jobs', '1', '--quiet'),
        )
        self.assertEqual((0, ''), (result.code, result.err))
        self.assertIn('2 schedules', result.out)
