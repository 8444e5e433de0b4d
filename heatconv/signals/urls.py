"""The signed URLs of resources; implements `heatconv.resources.signal_urls.SignalUrls`."""

from __future__ import annotations

from urllib.parse import quote

from heatconv.resources.plugin import Resource
from heatconv.signals.signatures import Signatures, Subject

#: Path of signals below the endpoint; project, stack, resource and incarnation follow.
PATH = 'v1/signal'
#: The parameter of the query that carries the signature.
SIGNATURE = 'signature'


class SignedUrls:
    """Builds signed URLs.

    :param endpoint: the URL of ``heatconv-signal`` as servers reach it.
    """

    def __init__(self, endpoint: str, signatures: Signatures) -> None:
        self._endpoint = endpoint.rstrip('/')
        self._signatures = signatures

    def endpoint(self, resource: Resource) -> str:
        parts = (resource.project_id, resource.stack_id, resource.name, resource.token)
        return '/'.join((self._endpoint, PATH, *(quote(part, safe='') for part in parts)))

    def token(self, resource: Resource) -> str:
        return self._signatures.sign(
            Subject(resource.project_id, resource.stack_id, resource.name, resource.token)
        )

    def signed(self, resource: Resource) -> str:
        return f'{self.endpoint(resource)}?{SIGNATURE}={self.token(resource)}'
