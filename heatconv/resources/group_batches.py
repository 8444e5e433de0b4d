"""The batches of a resource group, whose members have numbers as names.

As in heat/engine/resources/openstack/heat/resource_group.py: the members with the highest numbers
are updated first. Members that failed come before all others; Heat defines all of them anew in the
first batch, however many they are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from heatconv.resources.scaling import batches
from heatconv.resources.scaling.batches import Definition, Policy


def next_members(
    now: Mapping[str, Definition],
    failed: Collection[str],
    complete: Collection[str],
    final: Mapping[str, Definition],
    names: Callable[[int], Sequence[str]],
    definition_of: Callable[[str], Definition],
    policy: Policy,
) -> dict[str, Definition] | None:
    """Return the members of a group after the next batch.

    :param now: the present definitions, without the members to remove at once.
    :param failed: the names of those that failed.
    :param complete: the names of those that work, with nothing under way.
    :param final: the definitions after the last batch.
    :param names: returns the first names that the group may use, in the given number.
    :param definition_of: returns the new definition of a member.
    :return: None if no batch is left before the final definitions.
    """
    updated = sum(1 for name, definition in final.items() if now.get(name) == definition)
    target = len(final)
    if batches.is_rolled_out(target, len(now), updated):
        return None
    new = {name for name, definition in now.items() if definition == definition_of(name)}
    under_way = any(name not in complete and name not in failed for name in new)
    total, changes = batches.next_batch(
        target, len(now), updated, policy, len(new.intersection(failed)), under_way
    )
    places = {name: place for place, name in enumerate(names(total))}

    def order(name: str) -> tuple[bool, bool, int]:
        place = places.get(name, 0)
        turn = target - place if place < target else total
        return name in places, name in complete, turn

    members = batches.definitions(
        sorted(now.items(), key=lambda member: order(member[0])),
        total,
        changes,
        iter([name for name in places if name not in now]),
        definition_of,
    )
    return (
        None if members == final else {name: members[name] for name in places if name in members}
    )
