"""Templates as convergence needs them: compiled once, resolved at each check."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import testtools
from hypothesis import given
from hypothesis import strategies as st

from heatconv.convergence.fingerprint import line
from heatconv.hot import resources as hot_resources
from heatconv.hot.errors import (
    InvalidProperty,
    InvalidReference,
    MissingParameter,
    ResolutionError,
    TemplateError,
    UnknownType,
)
from heatconv.resources.registry import Registry
from heatconv.resources.test_resource import TestResource
from heatconv.templates.cache import LEAST_WEIGHT, MissingTemplate, TemplateCache
from heatconv.templates.compiled import CompiledTemplate, attributes, pseudo_parameters, scope
from heatconv.tests.unit.convergence.rows import row, stack
from heatconv.tests.unit.engine.parts import Parts, template, thing

AB = {
    'B': thing({'get_resource': 'A'}, replaced={'get_attr': ['A', 'output']}),
    'A': thing('x', deletion_policy='Retain'),
}


class TemplatesTestCase(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.parts = Parts()
        self.cache = self.parts.templates

    def compile(self, resources: Any, **sections: Any) -> CompiledTemplate:
        return self.cache.compile({'template': template(resources, **sections)})


class CompiledTemplateTest(TemplatesTestCase):
    def test_definitions_in_the_order_of_the_template(self) -> None:
        compiled = self.compile(AB)
        self.assertEqual(['B', 'A'], list(compiled.definitions))
        a, b = compiled.definitions['A'], compiled.definitions['B']
        self.assertEqual(('A', 'OS::Heat::TestResource', 'Retain', ()), fields(a))
        self.assertEqual(('B', 'OS::Heat::TestResource', 'Delete', ('A',)), fields(b))
        self.assertEqual(('A',), compiled.definition('B').requires)

    def test_wanted_is_resolved_with_what_serves(self) -> None:
        serving = {'A': row('a1', attributes={'output': 'o'})}
        desired = self.compile(AB).definition('B').desired(stack(), 'new', serving)
        self.assertEqual(
            ('OS::Heat::TestResource', 'new', ('a1',), 'Delete'),
            (desired.type, desired.template_id, desired.requires, desired.deletion_policy),
        )
        self.assertEqual(
            ('physical-a1', 'o'),
            (desired.properties['value'], desired.properties['update_replace_value']),
        )

    def test_wanted_has_the_defaults_of_the_type(self) -> None:
        properties = (
            self.compile({'A': thing()}).definition('A').desired(stack(), 'new', {}).properties
        )
        self.assertEqual((0, False), (properties['wait_secs'], properties['fail']))

    def test_requirements_are_sorted_and_all_there(self) -> None:
        serving = {'B': row('b1', name='B'), 'A': row('a1')}
        self.assertEqual(
            ('a1', 'b1'),
            self.compile(AB).definition('A').desired(stack(), 'new', serving).requires,
        )

    def test_pseudo_parameters(self) -> None:
        for name, value in (('stack_id', 's'), ('stack_name', 'stack'), ('project_id', 'project')):
            compiled = self.compile({'A': thing({'get_param': f'OS::{name}'})})
            self.assertEqual(
                value, compiled.definition('A').desired(stack(), 'new', {}).properties['value']
            )

    def test_what_replaces_depends_on_the_properties(self) -> None:
        for properties, names in (
            ({}, {'update_replace_value'}),
            ({'update_replace': True}, {'update_replace_value', 'value'}),
        ):
            desired = (
                self.compile({'A': thing(properties=properties)})
                .definition('A')
                .desired(stack(), 'new', {})
            )
            self.assertEqual(names, desired.replace_on_change)

    def test_property_that_comes_out_wrong_fails_its_resource(self) -> None:
        compiled = self.compile(
            {'A': thing(), 'B': thing(properties={'wait_secs': {'get_attr': ['A', 'output']}})}
        )
        serving = {'A': row('a1', attributes={'output': 'no number'})}
        error = self.assertRaises(
            InvalidProperty, compiled.definition('B').desired, stack(), 'new', serving
        )
        self.assertEqual('resources.B.properties.wait_secs', error.path)
        self.assertRaises(ResolutionError, compiled.definition('B').desired, stack(), 'new', {})

    def test_definition_of_a_node_waits_for_nobody_who_is_not_there(self) -> None:
        source = template(
            {'A': thing(condition=False), 'B': thing(depends_on=['A', 'C']), 'C': thing()}
        )
        template_id = self.parts.store.save_template({'template': source})
        source_of = self.cache.compile({'template': source}).source_of('B')
        self.assertEqual(('C',), self.cache.defined(template_id, 'B', source_of or '').requires)

    def test_fingerprint_tells_what_a_condition_or_a_file_has_changed(self) -> None:
        resources = {
            'chosen': thing({'if': ['big', 'a', 'b']}),
            'read': thing({'get_file': 'f'}),
            'alone': thing('x'),
        }
        source = template(
            resources,
            conditions={'big': {'get_param': 'big'}},
            parameters={'big': {'type': 'boolean'}},
        )

        def prints(big: bool, text: str) -> dict[str, str]:
            given = {
                'template': source,
                'environment': {'parameters': {'big': big}},
                'files': {'f': text},
            }
            definitions = self.cache.compile(given).definitions
            return {name: one.fingerprint for name, one in definitions.items()}

        before = prints(True, 'x')
        self.assertEqual(before, prints(True, 'x'))
        for after in (prints(False, 'x'), prints(True, 'y')):
            self.assertNotEqual(before['chosen'], after['chosen'])
            self.assertNotEqual(before['read'], after['read'])
            self.assertEqual(before['alone'], after['alone'])

    def test_type_without_a_plugin_here_fails_its_resource(self) -> None:
        compiled = CompiledTemplate(self.compile(AB).hot, Registry({}), AB)
        error = self.assertRaises(
            UnknownType, compiled.definition('A').desired, stack(), 'new', {}
        )
        self.assertEqual('resources.A', error.path)

    def test_plugin_that_raises_fails_its_resource(self) -> None:
        plugin = Raising(self.parts.records, self.parts.clock)
        compiled = CompiledTemplate(
            self.compile(AB).hot, Registry({'OS::Heat::TestResource': plugin}), AB
        )
        error = self.assertRaises(
            InvalidProperty, compiled.definition('A').desired, stack(), 'new', {}
        )
        self.assertIn("ZeroDivisionError('oops')", str(error))


def fields(definition: Any) -> tuple[str, str, str, tuple[str, ...]]:
    return (
        definition.name,
        definition.type,
        definition.deletion_policy,
        definition.requires,
    )


class Raising(TestResource):
    def replace_on_change(self, properties: Mapping[str, Any]) -> frozenset[str]:
        raise ZeroDivisionError('oops')


class ScopeTest(testtools.TestCase):
    def test_scope(self) -> None:
        known = scope(stack(), {'A': row('a1', attributes={'x': 1})})
        self.assertEqual(pseudo_parameters(stack()), known.pseudo)
        self.assertEqual('physical-a1', known.resources['A'].reference_id)
        self.assertEqual({'x': 1, 'show': None}, known.resources['A'].attributes)

    def test_resource_without_an_id_is_referred_to_by_its_name(self) -> None:
        known = scope(stack(), {'A': row('a1', physical_id=None)})
        self.assertEqual('A', known.resources['A'].reference_id)

    def test_attribute_show_of_the_resource_itself_counts(self) -> None:
        self.assertEqual({'show': 1}, attributes(row('a1', attributes={'show': 1})))


class CacheTest(TemplatesTestCase):
    def saved(self, number: int = 0) -> str:
        content = {'template': template(AB, description=str(number)), 'environment': {}}
        return self.parts.store.save_template(content)

    def test_template_is_compiled_once(self) -> None:
        template_id = self.saved()
        self.assertIs(self.cache.get(template_id), self.cache.get(template_id))
        self.assertEqual(['B', 'A'], list(self.cache.get(template_id).definitions))

    def test_environment_is_part_of_it(self) -> None:
        content = {
            'template': template(
                {'A': thing({'get_param': 'x'})}, parameters={'x': {'type': 'string'}}
            ),
            'environment': {'parameters': {'x': 'given'}},
        }
        compiled = self.cache.get(self.parts.store.save_template(content))
        desired = compiled.definition('A').desired(stack(), 'new', {})
        self.assertEqual('given', desired.properties['value'])
        self.assertRaises(MissingParameter, self.cache.compile, {'template': content['template']})
        self.cache.compile({'template': content['template'], 'environment': None}, lenient=True)

    def test_no_template_is_the_one_without_resources(self) -> None:
        self.assertEqual({}, dict(self.cache.get(None).definitions))
        self.assertIs(self.cache.get(None), self.cache.get(None))

    def test_template_that_is_not_there(self) -> None:
        self.assertRaises(MissingTemplate, self.cache.get, 'gone')
        template_id = self.saved()
        self.cache.get(template_id)
        self.parts.store.purge_deleted(1e9)
        self.cache.get(template_id)

    def test_least_used_one_goes_first(self) -> None:
        cache = TemplateCache(self.parts.store, self.parts.registry, size=2 * (LEAST_WEIGHT + 2))
        ids = [self.saved(number) for number in range(3)]
        first, second = cache.get(ids[0]), cache.get(ids[1])
        cache.get(ids[0])
        cache.get(ids[2])
        self.assertIs(first, cache.get(ids[0]))
        self.assertIsNot(second, cache.get(ids[1]))

    def test_one_that_is_too_large_is_kept_until_it_is_used(self) -> None:
        cache = TemplateCache(self.parts.store, self.parts.registry, size=2)
        large = self.saved()
        first = cache.get(large)
        self.assertIs(first, cache.get(large))
        cache.trim()
        self.assertIsNot(first, cache.get(large))

    def test_type_that_is_not_installed_fails_its_resource_only(self) -> None:
        cache = TemplateCache(self.parts.store, Registry({}))
        compiled = cache.get(self.saved())
        error = self.assertRaises(UnknownType, compiled.definition('B').desired, stack(), None, {})
        self.assertIn('OS::Heat::TestResource', str(error))


class DefinedTest(TemplatesTestCase):
    def test_reference_in_the_first_version_is_to_a_parameter_or_a_resource(self) -> None:
        source = {
            'heat_template_version': '2013-05-23',
            'parameters': {'p': {'type': 'string', 'default': 'of p'}},
            'resources': {
                'A': thing({'Ref': 'p'}),
                'B': thing({'Ref': 'A'}),
                'C': thing({'Ref': 'OS::stack_name'}),
            },
        }
        content = {'template': source}
        template_id = self.parts.store.save_template(content)
        compiled = self.cache.compile(content)
        serving = {'A': row('a1', physical_id='of A')}
        for name, expected in (('A', 'of p'), ('B', 'of A'), ('C', 'stack')):
            alone = self.cache.defined(template_id, name, compiled.source_of(name))
            for one in (compiled.definition(name), alone):
                desired = one.desired(stack(), 'new', serving if name == 'B' else {})
                self.assertEqual(expected, desired.properties['value'], name)

    def test_definition_that_does_not_compile_fails_its_check(self) -> None:
        content = {'template': template({'A': thing('x')})}
        template_id = self.parts.store.save_template(content)
        source_of = json.dumps(['f', ['B'], thing({'get_param': 'gone'})])
        broken = self.cache.defined(template_id, 'A', source_of)
        self.assertEqual(('B',), broken.requires)
        error = self.assertRaises(InvalidReference, broken.desired, stack(), 'new', {})
        self.assertIn('The Parameter (gone) was not provided.', str(error))

    """A definition compiled alone is the one that was compiled with all others."""

    def setUp(self) -> None:
        super().setUp()
        self.content = {
            'template': template(
                {
                    'A': thing({'get_param': 'given'}),
                    'B': thing({'get_resource': 'A'}, replaced={'get_attr': ['A', 'output']}),
                    'C': thing({'str_replace': {'template': 'x', 'params': {'x': 'y'}}}),
                    'D': thing({'list_join': ['-', ['a', {'get_attr': ['B', 'output']}]]}),
                    'E': thing('plain', deletion_policy='Retain', depends_on=['D', 'A']),
                    'F': thing({'get_param': 'OS::stack_name'}),
                },
                parameters={'given': {'type': 'string', 'default': 'p'}},
                outputs={'o': {'value': {'get_attr': ['B', 'output']}}},
            ),
            'environment': {},
        }
        self.template_id = self.parts.store.save_template(self.content)
        self.whole = self.cache.compile(self.content)
        self.serving = {
            name: row(f'{name}1', name=name, attributes={'output': f'of {name}'})
            for name in 'ABCDEF'
        }

    def both(self, name: str) -> tuple[Any, Any]:
        source_of = self.whole.source_of(name)
        assert source_of is not None
        alone = self.cache.defined(self.template_id, name, source_of)
        return self.whole.definition(name), alone

    def test_wants_the_same(self) -> None:
        for name in 'ABCDEF':
            together, alone = self.both(name)
            self.assertEqual(together.requires, alone.requires)
            serving = {one: self.serving[one] for one in together.requires}
            self.assertEqual(
                together.desired(stack(), 'new', serving), alone.desired(stack(), 'new', serving)
            )

    def test_what_it_only_comes_after_may_be_told_in_lines(self) -> None:
        for name, reads in (('A', ()), ('B', ('A',)), ('D', ('B',)), ('E', ())):
            together, alone = self.both(name)
            self.assertEqual(reads, alone.reads)
            serving = {one: self.serving[one] for one in together.requires}
            others = [line(row) for name, row in serving.items() if name not in reads]
            read = {name: serving[name] for name in reads}
            self.assertEqual(
                together.desired(stack(), 'new', serving),
                alone.desired(stack(), 'new', read, others[::-1]),
            )

    def test_words_of_releases_before_told_twice_what_it_depends_on(self) -> None:
        definition = self.whole.definitions['E']
        declaration = self.content['template']['resources']['E']
        source_of = json.dumps([definition.fingerprint, definition.requires, declaration])
        self.assertNotIn('depends_on', self.whole.source_of('E') or '')
        alone = self.cache.defined(self.template_id, 'E', source_of)
        serving = {one: self.serving[one] for one in ('A', 'D')}
        self.assertEqual(
            self.whole.definition('E').desired(stack(), 'new', serving),
            alone.desired(stack(), 'new', serving),
        )

    def test_refuses_the_same(self) -> None:
        together, alone = self.both('D')
        for one in (together, alone):
            self.assertRaises(ResolutionError, one.desired, stack(), 'new', {})

    def test_type_that_is_not_installed_fails_its_resource_only(self) -> None:
        bare = TemplateCache(self.parts.store, Registry({}))
        source_of = self.whole.source_of('A')
        assert source_of is not None
        alone = bare.defined(self.template_id, 'A', source_of)
        self.assertRaises(UnknownType, alone.desired, stack(), 'new', {})

    def test_template_that_is_gone(self) -> None:
        source_of = self.whole.source_of('A')
        assert source_of is not None
        self.assertRaises(MissingTemplate, self.cache.defined, 'gone', 'A', source_of)

    def test_fingerprints_differ_with_what_is_said(self) -> None:
        def of(name: str, **changes: Any) -> str:
            content = {**self.content, **changes}
            return self.cache.compile(content).definitions[name].fingerprint

        other = {'parameters': {'given': 'q'}}
        self.assertNotEqual(of('A'), of('A', environment=other))
        for name in 'BCDE':
            self.assertEqual(of(name), of(name, environment=other))
        self.assertEqual(6, len({of(name) for name in 'ABCDEF'}))


class LikeTest(TemplatesTestCase):
    """What is compiled beside an earlier template is what it is when compiled alone."""

    def drawn(self, data: st.DataObject) -> dict[str, Any]:
        names = data.draw(st.lists(st.sampled_from('ABCDE'), unique=True))
        resources: dict[str, Any] = {}
        for name in names:
            other = data.draw(st.sampled_from('ABCDE'))
            value: Any = data.draw(
                st.sampled_from(
                    (
                        'x',
                        {'get_param': 'p'},
                        {'get_resource': other},
                        {'get_attr': [other, 'output']},
                        {'if': ['c', 'x', {'get_resource': other}]},
                    )
                )
            )
            made = thing(value)
            if data.draw(st.booleans()):
                made['depends_on'] = data.draw(st.sampled_from(names))
            if data.draw(st.integers(0, 5)) == 0:
                made['condition'] = 'c'
            if data.draw(st.integers(0, 5)) == 0:
                made = {'type': 'OS::Heat::Value', 'properties': {'value': value}}
            if data.draw(st.integers(0, 9)) == 0:
                made['type'] = 'OS::Heat::Nothing'
            resources[name] = made
        return resources

    def content(self, resources: Any, p: Any) -> dict[str, Any]:
        made = template(
            resources,
            parameters={'p': {'type': 'string'}},
            conditions={'c': {'equals': [{'get_param': 'p'}, 'yes']}},
        )
        return {'template': made, 'environment': {'parameters': {'p': p}}, 'files': {}}

    def said(self, compile_: Any, content: Any, *more: Any) -> Any:
        try:
            made = compile_(content, *more)
        except TemplateError as error:
            return str(error)
        source_of = {name: made.source_of(name) for name in made.definitions}
        return made.definitions, made.hot, source_of

    @given(st.data())
    def test_says_the_same(self, data: st.DataObject) -> None:
        cache = TemplateCache(self.parts.store, self.parts.registry)
        first = self.drawn(data)
        given_ = data.draw(st.sampled_from(('yes', 'no')))
        before = self.content(first, given_)
        try:
            cache.keep('before', cache.accept(before))
        except TemplateError:
            return
        second = {**first, **self.drawn(data)}
        for name in data.draw(st.lists(st.sampled_from('ABCDE'), unique=True, max_size=2)):
            second.pop(name, None)
        after = self.content(second, data.draw(st.sampled_from(('yes', 'no', given_, given_))))
        self.assertEqual(self.said(cache.compile, after), self.said(cache.accept, after, 'before'))

    def test_what_stays_is_not_compiled_again(self) -> None:
        compiled: list[str] = []
        compile_resource = hot_resources.compile_resource

        def noting(name: str, *rest: Any, **more: Any) -> Any:
            compiled.append(name)
            return compile_resource(name, *rest, **more)

        self.patch(hot_resources, 'compile_resource', noting)
        first = {name: thing(depends_on='A') for name in 'BCD'} | {'A': thing()}
        cache = self.cache
        cache.keep('before', cache.accept(self.content(first, 'yes')))
        del compiled[:]
        second = {**first, 'C': thing('new'), 'E': thing({'get_resource': 'C'})}
        made = cache.accept(self.content(second, 'yes'), 'before')
        self.assertEqual(['C', 'E'], compiled)
        self.assertIs(cache.get('before').definitions['B'], made.definitions['B'])
        del compiled[:]
        cache.accept(self.content(second, 'no'), 'before')
        self.assertEqual(5, len(compiled))
        del compiled[:]
        # Others refer to A as to something of another type.
        third = {**first, 'A': {'type': 'OS::Heat::RandomString'}}
        cache.accept(self.content(third, 'yes'), 'before')
        self.assertEqual(['A', 'B', 'C', 'D'], sorted(compiled))

    def test_what_was_not_accepted_is_nobody_s_model(self) -> None:
        content = self.content({'A': thing()}, 'yes')
        cache = self.cache
        made = cache.compile(content)
        cache.keep('before', made)
        again = cache.accept({**content, 'template': {**content['template']}}, 'before')
        self.assertIsNot(made.hot.resources['A'], again.hot.resources['A'])
