"""The differences between stacks that are meant, each with its reason.

Each has a case in ``cases.yaml``, which must show it: one that does not show it any more is to
be taken off this list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from heatconv.tests.differential.stacks import kinds
from heatconv.tests.differential.stacks.kinds import Pair


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
    for one in (*DELIBERATE, *OPEN, *ALWAYS):
        if one.explains(pair, place):
            return one
    return None


DELIBERATE = (
    Deliberate(
        'attributes of groups are shown',
        'Heat shows null for the attributes of a group or chain, unless they are asked for by '
        'name. Here they are shown.',
        kinds.attribute_of_group,
    ),
    Deliberate(
        'a replacement is no update',
        'Heat begins an update of the old resource, and completes it with the reason that it '
        'requires replacement. Here these events are left out.',
        kinds.events_of_replacement,
    ),
    Deliberate(
        'old definitions are not resolved again',
        'To find what changed, Heat resolves the definition of before. If a reference of it '
        'does not resolve any more, the update fails. Here the resolved values are stored.',
        kinds.old_definition,
    ),
)

#: What differs, is not meant, and waits for its turn.
OPEN = (
    Deliberate(
        'references of groups',
        'In Heat get_resource of a group or chain is the id of its stack, and only that of a '
        'nested template is an ARN.',
        kinds.reference_of_group,
    ),
    Deliberate(
        'resources of replaced nested stacks',
        'If the replacement of a nested stack fails, the resources of the old one are listed as '
        'well.',
        kinds.resource_of_replaced,
    ),
    Deliberate(
        'replacement of chains',
        'In Heat a change of resource_properties, or of concurrent, replaces the chain.',
        kinds.replaced_chain,
    ),
    Deliberate(
        'metadata of unhealthy resources',
        'In Heat metadata keep the values of a resource that is unhealthy or failed.',
        kinds.metadata_without_values,
    ),
    Deliberate(
        'unhealthy OS::Heat::None',
        'Heat does not replace it: it becomes CHECK_COMPLETE.',
        kinds.marked_none,
    ),
    Deliberate(
        'deletion of what was never created',
        'Heat has events of the deletion of a resource whose creation failed.',
        kinds.events_of_deletion,
    ),
    Deliberate(
        'deletion of retained resources',
        'Heat has an event of its beginning.',
        kinds.events_of_retained,
    ),
    Deliberate(
        'attributes without a value',
        'Heat shows null for each attribute of a resource that failed, or of a nested stack '
        'whose output is an error.',
        kinds.attribute_without_value,
    ),
    Deliberate(
        'values after a failure',
        'If a replacement fails, outputs have the values of the new resource in Heat: null for '
        'attributes, and its name as the reference. The outputs of a nested stack that failed '
        'have their values. Here they have those of the old resource, and none.',
        kinds.value_after_failure,
    ),
    Deliberate(
        'what is required by resources that failed',
        'Heat reads it from the template, heatconv from rows: a resource that was never begun '
        'has none.',
        kinds.required_by_failed,
    ),
    Deliberate(
        'changes of metadata',
        'In Heat a change of metadata is an update with events, but the resource keeps the '
        'metadata of before.',
        kinds.metadata_changed,
    ),
    Deliberate(
        'other values in metadata',
        'In Heat a resource is not updated if only the value of a reference in its metadata '
        'changes.',
        kinds.metadata_of_others,
    ),
    Deliberate(
        'updates of OS::Heat::None',
        'Heat never updates it. Here a change of depends_on is an update.',
        kinds.updated_none,
    ),
    Deliberate(
        'missing members',
        'In Heat the resource is not begun that refers to a member that is not there. Here its '
        'create fails.',
        kinds.missing_member,
    ),
    Deliberate(
        'properties of OS::Heat::None',
        'Heat resolves them, and fails if a member of a group is missing.',
        kinds.unresolved_properties,
    ),
    Deliberate(
        'members of empty groups',
        'In Heat a member of a group without any members is null, and not an error.',
        kinds.member_of_empty,
    ),
    Deliberate(
        'disabled resources are validated',
        'Heat refuses functions that are wrong in a resource whose condition is false.',
        kinds.condition_of_disabled,
    ),
    Deliberate(
        'references to disabled resources',
        'Heat refuses them in properties with InvalidTemplateReference, and in nested stacks.',
        kinds.reference_to_disabled,
    ),
)

#: What needs no case.
ALWAYS = (
    Deliberate('as before', 'It was explained before.', kinds.as_before),
    Deliberate(
        'Heat does not end',
        'Heat repeats the check of a resource that it finds locked, for ever.',
        kinds.heat_does_not_end,
    ),
)
