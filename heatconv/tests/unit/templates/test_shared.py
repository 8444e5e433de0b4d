"""Templates that are compiled once, whatever the values of their parameters."""

from __future__ import annotations

from typing import Any

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
            {'r': {'type': 'OS::No::Such'}},
        ):
            asked = content(resources, files={'a.yaml': template({'x': thing()})})
            self.assertIsNone(self.instance(asked), resources)
            self.assertIsNone(self.instance({**asked, 'facade': facade}), resources)
            self.assertIsNone(self.instance(asked), 'the second time')

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
