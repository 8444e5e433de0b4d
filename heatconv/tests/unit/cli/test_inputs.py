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

"""What is read from templates and environments."""

from __future__ import annotations

import io
from typing import Any

from heatconv.cli.errors import UsageError
from heatconv.cli.input.environments import read_environment
from heatconv.cli.input.inputs import read_template
from heatconv.cli.input.reader import Reader
from heatconv.cli.input.template_files import FileCollector
from heatconv.tests.unit.cli.base import TEMPLATE, CliTestCase


class TemplateTest(CliTestCase):
    def refused(self, text: str) -> UsageError:
        path = self.file('bad.yaml', text)
        error = self.assertRaises(UsageError, read_template, path, Reader(io.StringIO()))
        self.assertEqual(path, error.where)
        return error

    def test_file(self) -> None:
        template = read_template(self.template(), Reader(io.StringIO()))
        # A date stays what the user wrote.
        self.assertEqual({'heat_template_version': '2021-04-16', 'resources': {}}, template)

    def test_stdin(self) -> None:
        self.assertIn('resources', read_template('-', Reader(io.StringIO(TEMPLATE))))

    def test_broken_yaml_has_line_and_column(self) -> None:
        error = self.refused('a: 1\n  b: 2\n')
        self.assertIn('line 2, column 4', error.message)

    def test_repeated_keys(self) -> None:
        path = self.file('twice.yaml', 'a: 1\n\na: 2\n')
        warnings: list[str] = []
        template = read_template(path, Reader(io.StringIO(), repeated=warnings.append))
        self.assertEqual({'a': 2}, template)
        telling = "the key 'a' is in line 1, and again in line 3"
        self.assertEqual([f'{path}: {telling}: the last value counts'], warnings)
        error = self.assertRaises(UsageError, read_template, path, Reader(io.StringIO()))
        self.assertIn(telling, error.message)
        self.assertEqual(path, error.where)

    def test_no_mapping(self) -> None:
        self.refused('- a\n')

    def test_empty(self) -> None:
        self.assertIn('empty', self.refused('').message)

    def test_binary(self) -> None:
        path = self.directory / 'binary'
        path.write_bytes(b'\xff\xfe\x00')
        self.assertRaises(UsageError, read_template, str(path), Reader(io.StringIO()))

    def test_missing_file(self) -> None:
        error = self.assertRaises(
            UsageError, read_template, '/does/not/exist', Reader(io.StringIO())
        )
        self.assertIn('No such file', error.message)

    def test_exit_code_and_message(self) -> None:
        result = self.cli('stack', 'create', 'demo', '-t', self.file('bad.yaml', 'a: ['))
        self.assertEqual(2, result.code)
        self.assertRegex(result.err, r'^heatconv: error: .*bad\.yaml: .* line \d+, column \d+')
        self.assertNotIn('Traceback', result.err)

    def test_stdin_cannot_be_read_twice(self) -> None:
        result = self.cli('stack', 'create', 'demo', '-t', '-', '-e', '-', stdin=TEMPLATE)
        self.assertEqual(2, result.code)


class EnvironmentTest(CliTestCase):
    def read(self, *texts: str, parameters: tuple[tuple[str, str], ...] = ()) -> dict[str, Any]:
        paths = [self.file(f'{number}.yaml', text) for number, text in enumerate(texts)]
        reader = Reader(io.StringIO())
        return read_environment(paths, parameters, reader, FileCollector('', reader))

    def test_nothing(self) -> None:
        self.assertEqual({'parameters': {}, 'parameter_defaults': {}}, self.read())

    def test_later_counts_more(self) -> None:
        merged = self.read(
            'parameters: {a: 1, b: 1, c: 1}\nparameter_defaults: {z: 1}',
            'parameters: {b: 2, c: 2}',
            parameters=(('c', '3'),),
        )
        self.assertEqual({'a': 1, 'b': 2, 'c': '3'}, merged['parameters'])
        self.assertEqual({'z': 1}, merged['parameter_defaults'])

    def test_other_sections_pass(self) -> None:
        registry = {'OS::A': 'OS::B'}
        self.assertEqual(
            registry, self.read('resource_registry: {"OS::A": "OS::B"}')['resource_registry']
        )

    def test_unknown_section(self) -> None:
        error = self.assertRaises(UsageError, self.read, 'parameter: {a: 1}')
        self.assertIn("'parameter'", error.message)
        self.assertIn('parameters', error.remedy or '')

    def test_section_of_wrong_shape(self) -> None:
        self.assertRaises(UsageError, self.read, 'parameters: [a]')
        self.assertEqual({}, self.read('parameters:')['parameters'])

    def test_empty_file(self) -> None:
        self.assertEqual({}, self.read('')['parameters'])
