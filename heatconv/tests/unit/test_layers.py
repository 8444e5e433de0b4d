"""Who may import whom: the table of the design, enforced."""

from __future__ import annotations

import ast
import pathlib
import sys
from collections.abc import Iterator, Mapping

import testtools

from heatconv.convergence import graph

ROOT = pathlib.Path(__file__).parents[2]
REPOSITORY = ROOT.parent

#: The rooms from the ground up, and the other rooms that each may import. A room stands
#: above all that it imports.
ALLOWED: dict[str, set[str]] = {
    'convergence': set(),
    'exception': set(),
    'version': set(),
    'conf': set(),
    'hot': {'convergence'},
    'runtime': {'convergence'},
    'coordination': {'conf'},
    'storage': {'convergence', 'runtime'},
    'resources': {'convergence', 'hot', 'runtime'},
    'templates': {'convergence', 'hot', 'resources', 'storage'},
    'db': {'convergence', 'resources.records', 'runtime', 'storage'},
    'rpc': {'conf', 'convergence', 'coordination.shares', 'exception', 'runtime'},
    'engine': {
        'convergence',
        'exception',
        'hot',
        'resources.nested',
        'resources.nested_stacks',
        'resources.plugin',
        'resources.software',
        'rpc',
        'runtime',
        'storage',
        'templates',
        'version',
    },
    'signals': {
        'convergence',
        'engine.signals',
        'exception',
        'resources.plugin',
        'resources.signal_urls',
        'storage',
    },
    'worker': {
        'convergence',
        'coordination.shares',
        'hot.errors',
        'resources',
        'rpc',
        'runtime',
        'storage',
        'templates',
    },
    'sim': {
        'convergence',
        'db',
        'engine',
        'exception',
        'hot',
        'resources',
        'runtime',
        'storage',
        'templates',
        'worker',
    },
}

#: Rooms that put the others together.
COMPOSITION = {'cli', 'cmd', 'embedded', '__main__'}

#: The only modules that stand outside of a room.
LOOSE = {'__init__', '__main__', 'embedded', 'exception', 'version'}

#: Longer files have more than one reason to change.
LINES = 450

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
    'waitress': {'signals'},
}


def cycle(edges: Mapping[str, set[str]]) -> list[str]:
    """Return the files of one import circle, or nothing."""
    try:
        graph.order({name: sorted(others) for name, others in edges.items()})
    except graph.Cycle as error:
        return [str(name) for name in error.path]
    return []


def file_imports(root: pathlib.Path, package: str) -> dict[str, set[str]]:
    """Return the modules of a package that each of them imports, wherever the import stands."""
    paths = {}
    for path in sorted((root / package).rglob('*.py')):
        parts = path.relative_to(root).with_suffix('').parts
        paths['.'.join(parts[:-1] if parts[-1] == '__init__' else parts)] = path
    edges: dict[str, set[str]] = {}
    for module, path in paths.items():
        found = set()
        for name in imports(path):
            # What is imported from a module is the module, or a module below it.
            found |= {name} & set(paths) or {name.rpartition('.')[0]} & set(paths)
        edges[module] = found - {module}
    return edges


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
            if part in COMPOSITION or part == '__init__':
                continue
            self.assertIn(part, ALLOWED)
            for name in imports(path):
                if not name.startswith('heatconv.'):
                    continue
                other = name.removeprefix('heatconv.')
                allowed = ALLOWED[part] | {part}
                if not any(other == one or other.startswith(one + '.') for one in allowed):
                    wrong.append(f'{module} imports {name}')
        self.assertEqual([], wrong)

    def test_rooms_import_only_rooms_below_them(self) -> None:
        order = list(ALLOWED)
        for room, others in ALLOWED.items():
            for other in others:
                below = order.index(other.split('.')[0])
                self.assertLess(below, order.index(room), f'{room} imports {other}')

    def test_no_files_import_each_other_in_a_circle(self) -> None:
        for package in ('heatconv', 'bench'):
            self.assertEqual([], cycle(file_imports(REPOSITORY, package)))

    def test_circle_is_seen(self) -> None:
        edges = file_imports(REPOSITORY, 'heatconv')
        self.assertIn('heatconv.db.checks', edges['heatconv.db.store'])
        edges['heatconv.convergence.model'] = {'heatconv.worker.loop'}
        self.assertIn('heatconv.worker.loop', cycle(edges))

    def test_few_modules_stand_outside_of_a_room(self) -> None:
        self.assertEqual(LOOSE, {path.stem for path in ROOT.glob('*.py')})

    def test_no_file_is_long(self) -> None:
        paths = [path for _, path in sources()] + sorted((REPOSITORY / 'bench').glob('*.py'))
        lengths = {str(path): len(path.read_text().splitlines()) for path in paths}
        self.assertEqual({}, {path: count for path, count in lengths.items() if count > LINES})

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
            'runtime.ports',
            'embedded',
            'coordination.coordinator',
            'cmd.composition',
            'cmd.health',
            'cmd.manage',
            'cmd.signing',
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
