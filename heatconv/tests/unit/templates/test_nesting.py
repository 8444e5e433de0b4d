"""The nested templates of a template."""

from __future__ import annotations

import itertools
from typing import Any

import testtools

from heatconv.hot import nested
from heatconv.hot.errors import InvalidSection
from heatconv.resources.records import MemoryRecords
from heatconv.resources.registry import Registry
from heatconv.sim.moves import SimClock
from heatconv.templates.nesting import Nesting
from heatconv.tests.unit.engine.parts import template, thing


class NestingTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.registry = Registry.installed(MemoryRecords(), SimClock())

    def nesting(self, files: Any, environment: Any = None) -> Nesting:
        return Nesting({'environment': environment, 'files': files}, self.registry, 0)

    def test_digest_covers_what_the_stack_may_use(self) -> None:
        def digest(
            value: str = 'a', deep: str = 'a', environment: Any = None, name: str = 'one.yaml'
        ) -> str:
            files = {
                'one.yaml': template({'A': thing(value), 'N': {'type': 'two.yaml'}}),
                'two.yaml': template({'B': thing(deep)}),
                'text': deep,
                'unused': value,
            }
            declaration = {'type': 'group', 'properties': {'value': {'get_file': 'text'}}}
            nesting = self.nesting(files, environment)
            found = nesting.digest(name, declaration)
            self.assertEqual(found, nesting.digest(name, declaration))
            return found

        self.assertEqual(digest(), digest())
        defaults = {'parameter_defaults': {'p': 1}}
        mapped = {'resource_registry': {'X': 'OS::Heat::None'}}
        found = [digest(), digest('b'), digest(deep='b')]
        found += [digest(environment=defaults), digest(environment=mapped)]
        self.assertEqual(5, len(set(found)), found)
        # That of a group covers what its declaration names.
        group = [digest(name=''), digest(name='', deep='b')]
        self.assertEqual(2, len(set(group)))
        self.assertEqual(group[0], digest('b', name=''))

    def test_depth(self) -> None:
        def files(levels: int) -> dict[str, Any]:
            """Return templates of so many levels below the template itself."""
            names = [f'{level}.yaml' for level in range(levels)]
            deepest = {names[-1]: template({'A': thing()})}
            pairs = itertools.pairwise(names)
            return deepest | {name: template({'N': {'type': below}}) for name, below in pairs}

        compiled = self.nesting(files(nested.MAX_DEPTH - 1)).template('0.yaml')
        self.assertEqual(['N'], list(compiled.resources))
        deep = self.nesting(files(nested.MAX_DEPTH))
        error = self.assertRaises(InvalidSection, deep.template, '0.yaml')
        self.assertIn(f'deeper than {nested.MAX_DEPTH} levels', str(error))

    def test_live(self) -> None:
        scaling = {
            'type': 'OS::Heat::AutoScalingGroup',
            'properties': {'min_size': 1, 'max_size': 1, 'resource': thing()},
        }

        def chain_of(*types: str) -> Any:
            return {'type': 'OS::Heat::ResourceChain', 'properties': {'resources': list(types)}}

        def group_of(member: Any) -> Any:
            given = {'resource_def': member, 'count': {'get_param': 'n'}}
            return {'type': 'OS::Heat::ResourceGroup', 'properties': given}

        source = template(
            {
                'scaling': scaling,
                'thing': thing(),
                'outer': group_of(scaling),
                'outermost': group_of(group_of(scaling)),
                'fixed': group_of(thing()),
                'chain': chain_of('quiet.yaml', 'live.yaml'),
                'quiet chain': chain_of('quiet.yaml', 'OS::Heat::None'),
                'inner': {'type': 'live.yaml'},
                'quiet': {'type': 'quiet.yaml'},
            },
            parameters={'n': {'type': 'number', 'default': 1}},
        )
        files = {
            'one.yaml': source,
            'live.yaml': template({'scaling': scaling}),
            'quiet.yaml': template({'A': thing()}),
        }
        nesting = self.nesting(files)
        compiled = nesting.template('one.yaml')
        within = nesting.compiled()['one.yaml'][1]
        live = {name for name, one in compiled.resources.items() if within.is_live(one)}
        self.assertEqual({'scaling', 'outer', 'outermost', 'chain', 'inner'}, live)
