"""Rolling updates: the members of a group that the next batch changes.

As in Heat (heat/scaling/rolling_update.py and template.py). A batch is computed from the present
definitions of the members, so that any process can continue an update that another one began.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: The definition of a member, as in a template.
Definition = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Policy:
    """How a group is updated in batches.

    :ivar min_in_service: smallest number of members that stay as they are during a batch.
    :ivar max_batch_size: largest number of members that one batch creates or updates.
    :ivar pause: seconds between the end of a batch and the next one.
    :raises ValueError: if an update would never end.
    """

    min_in_service: int = 0
    max_batch_size: int = 1
    pause: float = 0.0

    def __post_init__(self) -> None:
        # The template may contain anything, because an update policy has no schema.
        if self.min_in_service < 0:
            raise ValueError('the number of members that stay in service must not be negative')
        if self.max_batch_size < 1:
            raise ValueError('a batch must have at least one member')
        if not 0 <= self.pause < math.inf:
            raise ValueError('the pause between two batches must be a number of seconds')

    @classmethod
    def read(cls, policy: Mapping[str, Any]) -> Policy:
        """Return the policy from a property or an update policy of a group."""
        return cls(
            int(policy.get('min_in_service') or 0),
            int(policy.get('max_batch_size') or 1),
            float(policy.get('pause_time') or 0),
        )


def is_rolled_out(target: int, size: int, updated: int) -> bool:
    """Say whether no batch is left.

    :param target: the size of the group after the update.
    :param size: its present size.
    :param updated: number of members that have the new definition.
    """
    return size == target <= updated


def next_batch(
    target: int,
    size: int,
    updated: int,
    policy: Policy,
    retried: int = 0,
    under_way: bool = False,
) -> tuple[int, int]:
    """Return the size of the group during the next batch, and the members that it may change.

    The group grows for a time if less than ``min_in_service`` members would stay in service.

    :param target: the size of the group after the update; likewise the other arguments of
        `is_rolled_out`.
    :param retried: number of members that have the new definition and failed. The update tries
        them again, so that they are a part of the batch.
    :param under_way: whether members that have the new definition are not complete yet. Then the
        batch is the one before, which goes on.
    """
    if under_way:
        return size, 0
    in_service = min(policy.min_in_service, target, size)
    changes = max(min(policy.max_batch_size - retried, target - updated), 0)
    # Those that are tried again are not in service either.
    busy = changes + retried
    total = min(busy + max(min(size, target - busy), in_service), size + changes)
    # No member goes before those that stand for it are complete.
    return (max(total, size) if retried else total), changes


def definitions(
    members: Sequence[tuple[str, Definition]],
    size: int,
    changes: int,
    new_names: Iterator[str],
    definition_of: Callable[[str], Definition],
) -> dict[str, Definition]:
    """Return the definitions of the members of a group of another size.

    :param members: names and definitions of the present members; the first ones are removed or
        changed first.
    :param size: number of members to define.
    :param changes: number of members that may get the new definition, new members included.
    :param new_names: yields names for new members; none are made if there are no more.
    :param definition_of: returns the new definition of a member.
    """
    kept = list(members[-size:]) if size else []
    created = size - len(kept)
    left = changes - created
    result: dict[str, Definition] = {}
    for name, definition in kept:
        new = definition_of(name)
        if left > 0 and definition != new:
            left -= 1
            definition = new
        result[name] = definition
    for name in itertools.islice(new_names, created):
        result[name] = definition_of(name)
    return result
