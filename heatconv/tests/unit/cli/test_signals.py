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

"""The command that sends a signal: what it asks for, and which stacks it waits for."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from heatconv.cli.connection import Session
from heatconv.cli.settings import Settings
from heatconv.tests.unit.cli.base import CliTestCase


class SignalTest(CliTestCase):
    embedded = True

    def setUp(self) -> None:
        super().setUp()
        self.engine.add('pool')
        self.waited: list[frozenset[str]] = []

    @contextlib.contextmanager
    def _connect(self, settings: Settings, notice: Callable[[str], None]) -> Iterator[Session]:
        yield Session(
            self.engine.call,
            self.embedded,
            self.interrupted,
            lambda: frozenset(
                stack.stack_id
                for stack in self.engine.stacks.values()
                if stack.status == 'IN_PROGRESS'
            ),
            self._wait_idle,
        )

    def _wait_idle(self, timeout: float, besides: frozenset[str]) -> bool:
        self.waited.append(besides)
        return True

    def test_data(self) -> None:
        self.assertEqual(0, self.cli('stack', 'signal', 'pool', 'a', '--data', '{"a": 1}').code)
        (asked,) = self.engine.called('resource_signal')
        self.assertEqual(('a', {'a': 1}), (asked['resource_name'], asked['details']))
        result = self.cli('stack', 'signal', 'pool', 'a', '--data', '{')
        self.assertEqual(2, result.code)
        self.assertIn('the data is not valid JSON', result.err)

    def test_waits_for_no_stack_that_another_process_continues(self) -> None:
        waiting = self.engine.add('waiting', status='IN_PROGRESS')
        result = self.cli('stack', 'signal', 'waiting', 'handle')
        self.assertEqual((0, ''), (result.code, result.err))
        self.assertEqual([frozenset((waiting.stack_id,))], self.waited)

    def test_interrupted_stack_is_continued(self) -> None:
        self.interrupted = ('old',)
        old = self.engine.add('old', status='IN_PROGRESS')
        old.frames = [[], [('', 'CREATE', 'COMPLETE', 'done')]]
        result = self.cli('stack', 'signal', 'old', 'handle')
        self.assertEqual(0, result.code)
        self.assertIn('old CREATE_COMPLETE in ', result.err)
