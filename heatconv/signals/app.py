"""The WSGI application that takes signals: POST or PUT to a signed URL."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from heatconv.signals.receiver import Answer, Receiver
from heatconv.signals.signatures import Subject
from heatconv.signals.urls import PART, PATH, SIGNATURE

StartResponse = Callable[[str, list[tuple[str, str]]], Any]

#: ``curl`` sends POST, ``cfn-signal`` PUT.
METHODS = ('POST', 'PUT')

#: Length limit of the parts of a path, that of names and ids.
LONGEST_PART = 255

#: The path that says whether the application runs, for load balancers.
HEALTH = '/healthcheck'


class SignalApplication:
    """A WSGI application (PEP 3333).

    :param max_body_size: size limit of the body of a signal, in bytes.
    """

    def __init__(self, receiver: Receiver, max_body_size: int) -> None:
        self._receiver = receiver
        self.max_body_size = max_body_size

    def __call__(
        self, environ: Mapping[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        answer = self.answer(environ)
        body = json.dumps({'result': answer.reason}).encode() + b'\n'
        headers = [('Content-Type', 'application/json'), ('Content-Length', str(len(body)))]
        if answer.retry_after:
            headers.append(('Retry-After', str(math.ceil(answer.retry_after))))
        if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
            headers.append(('Allow', ', '.join(METHODS)))
        start_response(f'{answer.status} {HTTPStatus(answer.status).phrase}', headers)
        return [body]

    def answer(self, environ: Mapping[str, Any]) -> Answer:
        """Return the answer to a request."""
        path = _text(environ.get('PATH_INFO', ''))
        if path == HEALTH:
            return Answer(200, 'OK')
        query = parse_qs(str(environ.get('QUERY_STRING', '')))
        subject = _subject(path, query.get(PART, [''])[0])
        if subject is None:
            return Answer(404, 'there is nothing here')
        if environ.get('REQUEST_METHOD') not in METHODS:
            return Answer(405, 'send the signal by POST or PUT')
        try:
            length = int(environ.get('CONTENT_LENGTH') or 0)
        except ValueError:
            return Answer(400, 'the content length is not a number')
        if not 0 <= length <= self.max_body_size:
            return Answer(413, f'the body may have {self.max_body_size} bytes at most')
        body = environ['wsgi.input'].read(length) if length else b''
        try:
            details = json.loads(body) if body.strip() else None
        except (ValueError, RecursionError):
            return Answer(400, 'the body is not valid JSON')
        signature = query.get(SIGNATURE) or [str(environ.get('HTTP_X_AUTH_TOKEN', ''))]
        return self._receiver.receive(subject, signature[0], details)


def _subject(path: str, part: str) -> Subject | None:
    """Return what a path names; None if it is no path of a signal.

    :param part: the part of the resource, from the query.
    """
    prefix = f'/{PATH}/'
    parts = path.removeprefix(prefix).split('/') if path.startswith(prefix) else []
    if len(parts) != 4 or not all(0 < len(part) <= LONGEST_PART for part in parts):
        return None
    return Subject(*parts, part[:LONGEST_PART])


def _text(value: str) -> str:
    """Return a value of the environment as it was sent: UTF-8, which WSGI shows as Latin-1."""
    return value.encode('latin-1', 'replace').decode('utf-8', 'replace')
