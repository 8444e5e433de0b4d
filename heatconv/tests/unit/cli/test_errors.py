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

"""Which exit code and words an error gets."""

from __future__ import annotations

import io

import testtools

from heatconv import exception
from heatconv.cli import errors
from heatconv.tests.unit.cli.base import CliTestCase


class ExplainTest(testtools.TestCase):
    def test_input_that_can_never_work(self) -> None:
        for error in (
            exception.StackValidationFailed('bad'),
            exception.UserParameterMissing(key='size'),
            exception.UnknownUserParameter(key='size'),
            exception.InvalidTemplateVersion(explanation='none'),
            exception.CircularDependencyException(cycle='a b'),
            exception.by_name('InvalidSchemaError', 'x'),
        ):
            expected = 1 if type(error) is exception.HeatconvException else 2
            self.assertEqual(expected, errors.explain(error).exit_code, error)

    def test_refused(self) -> None:
        for error in (
            exception.EntityNotFound(entity='Stack', name='demo'),
            exception.ActionInProgress(stack_name='demo', action='UPDATE'),
            exception.NotSupported(feature='That'),
            exception.Forbidden(),
            exception.Unavailable(why='nobody there'),
            exception.HeatconvException('other'),
            OSError(13, 'Permission denied', '/x'),
            ValueError('defect'),
        ):
            explanation = errors.explain(error)
            self.assertEqual(1, explanation.exit_code, error)
            self.assertNotEqual('', explanation.message)

    def test_remedies(self) -> None:
        remedy = errors.explain(exception.UserParameterMissing(key='size')).remedy
        self.assertIn('--parameter', remedy or '')
        missing = exception.EntityNotFound(entity='Snapshot', name='s')
        self.assertIsNone(errors.explain(missing).remedy)

    def test_report(self) -> None:
        stream = io.StringIO()
        error = errors.UsageError('is bad', where='a.yaml', remedy='Make it good.')
        self.assertEqual(2, errors.report(error, stream))
        self.assertEqual('heatconv: error: a.yaml: is bad\n  Make it good.\n', stream.getvalue())

    def test_file_is_named(self) -> None:
        explanation = errors.explain(OSError(13, 'Permission denied', '/x'))
        self.assertEqual('/x: Permission denied', explanation.message)


class TracebackTest(CliTestCase):
    def test_only_on_demand(self) -> None:
        self.engine.raises['list_stacks'] = [ZeroDivisionError('oops'), ZeroDivisionError('oops')]
        result = self.cli('stack', 'list')
        self.assertEqual(1, result.code)
        self.assertNotIn('Traceback', result.err)
        self.assertIn('heatconv: error: ZeroDivisionError: oops', result.err)
        self.assertIn('Traceback', self.cli('--debug', 'stack', 'list').err)

    def test_interrupted_anywhere(self) -> None:
        self.engine.raises['list_stacks'] = [KeyboardInterrupt()]
        self.assertEqual(130, self.cli('stack', 'list').code)

    def test_reader_has_gone(self) -> None:
        self.engine.raises['list_stacks'] = [BrokenPipeError()]
        result = self.cli('stack', 'list')
        self.assertEqual((141, ''), (result.code, result.err))
