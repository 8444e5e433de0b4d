"""The signed URLs of resources; implements `heatconv.resources.signal_urls.SignalUrls`."""

from __future__ import annotations

from urllib.parse import quote

from heatconv.resources.plugin import Resource
from heatconv.signals.signatures import Signatures, Subject

#: Path of signals below the endpoint; project, stack, resource and incarnation follow.
PATH = 'v1/signal'
#: The parameter of the query that carries the signature.
SIGNATURE = 'signature'
#: The parameter of the query with the part of the resource that is signalled.
PART = 'part'


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
        return self._signatures.sign(_subject(resource))

    def signed(self, resource: Resource, part: str = '') -> str:
        query = f'{SIGNATURE}={self._signatures.sign(_subject(resource, part))}'
        if part:
            query = f'{PART}={quote(part, safe="")}&{query}'
        return f'{self.endpoint(resource)}?{query}'


def _subject(resource: Resource, part: str = '') -> Subject:
    return Subject(resource.project_id, resource.stack_id, resource.name, resource.token, part)
