"""Signed URLs: how a server signals a resource without a user of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from heatconv.hot.errors import InvalidProperty
from heatconv.resources.plugin import Resource

#: The values of ``signal_transport`` in Heat.
CFN_SIGNAL = 'CFN_SIGNAL'
TEMP_URL_SIGNAL = 'TEMP_URL_SIGNAL'
HEAT_SIGNAL = 'HEAT_SIGNAL'
NO_SIGNAL = 'NO_SIGNAL'
ZAQAR_SIGNAL = 'ZAQAR_SIGNAL'
TOKEN_SIGNAL = 'TOKEN_SIGNAL'  # noqa: S105 - the name of a transport

#: Key in the details of a signal: the part that its URL is signed for.
PART = 'deploy_signal_part'

#: All of them.
TRANSPORTS = (
    CFN_SIGNAL,
    TEMP_URL_SIGNAL,
    HEAT_SIGNAL,
    NO_SIGNAL,
    ZAQAR_SIGNAL,
    TOKEN_SIGNAL,
)

#: Transports that need a service which heatconv does not use, and the service.
UNSUPPORTED = {TEMP_URL_SIGNAL: 'Swift', ZAQAR_SIGNAL: 'Zaqar'}


class SignalUrls(Protocol):
    """Returns the URLs to which signals are sent.

    A signature is valid for one incarnation of a resource, until it is deleted.
    """

    def endpoint(self, resource: Resource) -> str:
        """Return the URL without a signature: a request needs the token in ``X-Auth-Token``."""

    def token(self, resource: Resource) -> str:
        """Return the signature."""

    def signed(self, resource: Resource, part: str = '') -> str:
        """Return the URL with its signature: whoever has it can signal the resource.

        :param part: what of the resource is signalled, if it awaits several signals one after the
            other. The details of the signal then have it under PART.
        """


def check_transport(properties: Mapping[str, Any]) -> None:
    """Refuse a transport that needs a service which heatconv does not use.

    :param properties: of a resource; some values may only be known at run time.
    :raises InvalidProperty: if it does.
    """
    transport = properties.get('signal_transport')
    if isinstance(transport, str) and transport in UNSUPPORTED:
        raise InvalidProperty(
            f'signal_transport {transport} needs {UNSUPPORTED[transport]}, which heatconv does '
            f'not use: choose {CFN_SIGNAL}, {HEAT_SIGNAL} or {NO_SIGNAL}',
            'signal_transport',
        )


class NoSignalUrls:
    """No URLs: signals come through the API only."""

    def endpoint(self, resource: Resource) -> str:
        return ''

    def token(self, resource: Resource) -> str:
        return ''

    def signed(self, resource: Resource, part: str = '') -> str:
        return ''


class UsesSignalUrls:
    """A plugin that gives out signal URLs; `Registry.nest` sets ``urls``."""

    urls: SignalUrls = NoSignalUrls()
