"""Find scenario files."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

from heatconv.sim.script import Scenario


class NoSuchScenario(Exception):
    """A scenario that was named is not there."""


def find(directory: str | pathlib.Path, names: Sequence[str] = ()) -> list[Scenario]:
    """Return the scenarios below a directory, by name.

    :param names: those to return, in the order given; all if empty.
    :raises NoSuchScenario: if one of them, or the directory, is not there.
    """
    root = pathlib.Path(directory)
    if not root.is_dir():
        raise NoSuchScenario(f'there is no directory {root}')
    found = {path.stem: path for path in sorted(root.rglob('*.py'))}
    missing = [name for name in names if name not in found]
    if missing:
        raise NoSuchScenario(
            f'there is no scenario {missing[0]} in {root}: there are {", ".join(found) or "none"}'
        )
    return [
        Scenario(name, str(found[name]), found[name].read_text())
        for name in (names or sorted(found))
    ]
