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

"""Waiting for stacks, and what is shown meanwhile."""

from __future__ import annotations

import io
from typing import Any

import fixtures
import testtools

from heatconv.cli.connection import Session
from heatconv.cli.output import plain, wording
from heatconv.cli.output.live import LiveReporter
from heatconv.cli.waiting.follower import (
    TIMEOUT_GRACE,
    Follower,
    newest_event,
)
from heatconv.cli.waiting.progress import Ending, Goal, Members, Progress, ResourceProgress
from heatconv.tests.unit.cli.base import CliTestCase, Terminal
from heatconv.tests.unit.cli.scripted import ScriptedEngine

CREATING = [
    [('a', 'CREATE', 'IN_PROGRESS', 'state changed')],
    [('a', 'CREATE', 'COMPLETE', 'state changed'), ('b', 'CREATE', 'IN_PROGRESS', 'state\nx')],
    [('b', 'CREATE', 'COMPLETE', '')],
    [('', 'CREATE', 'COMPLETE', 'done')],
]


class Time:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)


class Recorder(plain.PlainReporter):
    """Remembers the counts of every look."""

    members_shown = 3

    def __init__(self) -> None:
        super().__init__(io.StringIO())
        self.counts: list[tuple[int, int]] = []

    @property
    def text(self) -> str:
        return self._stream.getvalue()  # type: ignore[attr-defined,no-any-return]

    def update(self, progress: Progress, events: list[dict[str, Any]]) -> None:
        super().update(progress, events)
        self.counts.append((progress.done, progress.total))


class FollowerTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.engine = ScriptedEngine()
        self.stack = self.engine.add('demo')
        self.time = Time()
        self.recorder = Recorder()

    def follow(
        self,
        *actions: str,
        embedded: bool = True,
        timeout: float | None = None,
        marker: Any = None,
    ) -> Ending:
        session = Session(self.engine.call, embedded)
        return Follower(
            session,
            session.identify('demo'),
            self.recorder,
            marker,
            timeout,
            clock=lambda: self.time.now,
            sleep=self.time.sleep,
        ).follow(Goal(actions))

    def test_plain_lines(self) -> None:
        self.engine.scripts['CREATE'] = CREATING
        self.engine.begin(self.stack, 'CREATE')
        ending = self.follow('CREATE')
        self.assertEqual(
            """\
2026-11-24T10:00:00Z [demo] CREATE_IN_PROGRESS  Stack CREATE started
2026-11-24T10:00:00Z [demo.a] CREATE_IN_PROGRESS  state changed
2026-11-24T10:00:00Z [demo.a] CREATE_COMPLETE  state changed
2026-11-24T10:00:00Z [demo.b] CREATE_IN_PROGRESS  state x
2026-11-24T10:00:00Z [demo.b] CREATE_COMPLETE
2026-11-24T10:00:00Z [demo] CREATE_COMPLETE  done
demo CREATE_COMPLETE in 0.6 s: 2 resources
""",
            self.recorder.text,
        )
        self.assertEqual([(0, 1), (1, 2), (2, 2), (2, 2)], self.recorder.counts)
        self.assertEqual(2, ending.resources)

    def test_pauses(self) -> None:
        self.engine.begin(self.stack, 'CREATE')
        self.stack.frames = [[]] * 20 + [[('', 'CREATE', 'COMPLETE', '')]]
        self.follow('CREATE')
        self.assertEqual({0.2}, set(self.time.pauses))

    def test_pauses_grow_where_each_look_costs_others(self) -> None:
        self.engine.begin(self.stack, 'CREATE')
        self.stack.frames = [[]] * 20 + [[('', 'CREATE', 'COMPLETE', '')]]
        self.follow('CREATE', embedded=False)
        self.assertEqual((0.2, 1.0), (self.time.pauses[0], self.time.pauses[-1]))
        self.assertEqual(sorted(self.time.pauses), self.time.pauses)

    def test_more_events_than_a_page(self) -> None:
        self.engine.begin(self.stack, 'CREATE')
        many = [(f'r{number}', 'CREATE', 'COMPLETE', '') for number in range(450)]
        self.stack.frames = [many, [('', 'CREATE', 'COMPLETE', '')]]
        self.follow('CREATE')
        self.assertEqual(1 + 450 + 1 + 1, len(self.recorder.text.splitlines()))

    def test_marker_was_purged(self) -> None:
        self.engine.begin(self.stack, 'CREATE')
        self.stack.frames = [[], [('', 'CREATE', 'COMPLETE', 'done')]]
        self.follow('CREATE', marker='purged')
        # What happened before is not shown as if it were new.
        self.assertNotIn('IN_PROGRESS', self.recorder.text)
        self.assertIn('] CREATE_COMPLETE  done', self.recorder.text)

    def test_resources_of_before_count_in_a_create_but_not_in_an_update(self) -> None:
        self.stack.resources = {'a': ('CREATE', 'COMPLETE', ''), 'b': ('INIT', 'COMPLETE', '')}
        self.stack.status = 'IN_PROGRESS'
        self.stack.frames = [[], [('', 'CREATE', 'COMPLETE', '')]]
        self.follow('CREATE')
        self.assertEqual((1, 2), self.recorder.counts[0])
        self.stack.resources['b'] = ('CREATE', 'COMPLETE', '')
        self.engine.begin(self.stack, 'UPDATE')
        self.stack.frames = [[], [('', 'UPDATE', 'COMPLETE', '')]]
        self.recorder.counts.clear()
        self.follow(
            'UPDATE', marker=newest_event(Session(self.engine.call, True), {'stack_name': 'demo'})
        )
        self.assertEqual((0, 2), self.recorder.counts[0])

    def test_deleted(self) -> None:
        self.engine.scripts['DELETE'] = [
            [('a', 'DELETE', 'COMPLETE', '')],
            [('', 'DELETE', 'COMPLETE', '')],
        ]
        self.stack.resources = {'a': ('CREATE', 'COMPLETE', '')}
        self.engine.begin(self.stack, 'DELETE')
        ending = self.follow('DELETE')
        self.assertTrue(ending.gone)
        self.assertIn('demo DELETE_COMPLETE in 0.2 s: 1 resource\n', self.recorder.text)

    def test_gives_up_after_the_timeout(self) -> None:
        self.engine.begin(self.stack, 'CREATE')
        self.stack.frames = [[]] * 10_000
        ending = self.follow('CREATE', timeout=60.0)
        self.assertTrue(ending.timed_out)
        self.assertFalse(Goal(('CREATE',)).reached(ending))
        self.assertAlmostEqual(60.0 + TIMEOUT_GRACE, ending.seconds, delta=0.5)
        self.assertIn('stopped waiting', self.recorder.text)

    def test_rollback_gets_its_own_time(self) -> None:
        self.engine.begin(self.stack, 'CREATE')
        rolling = [('', 'ROLLBACK', 'IN_PROGRESS', '')]
        self.stack.frames = [[]] * 500 + [rolling] + [[]] * 500
        self.stack.frames.append([('', 'ROLLBACK', 'COMPLETE', '')])
        ending = self.follow('CREATE', timeout=60.0)
        self.assertFalse(ending.timed_out)
        self.assertEqual('ROLLBACK_COMPLETE', ending.state)

    def test_failure_of_before_the_wait_is_told(self) -> None:
        self.stack.resources = {'a': ('CREATE', 'FAILED', 'no quota')}
        self.stack.status = 'FAILED'
        self.assertEqual({'a': 'no quota'}, self.follow('CREATE').failures)

    def test_repaired_failure_is_not_told(self) -> None:
        self.engine.begin(self.stack, 'UPDATE')
        self.stack.frames = [
            [('a', 'UPDATE', 'FAILED', 'x')],
            [('a', 'UPDATE', 'COMPLETE', '')],
            [('', 'UPDATE', 'COMPLETE', '')],
        ]
        self.assertEqual({}, self.follow('UPDATE').failures)


def ending(**fields: Any) -> Ending:
    given: dict[str, Any] = {
        'stack_name': 'demo',
        'action': 'CREATE',
        'status': 'COMPLETE',
        'reason': '',
        'seconds': 3.21,
        'resources': 5,
        'failures': {},
    }
    return Ending(**(given | fields))


class WordsTest(testtools.TestCase):
    def test_summary(self) -> None:
        self.assertEqual('demo CREATE_COMPLETE in 3.2 s: 5 resources', wording.summary(ending()))

    def test_duration(self) -> None:
        self.assertEqual('0.0 s', wording.duration(0))
        self.assertEqual('1 min 5 s', wording.duration(65.2))
        self.assertEqual('2 h 3 min', wording.duration(7385))

    def test_many_failures(self) -> None:
        lines = wording.failure_lines(
            ending(reason='why', failures={f'r{number}': 'x' for number in range(23)})
        )
        self.assertEqual('demo: why', lines[0])
        self.assertEqual(22, len(lines))
        self.assertTrue(lines[-1].startswith('and 3 more'))

    def test_quiet(self) -> None:
        stream = io.StringIO()
        quiet = plain.QuietReporter(stream)
        quiet.end(ending(), reached=True)
        self.assertEqual('', stream.getvalue())
        quiet.end(ending(status='FAILED', reason='why'), reached=False)
        self.assertIn('demo: why', stream.getvalue())


class ChoiceTest(CliTestCase):
    def test_quiet(self) -> None:
        result = self.cli('-q', 'stack', 'create', 'demo', '-t', self.template(), '--wait')
        self.assertEqual((0, ''), (result.code, result.err))

    def test_pipe_gets_no_control_characters(self) -> None:
        result = self.cli('stack', 'create', 'demo', '-t', self.template(), '--wait')
        self.assertNotIn('\x1b', result.err + result.out)

    def test_terminal(self) -> None:
        self.useFixture(fixtures.EnvironmentVariable('TERM', 'xterm-256color'))
        argv = ('stack', 'create', 'demo', '-t', self.template(), '--wait')
        result = self.cli(*argv, terminal=True)
        self.assertIn('\x1b[', result.err)
        self.assertNotIn('\x1b', result.out)
        self.assertNotIn('Z [demo]', result.err)

    def test_dumb_terminal(self) -> None:
        self.useFixture(fixtures.EnvironmentVariable('TERM', 'dumb'))
        argv = ('stack', 'create', 'demo', '-t', self.template(), '--wait')
        self.assertNotIn('\x1b', self.cli(*argv, terminal=True).err)

    def test_no_color(self) -> None:
        self.useFixture(fixtures.EnvironmentVariable('TERM', 'xterm-256color'))
        argv = ('stack', 'create', 'demo', '-t', self.template(), '--wait', '--no-color')
        # 32 is green.
        self.assertNotIn('\x1b[32m', self.cli(*argv, terminal=True).err)
        self.assertIn(
            '\x1b[32m',
            self.cli(*argv[:3], '-t', argv[4], '--wait', terminal=True).err
            if self.engine.stacks.clear() is None
            else '',
        )


class MembersTest(FollowerTest):
    """The resources of nested stacks are counted while these are in progress."""

    def nest(self, name: str, **resources: tuple[str, str, str]) -> None:
        child = self.engine.add(f'demo-{name}')
        child.resources.update(resources)
        self.stack.nested[name] = child.name

    def counted(self, frames: Any) -> dict[str, Members]:
        """Return what is counted at the last look at a stack in progress."""
        self.engine.scripts['CREATE'] = frames
        self.engine.begin(self.stack, 'CREATE')
        seen: list[dict[str, Members]] = []
        update = self.recorder.update

        def recorded(progress: Progress, events: list[dict[str, Any]]) -> None:
            update(progress, events)
            if progress.status == 'IN_PROGRESS':
                seen.append(dict(progress.members))

        self.useFixture(fixtures.MockPatchObject(self.recorder, 'update', recorded))
        self.follow('CREATE')
        return seen[-1]

    def test_members(self) -> None:
        self.nest(
            'group',
            a=('CREATE', 'COMPLETE', ''),
            b=('CREATE', 'IN_PROGRESS', ''),
            c=('INIT', 'COMPLETE', ''),
        )
        frames = [
            [('group', 'CREATE', 'IN_PROGRESS', ''), ('one', 'CREATE', 'IN_PROGRESS', '')],
            [('', 'CREATE', 'COMPLETE', '')],
        ]
        self.assertEqual({'group': Members('CREATE', 1, 1, 3)}, self.counted(frames))

    def test_nested_stack_that_is_gone(self) -> None:
        self.nest('group')
        del self.engine.stacks['demo-group']
        frames = [[('group', 'CREATE', 'IN_PROGRESS', '')], [('', 'CREATE', 'COMPLETE', '')]]
        self.assertEqual({}, self.counted(frames))

    def test_engine_that_does_not_answer_for_the_members(self) -> None:
        """What only informs fails no wait."""
        for name in ('one', 'two'):
            self.nest(name, a=('CREATE', 'COMPLETE', ''))
        frames = [
            [(name, 'CREATE', 'IN_PROGRESS', '') for name in ('one', 'two')],
            [('', 'CREATE', 'COMPLETE', '')],
        ]
        call, asked = self.engine.call, []

        def broken(method: str, **arguments: Any) -> Any:
            name = arguments.get('stack_identity', {}).get('stack_name', '')
            if name in ('demo-one', 'demo-two'):
                asked.append(name)
                raise ValueError('no answer')
            return call(method, **arguments)

        self.useFixture(fixtures.MockPatchObject(self.engine, 'call', broken))
        self.assertEqual({}, self.counted(frames))
        # It may be slow to fail: the others are not asked for.
        self.assertEqual(['demo-one'], asked)

    def test_reporter_that_shows_no_members(self) -> None:
        self.nest('group', a=('CREATE', 'COMPLETE', ''))
        self.recorder.members_shown = 0
        frames = [[('group', 'CREATE', 'IN_PROGRESS', '')], [('', 'CREATE', 'COMPLETE', '')]]
        self.assertEqual({}, self.counted(frames))
        listed = [one['stack_identity'] for one in self.engine.called('list_stack_resources')]
        self.assertNotIn({'stack_name': 'demo-group'}, listed)

    def test_counting_is_bounded(self) -> None:
        names = [f'group{number}' for number in range(5)]
        for name in names:
            self.nest(name, a=('CREATE', 'COMPLETE', ''))
        frames = [
            [(name, 'CREATE', 'IN_PROGRESS', '') for name in names],
            [('', 'CREATE', 'COMPLETE', '')],
        ]
        self.assertEqual(3, len(self.counted(frames)))


class DrawingTest(testtools.TestCase):
    def draw(self, state: Progress) -> str:
        self.useFixture(fixtures.EnvironmentVariable('TERM', 'xterm-256color'))
        self.useFixture(fixtures.EnvironmentVariable('COLUMNS', '100'))
        stream = Terminal()
        reporter = LiveReporter(stream, color=False, clock=lambda: state.started + 12)
        reporter.begin(state)
        reporter.update(state, [])
        reporter.abort()
        return stream.getvalue()

    def test_before_anything_is_known(self) -> None:
        self.draw(Progress('demo', 0.0))

    def test_all_parts(self) -> None:
        state = Progress('de[b]mo', 0.0, 'UPDATE', 'IN_PROGRESS')
        for number in range(30):
            state.resources[f'r{number}'] = ResourceProgress('UPDATE', 'IN_PROGRESS', since=10.0)
            state.failures[f'f{number}'] = 'first line\nsecond line'
        state.resources['ok'] = ResourceProgress('UPDATE', 'COMPLETE', reported=True)
        state.members['r0'] = Members('UPDATE', 7, 2, 9)
        # What was counted during another action says nothing.
        state.members['r1'] = Members('CREATE', 3, 2, 8)
        drawn = self.draw(state)
        # A name is never taken for markup.
        for part in (
            'de[b]mo',
            'UPDATE_IN_PROGRESS',
            '12.0 s',
            '1/31 resources',
            'and 26 more failed',
            'first line',
            'r0',
            '2.0 s',
            'and 24 more',
            '2 of 9 resources in progress',
        ):
            self.assertIn(part, drawn)
        self.assertNotIn('second line', drawn)
        self.assertNotIn('3/8', drawn)

    def test_nested_stacks_that_are_created_and_deleted(self) -> None:
        for action, told in (('CREATE', '7/9 resources'), ('DELETE', '9 resources left')):
            state = Progress('demo', 0.0, action, 'IN_PROGRESS')
            state.resources['group'] = ResourceProgress(action, 'IN_PROGRESS', since=10.0)
            state.members['group'] = Members(action, 7, 1, 9)
            self.assertIn(told, self.draw(state))
