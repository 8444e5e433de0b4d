"""Who may import whom: the table of the design, enforced."""

from __future__ import annotations

import ast
import pathlib
import sys
from collections.abc import Iterator

import testtools

ROOT = pathlib.Path(__file__).parents[2]

#: For each part of heatconv the other parts that it may import.
ALLOWED: dict[str, set[str]] = {
    'convergence': set(),
    'hot': {'convergence'},
    'ports': set(),
    'version': set(),
    'concurrency': set(),
    'exception': set(),
    'effects': {'convergence'},
    'answers': {'convergence', 'effects', 'storage'},
    'storage': {'convergence', 'ports'},
    'db': {'convergence', 'ports', 'storage', 'resources.records'},
    'resources': {'convergence', 'hot', 'ports'},
    'nesting': {'convergence', 'hot', 'resources'},
    'compiled': {'convergence', 'hot', 'nesting', 'resources'},
    'templates': {'compiled', 'convergence', 'hot', 'nesting', 'resources', 'storage'},
    'conf': set(),
    'coordination': {'conf'},
    'shares': set(),
    'context': set(),
    'partition': {'coordination'},
    'rpc': {'conf', 'context', 'convergence', 'exception', 'shares'},
    'engine': {
        'compiled',
        'context',
        'convergence',
        'effects',
        'exception',
        'hot',
        'nesting',
        'ports',
        'resources.nested',
        'resources.plugin',
        'rpc',
        'storage',
        'templates',
        'version',
        'answers',
    },
    'worker': {
        'answers',
        'context',
        'convergence',
        'effects',
        'hot.errors',
        'ports',
        'resources',
        'rpc',
        'shares',
        'storage',
        'templates',
    },
}

#: What the pure packages may import beside the standard library.
PURE = {'convergence': set(), 'hot': {'yaml', 'yaql'}, 'storage': set()}

#: What would make a decision depend on more than its arguments.
IMPURE = {
    'asyncio',
    'datetime',
    'io',
    'logging',
    'multiprocessing',
    'os',
    'pathlib',
    'random',
    'secrets',
    'socket',
    'subprocess',
    'tempfile',
    'threading',
    'time',
    'uuid',
}

#: Each library is at home in one place.
HOMES = {
    'sqlalchemy': {'db'},
    'oslo_db': {'db', 'cmd'},
    'alembic': {'db'},
    'oslo_messaging': {'rpc', 'engine', 'worker', 'cmd', 'cli'},
    'stevedore': {'resources'},
    'yaql': {'hot'},
    'tooz': {'coordination'},
    'tenacity': {'coordination'},
    'cliff': {'cli'},
    'rich': {'cli'},
}


def sources() -> Iterator[tuple[str, pathlib.Path]]:
    for path in sorted(ROOT.rglob('*.py')):
        parts = path.relative_to(ROOT).with_suffix('').parts
        if parts[0] != 'tests':
            yield '.'.join(parts), path


def imports(path: pathlib.Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            assert node.level == 0, f'{path}: relative import'
            for alias in node.names:
                yield f'{node.module}.{alias.name}'


class LayersTest(testtools.TestCase):
    def test_parts_import_what_the_design_allows(self) -> None:
        wrong = []
        for module, path in sources():
            part = module.split('.')[0]
            if part not in ALLOWED:
                continue
            for name in imports(path):
                if not name.startswith('heatconv.'):
                    continue
                other = name.removeprefix('heatconv.')
                allowed = ALLOWED[part] | {part}
                if not any(other == one or other.startswith(one + '.') for one in allowed):
                    wrong.append(f'{module} imports {name}')
        self.assertEqual([], wrong)

    def test_pure_packages_import_nothing_that_has_effects(self) -> None:
        wrong = []
        for module, path in sources():
            part = module.split('.')[0]
            if part not in PURE:
                continue
            for name in imports(path):
                top = name.split('.')[0]
                if top == 'heatconv' or top in PURE[part]:
                    continue
                if top not in sys.stdlib_module_names:
                    wrong.append(f'{module} imports {name}')
                if part != 'storage' and top in IMPURE:
                    wrong.append(f'{module} imports {name}')
        self.assertEqual([], wrong)

    def test_libraries_stay_at_home(self) -> None:
        wrong = []
        for module, path in sources():
            for name in imports(path):
                homes = HOMES.get(name.split('.')[0])
                if homes is not None and module.split('.')[0] not in homes:
                    wrong.append(f'{module} imports {name}')
        self.assertEqual([], wrong)

    def test_time_and_chance_come_in_through_the_door(self) -> None:
        allowed = {
            'ports',
            'embedded',
            'coordination',
            'cmd.composition',
            'cmd.health',
            'cmd.manage',
            'resources.random_string',
        }
        wrong = [
            f'{module} imports {name}'
            for module, path in sources()
            for name in imports(path)
            if name.split('.')[0] in ('time', 'random', 'uuid', 'secrets')
            and module not in allowed
            and not module.startswith(('cli.', 'sim.'))
        ]
        self.assertEqual([], wrong)

    def test_the_check_sees_what_it_looks_for(self) -> None:
        modules = {module for module, _ in sources()}
        self.assertIn('convergence.check', modules)
        self.assertIn('db.store', modules)
        found = set(imports(ROOT / 'db' / 'store.py'))
        self.assertIn('heatconv.db.checks.CheckRows', found)
