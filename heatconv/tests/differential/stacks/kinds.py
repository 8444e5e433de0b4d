"""Tell of what kind a difference is, for the list of those that are meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from heatconv.tests.differential.stacks.observing import NOTHING, Seen

_GROUP = 'OS::Heat::ResourceGroup'
_CHAIN = 'OS::Heat::ResourceChain'
_UPDATED = {'UPDATE_IN_PROGRESS', 'UPDATE_COMPLETE'}
_DELETED = {'DELETE_IN_PROGRESS', 'DELETE_COMPLETE'}


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
        return self.facts(f'{resource(place)}: {what}')


def resource(place: str) -> str:
    """Return the path of the resource of a place."""
    return place.partition(': ')[0]


def _additional_events(pair: Pair, place: str) -> set[str]:
    """Return the events that only Heat has, if heatconv has no others."""
    heat, ours = pair.facts(place)
    if not place.endswith(': events') or NOTHING in (heat, ours) or not set(ours) <= set(heat):
        return set()
    return set(heat) - set(ours)


def as_before(pair: Pair, place: str) -> bool:
    """Tell whether it differs just as it did after the previous step."""
    if pair.before is None or place.endswith((': events', ': id')):
        return False
    return pair.facts(place) == pair.before.facts(place)


def attribute_of_group(pair: Pair, place: str) -> bool:
    """Tell whether it is an attribute of a group."""
    return ': attribute ' in place and pair.about(place, 'type')[0] in (_GROUP, _CHAIN)


def events_of_replacement(pair: Pair, place: str) -> bool:
    """Tell whether Heat shows the update that a replacement began as."""
    return _additional_events(pair, place) == _UPDATED


def events_of_deletion(pair: Pair, place: str) -> bool:
    """Tell whether Heat shows the deletion of a resource that has never been there."""
    return _additional_events(pair, place) == _DELETED


def heat_does_not_end(pair: Pair, place: str) -> bool:
    """Tell whether Heat repeats a check without an end."""
    return pair.heat.facts.get('stack') == 'stuck'


def old_definition(pair: Pair, place: str) -> bool:
    """Tell whether Heat failed to resolve a definition of before."""
    reason = pair.heat.texts.get('stack', '')
    return 'The Referenced Attribute' in reason and pair.heat.facts['stack'] == 'UPDATE_FAILED'


def metadata_changed(pair: Pair, place: str) -> bool:
    """Tell whether it is about a change of nothing but metadata."""
    if place.endswith(': metadata') and pair.before is not None:
        # Ids and random values of before have no labels any more.
        return pair.before.facts(place)[0] not in (NOTHING, {}) or pair.facts(place)[0] == {}
    heat, ours = pair.about(place, 'events')
    return heat is not NOTHING and set(heat) == _UPDATED and ours is NOTHING


def _updated_here(pair: Pair, place: str) -> bool:
    """Tell whether it is about an update that only heatconv makes."""
    heat, ours = pair.about(place, 'events')
    what = place.rpartition(': ')[2]
    return what in ('events', 'status') and heat is NOTHING and set(ours) == _UPDATED


def metadata_of_others(pair: Pair, place: str) -> bool:
    """Tell whether a resource is updated here for a value in its metadata only."""
    heat, ours = pair.about(place, 'metadata')
    return _updated_here(pair, place) and heat != ours


def attribute_without_value(pair: Pair, place: str) -> bool:
    """Tell whether it is a null for an attribute that has no value."""
    return ': attribute ' in place and pair.facts(place) == (None, NOTHING)


def value_after_failure(pair: Pair, place: str) -> bool:
    """Tell whether it is a value in a stack that failed."""
    failed = any(status in pair.facts('stack') for status in ('CREATE_FAILED', 'UPDATE_FAILED'))
    return failed and (place.startswith('output ') or ': attribute ' in place)


def required_by_failed(pair: Pair, place: str) -> bool:
    """Tell whether it is about what requires a resource in a stack that failed."""
    return place.endswith(': required by') and str(pair.facts('stack')[0]).endswith('_FAILED')


def missing_member(pair: Pair, place: str) -> bool:
    """Tell whether Heat does not even begin what refers to a missing member of a group."""
    reason = pair.ours.texts.get(f'{resource(place)}: status', '')
    return 'not found in group resource' in reason and pair.heat.facts.get('stack') in (
        'CREATE_FAILED',
        'UPDATE_FAILED',
    )


def unresolved_properties(pair: Pair, place: str) -> bool:
    """Tell whether only Heat resolves the properties of an ``OS::Heat::None``."""
    reason = 'not found in group resource'
    return (
        reason in pair.heat.texts.get('stack', '')
        and reason not in pair.ours.texts.get('stack', '')
        and 'OS::Heat::None' in pair.ours.facts.values()
    )


def condition_of_disabled(pair: Pair, place: str) -> bool:
    """Tell whether only Heat looks into a resource that is not there."""
    heat, ours = pair.facts(place)
    return (heat, ours) == (
        'StackValidationFailed',
        'accepted',
    ) and 'condition' in pair.heat.texts.get(place, '')


def reference_to_disabled(pair: Pair, place: str) -> bool:
    """Tell whether it is about a reference to a resource that is not there."""
    texts = (pair.heat.texts.get(place, ''), pair.ours.texts.get(place, ''))
    return 'its condition is false' in texts[1] or 'The specified reference' in texts[0]


def changed_none(pair: Pair, place: str) -> bool:
    """Tell whether it is about an ``OS::Heat::None`` that only heatconv updates or replaces.

    Likewise what refers to one that was replaced: it is updated, as the id is another one.
    """
    if pair.about(place, 'type')[0] == 'OS::Heat::None':
        return _updated_here(pair, place) or pair.about(place, 'status')[0] == 'CHECK_COMPLETE'
    return any(
        fact == 'CHECK_COMPLETE'
        and pair.about(what, 'type')[0] == 'OS::Heat::None'
        and pair.facts(what)[1] != fact
        for what, fact in pair.heat.facts.items()
    )


def external(pair: Pair, place: str) -> bool:
    """Tell whether it is about the create of a resource that exists independently of the stack."""
    events = pair.about(place, 'events')[0]
    return events is not NOTHING and 'ADOPT_COMPLETE' in events
