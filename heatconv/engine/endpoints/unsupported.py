"""The RPC methods of Heat that heatconv does not implement: each is refused by name.

Without these methods oslo.messaging would answer that there is no such method, and heat-api
would report an internal error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import oslo_messaging

from heatconv import exception
from heatconv.rpc import api

#: Names of methods, and the features that users know them as.
FEATURES: Mapping[str, str] = {
    'migrate_convergence_1': 'Migrating a stack to convergence, where every stack is,',
}


class UnsupportedEndpoint:
    """Refuse the methods of FEATURES."""

    target = oslo_messaging.Target(version=api.ENGINE_VERSION)


def _refusal(name: str, feature: str) -> Callable[..., Any]:
    def refuse(self: Any, context: Any, **arguments: Any) -> Any:
        raise exception.NotSupported(feature=feature)

    refuse.__name__ = name
    refuse.__doc__ = 'Refuse.'
    return oslo_messaging.expected_exceptions(exception.NotSupported)(refuse)  # type: ignore[no-any-return]


for _name, _feature in FEATURES.items():
    setattr(UnsupportedEndpoint, _name, _refusal(_name, _feature))
