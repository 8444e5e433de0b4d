"""Selection of the row that serves a resource name, and the need for a replacement.

These are rules 1 and 2 of "Which row serves a name" in doc/source/algorithm.rst.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from heatconv.convergence import states
from heatconv.convergence.model import DesiredState, Resource


def choose(rows: Iterable[Resource], target: str | None, previous: str | None) -> Resource | None:
    """Guess the row that serves a name, at preparation.

    The result is only a hint: the check decides. A healthy row comes first, then one in
    progress, then a failed one, then one that was never begun. Among equals, a row of the
    target template comes first, then one of the previous template, then the newest.

    :param rows: all rows of the name.
    :param target: id of the template of the new traversal.
    :param previous: id of the template of the previous traversal.
    :return: None if there are no rows, or only doomed ones.
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


def representatives(rows: Iterable[Resource]) -> dict[str, Resource]:
    """Return, for each name, the row whose attributes users see.

    While a replacement is created, a name has several rows: the newest one that has a physical
    resource represents it. A failed one does so only if there is no other: its attributes are the
    ones that were observed last.

    :param rows: all rows of a stack, in the order of their ids.
    """
    best: dict[str, Resource] = {}
    for row in rows:
        if states.doomed(row) or not row.physical_id or not states.begun(row):
            continue
        works = states.healthy(row) or states.in_progress(row)
        before = best.get(row.name)
        if before is None or works or not (states.healthy(before) or states.in_progress(before)):
            best[row.name] = row
    return best


def changed(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the sorted names of the properties that differ, added and removed ones included."""
    before = before or {}
    if before == after:
        return ()
    missing = object()
    names = sorted({*before, *after})
    return tuple(name for name in names if before.get(name, missing) != after.get(name, missing))


def needs_replacement(row: Resource, desired: DesiredState) -> bool:
    """Say whether a row cannot reach the desired state in place."""
    if row.type != desired.type or states.doomed(row):
        return True
    if not states.begun(row):
        return False
    if row.tainted:
        return True
    if states.state(row) == states.CHECK_FAILED:
        return not desired.always_updates
    if states.state(row) == states.CREATE_FAILED:
        return row.physical_id is not None and not desired.repairs_failed_create
    differ = changed(row.properties, desired.properties)
    return any(name in desired.replace_on_change for name in differ)


def fits(row: Resource, desired: DesiredState) -> bool:
    """Say whether a row is healthy or in progress and can reach the desired state in place.

    So its properties that cannot change in place are the desired ones.
    """
    if not states.healthy(row) and not states.in_progress(row):
        return False
    return not needs_replacement(row, desired)


def substitute(
    row: Resource | None, siblings: Iterable[Resource], desired: DesiredState
) -> Resource | None:
    """Find the row to re-point a node to, before anything is created for its name.

    :param row: the subject of the node; None if it was deleted.
    :param siblings: the other rows of the name.
    :return: a healthy row that fits; else one in progress that fits; else, instead of a new
        row, one that was never begun. Among equals the newest. None if there is none.
    """
    others = sorted(
        (sibling for sibling in siblings if row is None or sibling.id != row.id),
        key=lambda sibling: sibling.id,
        reverse=True,
    )
    fitting = [other for other in others if fits(other, desired)]
    for other in fitting:
        if states.healthy(other):
            return other
    if fitting:
        return fitting[0]
    if row is None or needs_replacement(row, desired):
        for other in others:
            if not states.begun(other) and other.type == desired.type:
                return other
    return None
