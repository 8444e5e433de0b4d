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

"""Commands that change stacks: what they ask for, and their exit codes."""

from __future__ import annotations

from heatconv import exception
from heatconv.tests.unit.cli.base import TEMPLATE, CliTestCase

FAILING = [
    [('a', 'CREATE', 'IN_PROGRESS', 'state changed')],
    [('a', 'CREATE', 'FAILED', 'no quota')],
    [('', 'CREATE', 'FAILED', 'Resource CREATE failed: no quota')],
]
ROLLING_BACK = [
    *FAILING[:2],
    [('', 'ROLLBACK', 'IN_PROGRESS', 'Stack ROLLBACK started: no quota')],
    [('a', 'DELETE', 'COMPLETE', 'state changed')],
    [('', 'ROLLBACK', 'COMPLETE', 'Stack ROLLBACK completed successfully')],
]


class CreateTest(CliTestCase):
    def create(self, *options: str) -> int:
        self.result = self.cli('stack', 'create', 'demo', '-t', self.template(), *options)
        return self.result.code

    def test_arguments(self) -> None:
        environment = self.file('env.yaml', 'parameters: {a: 1}')
        self.create('-e', environment, '--parameter', 'b=2', '--timeout', '5', '--tags', 'x, y')
        (asked,) = self.engine.called('create_stack')
        self.assertEqual('demo', asked['stack_name'])
        self.assertEqual('2021-04-16', asked['template']['heat_template_version'])
        self.assertEqual({'a': 1, 'b': '2'}, asked['params']['parameters'])
        self.assertEqual(
            {'timeout_mins': 5, 'disable_rollback': True, 'tags': ['x', 'y']}, asked['args']
        )

    def test_rollback_is_off_unless_enabled(self) -> None:
        self.create('--enable-rollback')
        (asked,) = self.engine.called('create_stack')
        self.assertEqual({'disable_rollback': False}, asked['args'])

    def test_template_from_stdin(self) -> None:
        self.cli('stack', 'create', 'demo', '-t', '-', stdin=TEMPLATE)
        self.assertEqual(1, len(self.engine.called('create_stack')))

    def test_complete(self) -> None:
        self.assertEqual(0, self.create('--wait', '-f', 'json'))
        self.assertEqual('CREATE_COMPLETE', self.result.json['stack_status'])
        self.assertIn('demo CREATE_COMPLETE in ', self.result.err)

    def test_without_wait_it_is_only_accepted(self) -> None:
        self.engine.scripts['CREATE'] = [[], *FAILING]
        self.assertEqual(0, self.create('-f', 'value', '-c', 'stack_status'))
        self.assertEqual('CREATE_IN_PROGRESS\n', self.result.out)
        self.assertIn('--follow', self.result.err)
        self.assertEqual([], self.slept)

    def test_failed(self) -> None:
        self.engine.scripts['CREATE'] = FAILING
        self.assertEqual(1, self.create('--wait', '-f', 'json'))
        self.assertEqual('CREATE_FAILED', self.result.json['stack_status'])
        self.assertIn('demo: Resource CREATE failed: no quota\n', self.result.err)
        self.assertIn('demo.a: no quota\n', self.result.err)

    def test_rolled_back_is_not_what_was_wanted(self) -> None:
        self.engine.scripts['CREATE'] = ROLLING_BACK
        self.assertEqual(1, self.create('--wait'))
        self.assertIn('demo ROLLBACK_COMPLETE in ', self.result.err)
        # The reason outlives the rollback.
        self.assertIn('demo.a: no quota\n', self.result.err)

    def test_overtaken_by_another_action(self) -> None:
        self.engine.scripts['CREATE'] = [
            [('', 'UPDATE', 'IN_PROGRESS', '')],
            [('', 'UPDATE', 'COMPLETE', '')],
        ]
        self.assertEqual(1, self.create('--wait'))

    def test_exists(self) -> None:
        self.engine.add('demo')
        self.assertEqual(2, self.create())
        self.assertIn('heatconv: error: The Stack (demo) already exists.', self.result.err)
        self.assertIn('heatconv stack update', self.result.err)

    def test_engine_dies_and_another_goes_on(self) -> None:
        self.engine.scripts['CREATE'] = [[], [], [('', 'CREATE', 'COMPLETE', '')]]
        self.engine.raises['list_events'] = [exception.Unavailable(why='dead')] * 2
        self.assertEqual(0, self.create('--wait'))

    def test_no_engine_answers_any_more(self) -> None:
        self.engine.scripts['CREATE'] = [[]] * 50
        self.engine.raises['list_events'] = [exception.Unavailable(why='dead')] * 3
        self.assertEqual(1, self.create('--wait'))
        self.assertIn('heatconv-engine', self.result.err)

    def test_interrupted(self) -> None:
        self.engine.raises['show_stack'] = [KeyboardInterrupt()]
        self.assertEqual(130, self.create('--wait'))
        self.assertIn('demo continues', self.result.err)


class EmbeddedTest(CliTestCase):
    """Without a server nothing goes on when the command ends."""

    embedded = True
    interrupted = ('old',)

    def setUp(self) -> None:
        super().setUp()
        self.old = self.engine.add('old', status='IN_PROGRESS')
        self.old.frames = [[], [], [('', 'CREATE', 'COMPLETE', 'done')]]

    def test_waits_unasked_and_for_interrupted_stacks_too(self) -> None:
        result = self.cli('stack', 'create', 'demo', '-t', self.template())
        self.assertEqual(0, result.code)
        self.assertIn('demo CREATE_COMPLETE in ', result.err)
        self.assertIn('old CREATE_COMPLETE in ', result.err)
        self.assertEqual('COMPLETE', self.old.status)

    def test_views_answer_after_interrupted_stacks_are_at_rest(self) -> None:
        result = self.cli('stack', 'list', '-f', 'value', '-c', 'stack_status')
        self.assertEqual((0, 'CREATE_COMPLETE\n'), (result.code, result.out))

    def test_failure_of_an_interrupted_stack_is_not_that_of_the_command(self) -> None:
        self.old.frames = [[('', 'CREATE', 'FAILED', 'no quota')]]
        result = self.cli('stack', 'list')
        self.assertEqual(0, result.code)
        self.assertIn('old: no quota', result.err)

    def test_interrupted_stack_is_acted_upon_at_once(self) -> None:
        result = self.cli('stack', 'delete', 'old')
        self.assertEqual(0, result.code)
        self.assertEqual(1, result.err.count('old DELETE_COMPLETE in '))
        self.assertNotIn('CREATE_COMPLETE', result.err)

    def test_interrupted_stack_is_gone(self) -> None:
        self.old.frames = [[('', 'DELETE', 'COMPLETE', '')]]
        self.assertEqual(0, self.cli('stack', 'list').code)

    def test_ctrl_c_says_who_goes_on(self) -> None:
        self.engine.raises['show_stack'] = [KeyboardInterrupt()]
        result = self.cli('stack', 'create', 'demo', '-t', self.template())
        self.assertEqual(130, result.code)
        self.assertIn('next heatconv command continues demo', result.err)


class UpdateTest(CliTestCase):
    def setUp(self) -> None:
        super().setUp()
        stack = self.engine.add('demo')
        self.engine.tell(stack, ('a', 'CREATE', 'COMPLETE', 'of old'))
        self.engine.tell(stack, ('', 'CREATE', 'COMPLETE', 'of old'))

    def test_shows_only_its_own_events(self) -> None:
        result = self.cli('stack', 'update', 'demo', '-t', self.template(), '--wait')
        self.assertEqual(0, result.code)
        self.assertIn('UPDATE_IN_PROGRESS', result.err)
        self.assertNotIn('of old', result.err)

    def test_arguments(self) -> None:
        self.cli('stack', 'update', 'demo', '-t', self.template())
        (asked,) = self.engine.called('update_stack')
        self.assertEqual('id-of-demo', asked['stack_identity']['stack_id'])
        # What is not said stays as it was.
        self.assertEqual({}, asked['args'])

    def test_existing(self) -> None:
        self.cli(
            'stack', 'update', 'demo', '--existing', '--parameter', 'a=1', '--disable-rollback'
        )
        (asked,) = self.engine.called('update_stack')
        self.assertIsNone(asked['template'])
        self.assertEqual({'existing': True, 'disable_rollback': True}, asked['args'])
        self.assertEqual({'a': '1'}, asked['params']['parameters'])

    def test_failed(self) -> None:
        self.engine.scripts['UPDATE'] = [[('', 'UPDATE', 'FAILED', 'broken')]]
        result = self.cli('stack', 'update', 'demo', '--existing', '--wait')
        self.assertEqual(1, result.code)
        self.assertIn('demo: broken', result.err)

    def test_unknown_stack(self) -> None:
        result = self.cli('stack', 'update', 'nope', '-t', self.template())
        self.assertEqual(1, result.code)
        self.assertIn('heatconv stack list', result.err)


class DeleteTest(CliTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.engine.add('demo')
        self.engine.add('test')

    def test_gone_is_what_was_wanted(self) -> None:
        result = self.cli('stack', 'delete', 'demo', 'test', '--wait')
        self.assertEqual(0, result.code)
        self.assertEqual({}, self.engine.stacks)
        self.assertIn('test DELETE_COMPLETE in ', result.err)
        self.assertEqual('', result.out)

    def test_failed(self) -> None:
        self.engine.scripts['DELETE'] = [[('', 'DELETE', 'FAILED', 'in use')]]
        result = self.cli('stack', 'delete', 'demo', '--wait')
        self.assertEqual(1, result.code)
        self.assertIn('demo: in use', result.err)

    def test_one_is_unknown(self) -> None:
        result = self.cli('stack', 'delete', 'nope', 'demo', '--wait')
        self.assertEqual(1, result.code)
        self.assertIn('nope', result.err)
        self.assertEqual(['test'], list(self.engine.stacks))

    def test_terminal_is_asked(self) -> None:
        result = self.cli('stack', 'delete', 'demo', stdin='n\n', terminal=True)
        self.assertEqual(1, result.code)
        self.assertIn('Delete stack demo', result.err)
        self.assertIn('Nothing was deleted.', result.err)
        self.assertEqual([], self.engine.called('delete_stack'))

    def test_end_of_input_is_no(self) -> None:
        self.assertEqual(1, self.cli('stack', 'delete', 'demo', terminal=True).code)
        self.assertEqual([], self.engine.called('delete_stack'))

    def test_yes(self) -> None:
        self.cli('stack', 'delete', 'demo', stdin='y\n', terminal=True)
        self.cli('stack', 'delete', 'test', '-y', terminal=True)
        self.assertEqual(2, len(self.engine.called('delete_stack')))

    def test_same_stack_twice(self) -> None:
        self.assertEqual(0, self.cli('stack', 'delete', 'demo', 'demo', '--wait').code)
        self.assertEqual(1, len(self.engine.called('delete_stack')))


class RollbackAndCancelTest(CliTestCase):
    def test_rollback(self) -> None:
        self.engine.add('demo', action='UPDATE', status='FAILED')
        self.assertEqual(0, self.cli('stack', 'rollback', 'demo', '--wait').code)

    def test_rollback_fails(self) -> None:
        self.engine.scripts['ROLLBACK'] = [[], [('', 'ROLLBACK', 'FAILED', 'x')]]
        self.engine.add('demo', action='UPDATE', status='FAILED')
        self.assertEqual(1, self.cli('stack', 'rollback', 'demo', '--wait').code)

    def test_nothing_to_roll_back(self) -> None:
        self.engine.add('demo', action='UPDATE')
        result = self.cli('stack', 'rollback', 'demo', '--wait')
        self.assertEqual(0, result.code)
        self.assertIn('already has its last good template', result.err)

    def test_cancel(self) -> None:
        self.engine.add('demo', action='UPDATE', status='IN_PROGRESS')
        self.assertEqual(0, self.cli('stack', 'cancel', 'demo', '--wait').code)
        (asked,) = self.engine.called('stack_cancel_update')
        self.assertTrue(asked['cancel_with_rollback'])

    def test_cancel_comes_too_late(self) -> None:
        self.engine.scripts['ROLLBACK'] = [[('', 'UPDATE', 'COMPLETE', '')]]
        self.engine.add('demo', action='UPDATE', status='IN_PROGRESS')
        self.assertEqual(1, self.cli('stack', 'cancel', 'demo', '--wait').code)

    def test_cancel_without_rollback_wants_it_stopped(self) -> None:
        self.engine.add('demo', action='UPDATE', status='IN_PROGRESS')
        self.assertEqual(0, self.cli('stack', 'cancel', 'demo', '--no-rollback', '--wait').code)
        (asked,) = self.engine.called('stack_cancel_update')
        self.assertFalse(asked['cancel_with_rollback'])
