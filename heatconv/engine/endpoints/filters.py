"""The arguments that list methods share: the depth of nesting, and filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heatconv import exception

#: Upper bound of the levels of nested stacks: no stack is nested deeper.
MAX_LEVELS = 100

#: Names of filters, and the keys of the values that they compare in a resource or an event.
FILTERS = {
    'name': 'resource_name',
    'resource_name': 'resource_name',
    'type': 'resource_type',
    'resource_type': 'resource_type',
    'action': 'resource_action',
    'resource_action': 'resource_action',
    'status': 'resource_status',
    'resource_status': 'resource_status',
    'physical_resource_id': 'physical_resource_id',
}


def nested_levels(nested_depth: Any) -> int:
    """Return the number of levels of nested stacks that a request asks for.

    :raises Invalid: if it is not a number.
    """
    try:
        return min(max(int(nested_depth or 0), 0), MAX_LEVELS)
    except (TypeError, ValueError):
        raise exception.Invalid(reason='nested_depth must be a number') from None


def matches_filters(shown: Mapping[str, Any], filters: Mapping[str, Any]) -> bool:
    """Say whether a resource or an event, in the format of the API, passes all filters.

    :param filters: by name, the accepted value or a list of them. The filter ``uuid`` compares the
        id of an event. A filter with an unknown name has no effect.
    """
    for name, accepted in filters.items():
        if name == 'uuid':
            identity = shown.get('event_identity', {'path': ''})
            value = identity['path'].rpartition('/')[2]
        elif name in FILTERS:
            value = shown[FILTERS[name]]
        else:
            continue
        if value not in (accepted if isinstance(accepted, list) else [accepted]):
            return False
    return True
