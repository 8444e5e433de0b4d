"""What Heat's engine API has and heatconv does not do: refused in words of its own.

Without these methods the bus would answer that there is no such method, which heat-api
makes an internal error of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import oslo_messaging

from heatconv import exception

#: Names of methods, and what users know them by.
FEATURES: Mapping[str, str] = {
    'migrate_convergence_1': 'Migrating a stack to convergence, where every stack is,',
}


class Unanswered:
    """A base for endpoints; what they do answer takes the place of its methods."""


def _refusal(name: str, feature: str) -> Callable[..., Any]:
    def refuse(self: Any, context: Any, **arguments: Any) -> Any:
        raise exception.NotSupported(feature=feature)

    refuse.__name__ = name
    refuse.__doc__ = 'Refuse.'
    return oslo_messaging.expected_exceptions(exception.NotSupported)(refuse)  # type: ignore[no-any-return]


for _name, _feature in FEATURES.items():
    setattr(Unanswered, _name, _refusal(_name, _feature))
