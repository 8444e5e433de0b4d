"""What is read of a request, and what is refused."""

from __future__ import annotations

from typing import Any

import testtools

from heatconv import exception
from heatconv.engine import content
from heatconv.hot.errors import InvalidSection, TemplateError
from heatconv.tests.unit.engine.parts import template

TEMPLATE = template({'A': {'type': 'OS::Heat::None'}})


def read(
    source: Any = TEMPLATE,
    params: Any = None,
    files: Any = None,
    args: Any = None,
    names: Any = None,
    size: int = 10_000,
) -> content.StackContent:
    return content.read(source, params, files, args, names, size)


class ReadTest(testtools.TestCase):
    def test_what_is_left_out_is_empty(self) -> None:
        got = read()
        nothing: dict[str, Any] = {'parameters': {}, 'parameter_defaults': {}}
        self.assertEqual({'template': TEMPLATE, 'environment': nothing, 'files': {}}, got.template)
        self.assertEqual({}, got.options)

    def test_template_environment_files_and_options_are_kept(self) -> None:
        got = read(
            params={'parameters': {'size': 1}},
            files={'a': 'text'},
            args={'timeout_mins': 5, 'disable_rollback': False},
        )
        self.assertEqual({'size': 1}, got.template['environment']['parameters'])
        self.assertEqual({'a': 'text'}, got.template['files'])
        self.assertEqual({'timeout_mins': 5, 'disable_rollback': False}, got.options)

    def test_parameters_alone(self) -> None:
        # As heat-api-cfn sends them.
        got = read(params={'Size': '1', 'Name': 'web'})
        self.assertEqual({'Size': '1', 'Name': 'web'}, got.template['environment']['parameters'])
        for wrong in (
            {'Size': '1', 'parameters': {}},
            {'Size': '1', 'resource_registry': {}},
            {'Size': '1', 'encrypted_param_names': []},
        ):
            error = self.assertRaises(exception.StackValidationFailed, read, params=wrong)
            self.assertIn("no section 'Size'", str(error))

    def test_template_that_is_no_mapping_is_refused(self) -> None:
        for wrong in (None, [], 'text', 1):
            error = self.assertRaises(exception.StackValidationFailed, read, wrong)
            self.assertIn('not a mapping', str(error))

    def test_template_at_the_limit_is_taken(self) -> None:
        # {"heat_template_version":"2018-08-31"}, in UTF-8
        source = template()
        self.assertEqual(source, read(source, size=38).template['template'])
        self.assertRaises(exception.RequestLimitExceeded, read, source, size=37)
        cyrillic = template(description='ж' * 10)
        # ,"description":"жжжжжжжжжж"
        self.assertEqual(cyrillic, read(cyrillic, size=38 + 17 + 20).template['template'])

    def test_template_of_what_json_cannot_hold(self) -> None:
        for wrong in (float('nan'), {1: 'a'}, 'x\ud800'):
            source = template(description=wrong)
            error = self.assertRaises(exception.StackValidationFailed, read, source)
            self.assertIn('template.description', str(error))

    def test_environment_that_is_wrong(self) -> None:
        for given in (
            {'params': [1]},
            {'params': {'parameters': []}},
            {'names': ['gone']},
            {'names': ['a'], 'files': {'a': '{'}},
        ):
            self.assertRaises(exception.StackValidationFailed, read, **given)


class MergeTest(testtools.TestCase):
    def parameters(self, params: Any, files: Any, *names: str) -> Any:
        return content.merge(params, files, names, 10_000)['parameters']

    def test_later_environments_win(self) -> None:
        files = {
            'one': 'parameters: {a: 1, b: 1, c: 1}',
            'two': {'parameters': {'b': 2, 'c': 2}},
        }
        params = {'parameters': {'c': 3}}
        self.assertEqual({'a': 1, 'b': 2, 'c': 3}, self.parameters(params, files, 'one', 'two'))
        self.assertEqual({'a': 1, 'b': 1, 'c': 3}, self.parameters(params, files, 'two', 'one'))

    def test_files_that_ask_to_be_merged(self) -> None:
        template = {
            'heat_template_version': '2021-04-16',
            'parameters': {name: {'type': 'string'} for name in 'abc'},
        }
        strategies = 'parameter_merge_strategies: {default: merge}'
        files = {
            'one': 'parameters: {a: 1x, b: 1y}\n' + strategies,
            'two': 'parameters: {a: 2x, b: 2y}\n' + strategies,
        }
        # As a client sends it: merged there without strategies, and with a value of its own.
        params = {'parameters': {'a': '2x', 'b': 'owned', 'c': 'c'}}
        made = content.merge(params, files, ['one', 'two'], 10_000, template)
        self.assertEqual({'a': '1x2x', 'b': 'owned', 'c': 'c'}, made['parameters'])
        self.assertNotIn('parameter_merge_strategies', made)

    def test_parameters_of_nested_templates_are_merged(self) -> None:
        strategies = 'parameter_merge_strategies: {default: merge}'
        files = {
            'one': 'parameter_defaults: {a: [1], b: [1]}\n' + strategies,
            'two': 'parameter_defaults: {a: [2], b: [2]}\n' + strategies,
            'inner.yaml': 'heat_template_version: 2021-04-16\n'
            'parameters: {a: {type: comma_delimited_list}}',
            'motd': 'hello',
        }
        template: dict[str, Any] = {'heat_template_version': '2021-04-16'}
        made = content.merge(None, files, ['one', 'two'], 10_000, template)
        # As in Heat, what no template declares is not merged, and the first value stays.
        self.assertEqual({'a': [1, 2], 'b': [1]}, made['parameter_defaults'])
        # The template itself takes precedence.
        files = {**files, 'one': files['one'].replace('[1]', 'x'), 'two': files['two']}
        files['two'] = files['two'].replace('[2]', 'y')
        template['parameters'] = {'a': {'type': 'string'}}
        made = content.merge(None, files, ['one', 'two'], 10_000, template)
        self.assertEqual('xy', made['parameter_defaults']['a'])

    def test_files_that_are_not_named_do_not_count(self) -> None:
        self.assertEqual({}, self.parameters(None, {'one': 'parameters: {a: 1}'}))

    def test_environment_that_is_not_among_the_files(self) -> None:
        error = self.assertRaises(TemplateError, self.parameters, None, {}, 'gone')
        self.assertEqual('environment_files', error.path)
        self.assertIn('gone is not among the files', str(error))

    def test_names_that_are_none(self) -> None:
        for wrong in (1, {'one': 1}, 'one'):
            error = self.assertRaises(TemplateError, content.merge, None, {}, wrong, 100)
            self.assertEqual('environment_files', error.path)

    def test_environment_that_is_none(self) -> None:
        for wrong in ([1], 'text', {'parameterz': {}, 'parameters': {}}, {'parameters': []}):
            self.assertRaises(InvalidSection, self.parameters, wrong, {})

    def test_environment_holds_what_json_can(self) -> None:
        for wrong in ({1: 'a'}, float('nan')):
            error = self.assertRaises(
                TemplateError, self.parameters, {'parameters': {'a': wrong}}, {}
            )
            self.assertTrue(error.path.startswith('environment.parameters'), error.path)

    def test_environment_file_is_held_to_the_size_of_a_template(self) -> None:
        text = 'parameters: {a: ' + 'x' * 100 + '}'
        self.assertRaises(TemplateError, content.merge, None, {'one': text}, ['one'], 100)
        self.assertEqual(
            'x' * 100, content.merge(None, {'one': text}, ['one'], 117)['parameters']['a']
        )


class OptionsTest(testtools.TestCase):
    def refused(self, **args: Any) -> str:
        return str(self.assertRaises(exception.StackValidationFailed, content.options_of, args))

    def test_what_is_null_or_no_option_is_left_out(self) -> None:
        args = {'timeout_mins': None, 'tags': None, 'existing': True, 'adopt_stack_data': None}
        self.assertEqual({}, content.options_of(args))

    def test_wrong_types(self) -> None:
        self.assertEqual('timeout_mins: it must be int', self.refused(timeout_mins='6x'))
        self.assertEqual('timeout_mins: it must be int', self.refused(timeout_mins='1' * 5000))
        self.assertEqual('disable_rollback: it must be bool', self.refused(disable_rollback='no'))
        self.assertIn('tags: it must be list or', self.refused(tags={'a': 1}))

    def test_timeout_is_positive_and_a_year_at_most(self) -> None:
        for wrong in (0, -1, 60 * 24 * 365 + 1):
            self.assertIn('timeout_mins', self.refused(timeout_mins=wrong))
        for right in (1, 60 * 24 * 365):
            self.assertEqual({'timeout_mins': right}, content.options_of({'timeout_mins': right}))
            # As heat-api-cfn sends it.
            text = str(right)
            self.assertEqual({'timeout_mins': right}, content.options_of({'timeout_mins': text}))
        self.assertIn('timeout_mins', self.refused(timeout_mins='0'))

    def test_tags_come_as_a_list_or_with_commas(self) -> None:
        for given in ('a,b', ['a', 'b']):
            self.assertEqual({'tags': ['a', 'b']}, content.options_of({'tags': given}))
        longest = 'x' * content.TAG_LENGTH
        self.assertEqual({'tags': [longest]}, content.options_of({'tags': [longest]}))

    def test_wrong_tags(self) -> None:
        for wrong in (['x' * 81], ['a,b'], [1]):
            self.assertIn('tags: each has at most 80', self.refused(tags=wrong))

    def test_tags_that_heat_takes(self) -> None:
        for given in (['a', '', ' b ', 'a'], [''], []):
            self.assertEqual({'tags': given}, content.options_of({'tags': given}))

    def test_booleans_may_be_text(self) -> None:
        for given, expected in (('true', True), ('False', False), (True, True)):
            options = content.options_of({'disable_rollback': given})
            self.assertEqual({'disable_rollback': expected}, options)
        self.assertIn('disable_rollback', self.refused(disable_rollback='perhaps'))
