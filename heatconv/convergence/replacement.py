"""Which row serves a name: rules 1 and 2, and what to do when none does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from heatconv.convergence import states
from heatconv.convergence.model import DesiredState, Resource


def choose(rows: Iterable[Resource], target: str | None, previous: str | None) -> Resource | None:
    """Pick the row that most likely serves a name, at preparation.

    A hint only: the check looks again. Healthy rows come first, then those
    under way, then failed ones, then those never begun; among equals the ones
    of the target template, then of the previous, then the newest.

    :return: None if there are only doomed rows, or none.
    """

    def rank(row: Resource) -> tuple[int, int, str]:
        if states.healthy(row):
            health = 3
        elif states.in_progress(row):
            health = 2
        else:
            health = 1 if states.begun(row) else 0
        template = 2 if row.template_id == target else 1 if row.template_id == previous else 0
        return (health, template, row.id)

    return max((row for row in rows if not states.doomed(row)), key=rank, default=None)


def changed(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the properties that differ, absent ones included, sorted."""
    before = before or {}
    if before == after:
        return ()
    missing = object()
    names = sorted({*before, *after})
    return tuple(name for name in names if before.get(name, missing) != after.get(name, missing))


def needs_replacement(row: Resource, desired: DesiredState) -> bool:
    """Say whether a row cannot become what is wanted in place."""
    if row.type != desired.type or states.doomed(row):
        return True
    if not states.begun(row):
        return False
    if states.state(row) == states.CHECK_FAILED:
        return True
    if states.state(row) == states.CREATE_FAILED:
        return row.physical_id is not None and not desired.mends
    differ = changed(row.properties, desired.properties)
    return any(name in desired.replace_on_change for name in differ)


def fits(row: Resource, desired: DesiredState) -> bool:
    """Say whether a row is, or is becoming, what cannot be changed in place."""
    if not states.healthy(row) and not states.in_progress(row):
        return False
    return not needs_replacement(row, desired)


def substitute(
    row: Resource | None, siblings: Iterable[Resource], desired: DesiredState
) -> Resource | None:
    """Find the row to re-point a node to before anything is created for a name.

    :param row: the node's subject; None when it is gone.
    :param siblings: the other rows of the name.
    :return: a healthy row that fits, else one that is being made so, else, in
        place of a new row, one never begun; None if there is none.
    """
    others = sorted(
        (one for one in siblings if row is None or one.id != row.id),
        key=lambda one: one.id,
        reverse=True,
    )
    fitting = [one for one in others if fits(one, desired)]
    for one in fitting:
        if states.healthy(one):
            return one
    if fitting:
        return fitting[0]
    if row is None or needs_replacement(row, desired):
        for one in others:
            if not states.begun(one) and one.type == desired.type:
                return one
    return None
