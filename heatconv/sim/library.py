"""The library of scenarios: finds scenario files in a directory."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

from heatconv.sim.script import Scenario


class NoSuchScenario(Exception):
    """A requested scenario, or its directory, does not exist."""


def find(directory: str | pathlib.Path, names: Sequence[str] = ()) -> list[Scenario]:
    """Return the scenarios in a directory and its subdirectories.

    :param names: names of the scenarios to return, in this order; if empty, all are returned,
        sorted by name.
    :raises NoSuchScenario: if one of the scenarios, or the directory, does not exist.
    """
    root = pathlib.Path(directory)
    if not root.is_dir():
        raise NoSuchScenario(f'there is no directory {root}')
    paths = {path.stem: path for path in sorted(root.rglob('*.py'))}
    missing = [name for name in names if name not in paths]
    if missing:
        raise NoSuchScenario(
            f'there is no scenario {missing[0]} in {root}: there are {", ".join(paths) or "none"}'
        )
    return [
        Scenario(name, str(paths[name]), paths[name].read_text())
        for name in (names or sorted(paths))
    ]
