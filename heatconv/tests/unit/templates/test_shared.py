"""Templates that are compiled once, whatever the values of their parameters."""

from __future__ import annotations

from typing import Any

import fixtures
import hypothesis
import testtools
from hypothesis import strategies

from heatconv.convergence.model import Stack
from heatconv.engine import outputs
from heatconv.hot.errors import TemplateError
from heatconv.templates import shared
from heatconv.tests.unit.engine.parts import Parts, template, thing

PARAMETERS = {
    'text': {'type': 'string', 'default': 'plain'},
    'number': {'type': 'number', 'default': 3},
    'list': {'type': 'comma_delimited_list', 'default': 'a,b'},
    'map': {'type': 'json', 'default': {'key': ['in', 'map']}},
    'flag': {'type': 'boolean', 'default': True},
}
TEXTS = [
    {'get_param': 'text'},
    {'get_param': 'number'},
    {'get_param': ['list', 1]},
    {'get_param': ['map', 'key', 0]},
    {'get_param': ['map', 'missing']},
    {'list_join': ['-', {'get_param': 'list'}]},
    {'list_join': ['-', [{'get_param': 'text'}, 'x']]},
    {'str_replace': {'template': 'a b', 'params': {'a': {'get_param': 'text'}}}},
    {'str_split': [',', {'get_param': 'text'}, 0]},
    {'get_param': 'OS::stack_name'},
    'written',
]


FLAG = {'equals': [{'get_param': 'flag'}, True]}


def content(resources: Any, environment: Any = None, files: Any = None, **more: Any) -> Any:
    return {
        'template': template(resources, parameters=PARAMETERS, **more),
        'environment': environment or {'parameters': {}},
        'files': files or {},
    }


class SharedTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.parts = Parts()
        self.shared = self.parts.templates.shared
        self.stack = Stack('stack', 'project', 'name')

    def instance(self, asked: Any, template_id: str = 'one') -> Any:
        return self.shared.instance(template_id, asked)

    @hypothesis.given(
        strategies.lists(strategies.sampled_from(TEXTS), max_size=3),
        strategies.sampled_from(TEXTS),
        strategies.dictionaries(
            strategies.sampled_from(['text', 'list']),
            strategies.text('abc,', min_size=1),
            max_size=2,
        ),
    )
    @hypothesis.settings(deadline=None, max_examples=80)
    def test_instance_is_what_the_values_compile_to(
        self, texts: Any, output: Any, values: Any
    ) -> None:
        self.parts = Parts()
        self.shared = self.parts.templates.shared
        asked = content(
            {f'r{number}': thing(text) for number, text in enumerate(texts)},
            {'parameters': values},
            outputs={'output': {'value': output}},
        )
        ordinary = self.parts.templates.compile(asked)
        instance = self.instance(asked)
        self.assertEqual(ordinary.definitions, instance.definitions)
        self.assertEqual(ordinary.hot.values, instance.hot.values)
        for name in ordinary.definitions:
            self.assertEqual(ordinary.source_of(name), instance.source_of(name))
            self.assertEqual(
                ordinary.definition(name).desired(self.stack, 'id', {}),
                instance.definition(name).desired(self.stack, 'id', {}),
            )
        self.assertEqual(
            outputs.values(lambda stack_id: [], self.stack, ordinary),
            outputs.values(lambda stack_id: [], self.stack, instance),
        )

    def test_template_is_compiled_once(self) -> None:
        compiled = []
        compile_shared = self.shared._compile_shared

        def counted(asked: Any) -> Any:
            compiled.append(asked)
            return compile_shared(asked)

        self.shared._compile_shared = counted
        for value in ('one', 'two', 'three'):
            asked = content({'r': thing({'get_param': 'text'})}, {'parameters': {'text': value}})
            instance = self.instance(asked, value)
            self.assertEqual(value, instance.hot.values['text'])
            self.assertIs(instance, self.instance(asked, value))
        self.assertEqual(1, len(compiled))
        other = content({'r': thing({'get_param': 'text'})}, files={'a': 'file'})
        self.instance(other, 'other')
        self.assertEqual(2, len(compiled))

    def test_group_is_not_compiled_to_find_that_it_nests(self) -> None:
        def never(asked: Any) -> Any:
            raise AssertionError('it was compiled')

        self.shared._compile_shared = never
        group = {'type': 'OS::Heat::ResourceGroup', 'properties': {'resource_def': thing()}}
        files = {'a.yaml': template({'x': thing()})}
        self.assertIsNone(self.instance(content({'r': group})))
        self.assertIsNone(self.instance(content({'r': {'type': 'a.yaml'}}, files=files)))

    def test_what_must_know_the_values_is_not_shared(self) -> None:
        facade = {'deletion_policy': 'Delete', 'metadata': {}}
        for resources in (
            {'r': {**thing(), 'condition': {'equals': [{'get_param': 'text'}, 'x']}}},
            {'r': thing({'get_file': {'get_param': 'text'}})},
            {'r': thing({'get_resource': {'get_param': 'text'}})},
            {'r': {**thing(), 'external_id': {'get_param': 'text'}}},
            {'r': {'type': 'OS::Heat::TestResource', 'properties': {'get_param': 'map'}}},
            {'r': {'type': 'OS::Heat::ResourceGroup', 'properties': {'resource_def': thing()}}},
            {'r': {'type': 'a.yaml'}},
            {'q': thing(), 'r': thing({'if': [FLAG, 'x', {'get_resource': 'q'}]})},
            {'r': {'type': 'OS::No::Such'}},
        ):
            asked = content(resources, files={'a.yaml': template({'x': thing()})})
            self.assertIsNone(self.instance(asked), resources)
            self.assertIsNone(self.instance({**asked, 'facade': facade}), resources)
            self.assertIsNone(self.instance(asked), 'the second time')

    def test_condition_that_is_not_used(self) -> None:
        conditions = {'c': {'equals': [{'yaql': {'expression': {'get_param': 'flag'}}}, 1]}}
        for asked in (
            content({'r': thing()}, conditions=conditions),
            content({'r': thing()}, conditions={'c': FLAG}),
            content({}, outputs={'o': {'value': {'if': [FLAG, 'x', 'y']}}}),
        ):
            self.assertIsNone(self.instance(asked))
        asked = content({'r': thing()}, conditions={'c': {'equals': ['x', 'x']}})
        self.assertIsNotNone(self.instance(asked))

    def test_null(self) -> None:
        texts = {'whole': {'get_param': 'map'}, 'part': {'get_param': ['map', 'key']}}
        asked = content(
            {'r': {'type': 'OS::Heat::Value', 'properties': {'value': {'get_param': 'map'}}}},
            {'parameters': {'map': 'null'}},
            outputs={name: {'value': value} for name, value in texts.items()},
        )
        ordinary, instance = self.parts.templates.compile(asked), self.instance(asked)
        self.assertIsNone(instance.hot.values['map'])
        for compiled in (ordinary, instance):
            found = outputs.values(lambda stack_id: [], self.stack, compiled)
            self.assertEqual([None, ''], [one['output_value'] for one in found])

    def test_facades(self) -> None:
        value = {'value': {'resource_facade': 'metadata'}}
        asked = content({'r': {'type': 'OS::Heat::Value', 'properties': value}})
        found = []
        for key in ('one', 'two'):
            facade = {'metadata': {'key': key}, 'deletion_policy': 'Delete', 'update_policy': {}}
            instance = self.instance({**asked, 'facade': facade}, key)
            desired = instance.definition('r').desired(self.stack, 'id', {})
            found.append(desired.properties['value'])
        self.assertEqual(2, len(set(map(str, found))), found)

    def test_values_that_are_not_valid(self) -> None:
        asked = content({'r': thing()}, {'parameters': {'number': 'x'}})
        self.assertIsNone(self.instance(asked))
        self.assertRaises(TemplateError, self.parts.templates.compile, asked)
        unknown = content({'r': thing()}, {'parameters': {'unknown': 'x'}})
        self.assertIsNone(self.instance(unknown, 'two'))
        self.assertIsNotNone(self.instance(content({'r': thing()}), 'three'))

    def test_pseudo_parameters_of_conditions(self) -> None:
        asked = {**content({'r': thing()}), 'pseudo': {'OS::stack_name': 'name'}}
        self.assertIsNone(self.instance(asked))

    def test_large_templates(self) -> None:
        most = {f'r{number}': thing() for number in range(shared.RESOURCES)}
        self.assertIsNotNone(self.instance(content(most)))
        self.assertIsNone(self.instance(content({**most, 'more': thing()}), 'two'))
        self.assertIsNone(self.instance(content({'r': thing('x' * shared.LENGTH)}), 'three'))

    def test_no_more_are_kept_than_fit(self) -> None:
        for number in range(shared.SHARED + 5):
            self.instance(content({'r': thing(str(number))}), str(number))
        self.assertEqual(shared.SHARED, len(self.shared._shared))
        self.assertIn(str(shared.SHARED + 4), self.shared._instances)

    def test_instances_have_a_weight(self) -> None:
        def instance(value: str) -> Any:
            asked = content({'r': thing()}, {'parameters': {'text': value}})
            return self.instance(asked, value[:10])

        self.useFixture(fixtures.MonkeyPatch('heatconv.templates.shared.WEIGHT', 20_000))
        self.assertIsNotNone(instance('large' * 1_000))
        self.assertEqual(({}, 0), (dict(self.shared._instances), self.shared._weight))
        for number in range(10):
            self.assertIsNotNone(instance(f'{number}'))
        kept = self.shared._instances
        self.assertEqual('9', next(reversed(kept)))
        self.assertLess(1, len(kept))
        self.assertLess(len(kept), 10)
        self.assertEqual(self.shared._weight, sum(weight for _, weight in kept.values()))
        for _ in range(10):
            instance('9')
        self.assertEqual(self.shared._weight, sum(weight for _, weight in kept.values()))
