"""The differences between stacks that are meant, each with its reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from heatconv.tests.differential.stacks.observing import NOTHING, Seen


@dataclass(frozen=True)
class Pair:
    """What both engines show after a step.

    :ivar before: the same after the previous step.
    """

    heat: Seen
    ours: Seen
    before: Pair | None

    def facts(self, place: str) -> tuple[Any, Any]:
        """Return the fact of Heat and that of heatconv."""
        return self.heat.facts.get(place, NOTHING), self.ours.facts.get(place, NOTHING)

    def about(self, place: str, what: str) -> tuple[Any, Any]:
        """Return other facts about the resource of a place."""
        return self.facts(f'{place.rpartition(": ")[0]}: {what}')


@dataclass(frozen=True)
class Deliberate:
    """A kind of difference that is meant.

    :ivar explains: tells whether the difference at a place is of this kind.
    """

    name: str
    reason: str
    explains: Callable[[Pair, str], bool]


def explained(pair: Pair, place: str) -> Deliberate | None:
    """Find what explains the difference at a place, if it is meant."""
    for one in (*DELIBERATE, *OPEN):
        if one.explains(pair, place):
            return one
    return None


def _groups_attribute(pair: Pair, place: str) -> bool:
    types = pair.about(place, 'type')
    return ': attribute ' in place and types[0] in (
        'OS::Heat::ResourceGroup',
        'OS::Heat::ResourceChain',
    )


def _nested_left_alone(pair: Pair, place: str) -> bool:
    heat, ours = pair.facts(place)
    if not pair.ours.nested(place):
        return False
    if place.endswith(': events'):
        return ours is NOTHING and set(heat) == {'UPDATE_IN_PROGRESS', 'UPDATE_COMPLETE'}
    unchanged = pair.about(place, 'events')[1] is NOTHING
    return place.endswith(': status') and heat == 'UPDATE_COMPLETE' and unchanged


def _replacement_events(pair: Pair, place: str) -> bool:
    heat, ours = pair.facts(place)
    return (
        place.endswith(': events')
        and pair.about(place, 'id') == ('replaced', 'replaced')
        and NOTHING not in (heat, ours)
        and set(heat) - set(ours) == {'UPDATE_IN_PROGRESS', 'UPDATE_COMPLETE'}
        and set(ours) <= set(heat)
    )


DELIBERATE = (
    Deliberate(
        'attributes of groups are shown',
        'Heat shows null for the attributes of a group or chain, unless they are asked for by '
        'name. Here they are shown.',
        _groups_attribute,
    ),
    Deliberate(
        'unchanged nested stacks are left alone',
        'Heat updates each nested stack whenever its parent is updated, even if nothing in it '
        'changes. Here a nested stack without a change is not updated: it has no events, and its '
        'status stays.',
        _nested_left_alone,
    ),
    Deliberate(
        'a replacement is no update',
        'Heat begins an update of the old resource, and completes it with the reason that it '
        'requires replacement. Here these events are left out.',
        _replacement_events,
    ),
)

#: What differs, is not meant, and waits for its turn.
OPEN: tuple[Deliberate, ...] = ()
