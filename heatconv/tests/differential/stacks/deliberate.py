"""The differences between stacks that are meant, each with its reason."""

from __future__ import annotations

import json
import re
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
    return AS_BEFORE if _as_before(pair, place) else None


def _as_before(pair: Pair, place: str) -> bool:
    if pair.before is None or place.endswith((': events', ': id')):
        return False
    return pair.facts(place) == pair.before.facts(place)


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
        and NOTHING not in (heat, ours)
        and set(heat) - set(ours) == {'UPDATE_IN_PROGRESS', 'UPDATE_COMPLETE'}
        and set(ours) <= set(heat)
    )


def _without_marks(value: Any, *marks: str) -> str:
    return re.sub('|'.join(marks), '', json.dumps(value, sort_keys=True))


def _alike_without(*marks: str) -> Callable[[Pair, str], bool]:
    """Return what tells whether two values are alike but for some marks of Heat's."""

    def explains(pair: Pair, place: str) -> bool:
        heat, ours = pair.facts(place)
        return _without_marks(heat, *marks) == _without_marks(ours, *marks)

    return explains


def _order_in_chain(pair: Pair, place: str) -> bool:
    return place.endswith(': required by') and pair.facts(place)[1] == []


def _unhealthy(pair: Pair, place: str) -> bool:
    """Tell whether it is an output that is not there because a resource is unhealthy."""
    output = place.removesuffix(': error')
    reason = pair.ours.texts.get(f'{output}: error', '')
    return output.startswith('output ') and 'it must be created first' in reason


def _unhealthy_metadata(pair: Pair, place: str) -> bool:
    return place.endswith(': metadata') and pair.facts(place)[1] == {}


def _marked_none(pair: Pair, place: str) -> bool:
    types = pair.about(place, 'type')
    events = pair.about(place, 'events')
    return types[0] == 'OS::Heat::None' and events[0] == ['CHECK_COMPLETE']


def _none_deleted(pair: Pair, place: str) -> bool:
    heat, ours = pair.facts(place)
    return (
        place.endswith(': events')
        and heat is not NOTHING
        and ours is not NOTHING
        and (set(heat) - set(ours) == {'DELETE_IN_PROGRESS'})
    )


def _failed_attributes(pair: Pair, place: str) -> bool:
    failed = pair.about(place, 'status')[1] in ('CREATE_FAILED', 'INIT_COMPLETE')
    return ': attribute ' in place and failed and pair.facts(place) == (None, NOTHING)


def _metadata_changed(pair: Pair, place: str) -> bool:
    if place.endswith(': metadata'):
        return True
    heat, ours = pair.about(place, 'events')
    return heat == ['UPDATE_COMPLETE', 'UPDATE_IN_PROGRESS'] and ours is NOTHING


def _missing_member(pair: Pair, place: str) -> bool:
    texts = json.dumps(dict(pair.heat.texts))
    return re.search("Member '.*' not found in group resource", texts) is not None


def _disabled(pair: Pair, place: str) -> bool:
    return 'its condition is false' in pair.ours.texts.get(place, '')


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

#: Explains what differs just as it did after the previous step.
AS_BEFORE = Deliberate('as before', 'It was explained before.', _as_before)

#: What differs, is not meant, and waits for its turn.
OPEN = (
    Deliberate(
        'references of nested stacks',
        'In Heat get_resource of a nested stack is an ARN. Here it is the id of the stack.',
        _alike_without('arn:', r'\d+ random characters of '),
    ),
    Deliberate(
        'order of chains',
        'Heat shows that a member of a chain is required by the next one.',
        _order_in_chain,
    ),
    Deliberate(
        'outputs of unhealthy resources',
        'In Heat a resource that is unhealthy, or whose update failed, still has its values.',
        _unhealthy,
    ),
    Deliberate(
        'metadata of unhealthy resources',
        'The same for metadata of resources that refer to them.',
        _unhealthy_metadata,
    ),
    Deliberate(
        'unhealthy OS::Heat::None',
        'Heat does not replace it: it becomes CHECK_COMPLETE.',
        _marked_none,
    ),
    Deliberate(
        'deletion at once',
        'Heat has an event of the beginning of each deletion.',
        _none_deleted,
    ),
    Deliberate(
        'attributes of resources that failed',
        'Heat shows null for each attribute.',
        _failed_attributes,
    ),
    Deliberate(
        'changes of metadata',
        'In Heat a change of metadata is an update with events, but the resource keeps the '
        'metadata of before.',
        _metadata_changed,
    ),
    Deliberate(
        'missing members',
        'In Heat the resource or output fails that refers to a member that is not there.',
        _missing_member,
    ),
    Deliberate(
        'references to disabled resources',
        'Heat accepts some of them, and raises InvalidTemplateReference for others.',
        _disabled,
    ),
)
