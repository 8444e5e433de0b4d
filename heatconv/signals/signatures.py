"""Signatures of signal URLs: HMAC over project, stack, resource and incarnation.

The first key signs, and all keys verify. To rotate, put a new key in front; remove an old one once
no resource exists that was created with it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

#: Length of the name of a key in a signature. The name selects the key that verifies.
NAME_LENGTH = 8
#: Shortest key in bytes: that of the digest (RFC 2104, section 3).
SHORTEST_KEY = 32


@dataclass(frozen=True, slots=True)
class Subject:
    """What a signature is valid for.

    :ivar incarnation: the token of the resource: a replacement has another.
    :ivar part: what of the resource is signalled; empty for the resource as a whole.
    """

    project_id: str
    stack_id: str
    resource: str
    incarnation: str
    part: str = ''


class InvalidKey(ValueError):
    """A key is too short."""


class Signatures:
    """Signs and verifies.

    :param keys: the keys; the first one signs.
    :raises InvalidKey: if a key is shorter than `SHORTEST_KEY` bytes.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = {_name(key): key.encode() for key in keys}
        if any(len(key) < SHORTEST_KEY for key in self._keys.values()):
            raise InvalidKey(f'a key of signal URLs must have {SHORTEST_KEY} characters or more')
        self._first = _name(keys[0]) if keys else ''

    def __bool__(self) -> bool:
        """Say whether there is a key."""
        return bool(self._keys)

    def sign(self, subject: Subject) -> str:
        """Return the signature of a subject: the name of the key and the digest, in hex."""
        return self._first + _digest(self._keys[self._first], subject)

    def verify(self, subject: Subject, signature: str) -> bool:
        """Say whether a signature is that of a subject, by one of the keys."""
        key = self._keys.get(signature[:NAME_LENGTH])
        if key is None:
            return False
        expected = _digest(key, subject)
        return hmac.compare_digest(expected.encode(), signature[NAME_LENGTH:].encode())


def _name(key: str) -> str:
    """Return the name of a key: the beginning of a digest, which does not reveal the key."""
    return hashlib.sha256(b'name:' + key.encode()).hexdigest()[:NAME_LENGTH]


def _digest(key: bytes, subject: Subject) -> str:
    # With the lengths, so that two subjects never result in the same text.
    parts = (
        subject.project_id,
        subject.stack_id,
        subject.resource,
        subject.incarnation,
        subject.part,
    )
    text = ''.join(f'{len(part)}:{part}' for part in parts)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
