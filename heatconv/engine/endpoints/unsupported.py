"""The RPC methods of Heat that heatconv does not implement: each raises NotSupported.

If they did not exist, oslo.messaging would report an unknown method, and heat-api an internal
error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import oslo_messaging

from heatconv import exception
from heatconv.rpc import api

#: By method, the feature as the error message names it.
FEATURES: Mapping[str, str] = {
    'migrate_convergence_1': 'Migrating a stack to convergence (every stack uses it already)',
}


class UnsupportedEndpoint:
    """Refuses the methods of FEATURES, which are added to it below."""

    target = oslo_messaging.Target(version=api.ENGINE_VERSION)


def _refusal(name: str, feature: str) -> Callable[..., Any]:
    """Create an RPC method that refuses every call."""

    def refuse(self: Any, context: Any, **arguments: Any) -> Any:
        raise exception.NotSupported(feature=feature)

    refuse.__name__ = name
    refuse.__doc__ = 'Refuse.'
    return oslo_messaging.expected_exceptions(exception.NotSupported)(refuse)  # type: ignore[no-any-return]


for _name, _feature in FEATURES.items():
    setattr(UnsupportedEndpoint, _name, _refusal(_name, _feature))
