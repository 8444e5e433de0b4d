"""Put one fault in, explore, and tell which checker caught it.

Run as ``python -m heatconv.tests.mutants.hunt NAME``: a process of its own for each,
since a module that is imported cannot be changed any more.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import json
import pathlib
import sys
from collections.abc import Sequence
from types import CodeType, ModuleType

#: So many schedules must do, of all kinds together.
SCHEDULES = 2_000


class MutatingLoader(importlib.machinery.SourceFileLoader):
    """Loads a module with a piece of its text replaced."""

    def __init__(self, name: str, path: str, old: str, new: str) -> None:
        super().__init__(name, path)
        self._old, self._new = old, new

    def get_code(self, fullname: str) -> CodeType:
        source = pathlib.Path(self.path).read_text()
        if source.count(self._old) != 1:
            raise SystemExit(
                f'{fullname} has the text {source.count(self._old)} times: {self._old}'
            )
        return compile(source.replace(self._old, self._new), self.path, 'exec')


class Finder(importlib.abc.MetaPathFinder):
    """Finds the one module that is changed."""

    def __init__(self, loader: MutatingLoader) -> None:
        self._loader = loader

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self._loader.name:
            return None
        return importlib.util.spec_from_file_location(name, self._loader.path, loader=self._loader)


def put_in(module: str, old: str, new: str) -> None:
    """Have a module changed before it is imported."""
    root = pathlib.Path(__file__).parents[2]
    path = root.joinpath(*module.split('.')[1:]).with_suffix('.py')
    assert module not in sys.modules, f'{module} is imported already'
    sys.meta_path.insert(0, Finder(MutatingLoader(module, str(path), old, new)))


def hunt() -> dict[str, object]:
    """Explore until something is wrong; tell what, how, and after how many schedules."""
    from unittest import TestCase

    from heatconv.sim import bounded, case, library, silence
    from heatconv.sim.case import Plan, family
    from heatconv.sim.play import Wrong, play

    silence.silence()
    directory = pathlib.Path(__file__).parents[3] / 'scenarios'
    everything = ('crash', 'park', 'drop', 'duplicate')
    plans = {
        'random': Plan(faults=everything),
        'no sweep': Plan(faults=('duplicate',), sweeps=False),
        'groups': Plan(faults=everything, groups=True),
        'scenarios': Plan(tuple(library.find(directory)), faults=everything),
    }
    for scenario in plans['scenarios'].scenarios:
        try:
            play(scenario, TestCase())
        except Exception as error:
            wrong = [str(error) if isinstance(error, Wrong) else f'exception: {error!r}']
            return {'how': f'{scenario.name} in order', 'by': family(wrong), 'wrong': wrong[0]}
    for path in sorted((pathlib.Path(__file__).parents[1] / 'sim/regressions').glob('*.json')):
        try:
            wrong = case.load(path.read_text()).replay().wrong
        except Exception as error:
            wrong = [f'exception: {error!r}']
        if wrong:
            return {'how': f'regression {path.stem}', 'by': family(wrong), 'wrong': wrong[0]}
    for number in range(SCHEDULES):
        how = list(plans)[number % len(plans)]
        try:
            wrong = plans[how].run(number // len(plans)).wrong
        except Exception as error:
            wrong = [f'exception: {error!r}']
        if wrong:
            return {'schedules': number + 1, 'how': how, 'by': family(wrong), 'wrong': wrong[0]}
    for parks in (True, False):
        for one in bounded.histories():
            try:
                count, found = bounded.run([one], parks=parks, sweeps=parks)
            except Exception as error:
                return {'how': f'bounded {one[0]}', 'by': 'exception', 'wrong': repr(error)}
            if found:
                wrong = list(found[0].case.wrong)
                how = f'bounded {one[0]}'
                return {'schedules': count, 'how': how, 'by': family(wrong), 'wrong': wrong[0]}
    return {}


def main() -> int:
    from heatconv.tests.mutants.catalogue import MUTANTS

    (mutant,) = [one for one in MUTANTS if one.name == sys.argv[1]]
    put_in(mutant.module, mutant.old, mutant.new)
    print(json.dumps(hunt()))
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
