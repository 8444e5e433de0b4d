"""The new size of a group after an adjustment, as in Heat (heat/scaling/scalingutil.py)."""

from __future__ import annotations

import math

CHANGE, EXACT, PERCENT = 'change_in_capacity', 'exact_capacity', 'percent_change_in_capacity'

#: The types of adjustments of OS::Heat::ScalingPolicy.
ADJUSTMENT_TYPES = (CHANGE, EXACT, PERCENT)

#: The types of adjustments of AWS::AutoScaling::ScalingPolicy, and what they are called here.
AWS_ADJUSTMENT_TYPES = {
    'ChangeInCapacity': CHANGE,
    'ExactCapacity': EXACT,
    'PercentChangeInCapacity': PERCENT,
}

#: Largest number of members that a percentage adds or removes, before the limits of the group.
LARGEST = 2.0**62


def adjusted(
    current: int,
    adjustment: float,
    adjustment_type: str,
    minimum: int,
    maximum: int,
    step: int | None = None,
) -> int:
    """Return the size of a group after an adjustment, within its limits.

    :param current: the present size, in members.
    :param adjustment: members to add, the new size, or per cent of the present size to add.
    :param adjustment_type: one of `ADJUSTMENT_TYPES`.
    :param minimum: smallest size; likewise ``maximum``.
    :param step: for per cent: smallest number of members to add or remove; None for no limit.
    """
    if adjustment_type == EXACT:
        wanted = int(adjustment)
    elif adjustment_type == CHANGE:
        wanted = current + int(adjustment)
    else:
        wanted = current + _members(current, adjustment, step)
    return max(min(wanted, maximum), minimum)


def _members(current: int, percent: float, step: int | None) -> int:
    """Return the number of members to add for a percentage; negative to remove members.

    A fraction of a member is dropped, but it is never less than one member.
    """
    # The product of two floats may be infinite.
    share = max(min(current * percent / 100, LARGEST), -LARGEST)
    sign = -1 if share < 0 else 1
    members = sign * max(math.floor(abs(share)), math.ceil(min(abs(share), 1)))
    if step and abs(members) < step:
        return step if members > 0 else -step
    return members
