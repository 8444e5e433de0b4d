"""The differences between stacks that are meant, each with its reason.

Each has a case in ``deliberate.yaml``, which must show it: one that does not show it any more is
to be taken off this list.
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
    for one in (*DELIBERATE, *ALWAYS):
        if one.explains(pair, place):
            return one
    return None


DELIBERATE = (
    Deliberate(
        'attributes of groups are shown',
        'Heat shows null for the attributes of a group or chain, unless they are asked for by '
        'name. heatconv shows them.',
        kinds.attribute_of_group,
    ),
    Deliberate(
        'a replacement is no update',
        'Heat begins an update of the old resource, and completes it with the reason that it '
        'requires replacement. heatconv has no such events.',
        kinds.events_of_replacement,
    ),
    Deliberate(
        'old definitions are not resolved again',
        'To find what changed, Heat resolves the previous definition. If one of its references '
        'does not resolve any more, the update fails. heatconv stores the resolved values.',
        kinds.old_definition,
    ),
    Deliberate(
        'an OS::Heat::None is a resource like others',
        'Heat never updates an OS::Heat::None, and does not replace it if it is marked unhealthy. '
        'heatconv treats it as any other resource, which has no effect on anything real.',
        kinds.changed_none,
    ),
    Deliberate(
        'properties of OS::Heat::None',
        'Heat resolves them in some cases, and fails if a member of a group is missing. heatconv '
        'never resolves them.',
        kinds.unresolved_properties,
    ),
    Deliberate(
        'deletion of what was never created',
        'If a create failed without a physical resource, heatconv creates the same resource '
        'again. Heat replaces it, and has events of its deletion.',
        kinds.events_of_deletion,
    ),
    Deliberate(
        'attributes without a value',
        'Heat shows null for each attribute of a resource that failed, or of a nested stack '
        'whose output is an error. heatconv leaves such attributes out.',
        kinds.attribute_without_value,
    ),
    Deliberate(
        'values after a failure',
        'If a replacement fails, the old resource still exists, and heatconv shows its values. '
        'Heat shows the name of the resource and null.',
        kinds.value_after_failure,
    ),
    Deliberate(
        'what is required by resources that failed',
        'Heat reads required_by from the template. heatconv reads it from the stored resources: a '
        'resource that was never begun requires nothing yet.',
        kinds.required_by_failed,
    ),
    Deliberate(
        'changes of metadata',
        'If only the metadata of a resource change, Heat updates the resource, but keeps and '
        'shows the previous metadata. heatconv shows the new ones.',
        kinds.metadata_changed,
    ),
    Deliberate(
        'other values in metadata',
        'If only the value of a reference in the metadata changes, Heat does not update the '
        'resource. heatconv does.',
        kinds.metadata_of_others,
    ),
    Deliberate(
        'external resources',
        'Heat adopts and checks a resource with external_id, and shows CHECK_COMPLETE. heatconv '
        'shows CREATE_COMPLETE.',
        kinds.external,
    ),
    Deliberate(
        'missing members',
        'Both fail if a resource refers to a member that its group does not have. In Heat the '
        'group fails, and in heatconv the resource that refers to it.',
        kinds.missing_member,
    ),
    Deliberate(
        'conditions of disabled resources',
        'heatconv does not look at the names of conditions in a resource whose own condition is '
        'false. Heat refuses unknown ones.',
        kinds.condition_of_disabled,
    ),
    Deliberate(
        'references to disabled resources',
        'Both refuse a reference to a resource whose condition is false, except in outputs. The '
        'error is InvalidTemplateReference in Heat and StackValidationFailed in heatconv.',
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
