"""Tell, before it is checked, that a resource is what its definition says.

A check reads its definition, and of each row it requires the reference id and the
attributes. A fingerprint names all of that as it was: the definition, and the fingerprint
of each required row, which in turn ends with the version that its own check left. Whatever
is written to a row later raises its version, so that its fingerprint no longer holds, nor
does that of anything that requires it. So where a fingerprint holds, and those of all it
requires, a check could find nothing to do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from heatconv.convergence.model import Resource

#: Bytes of a digest: two different ones are never the same.
SIZE = 12


def digest(*words: str) -> str:
    """Return a name for some texts."""
    text = '\0'.join((*words, '')).encode('utf-8', 'surrogatepass')
    return hashlib.blake2b(text, digest_size=SIZE).hexdigest()


def wanted(definition: str, required: Iterable[Resource]) -> str:
    """Return what a check makes of a definition and the rows that it requires.

    :param definition: a digest of the definition; empty if there is none.
    """
    if not definition:
        return ''
    rows = sorted([(row.id, row.fingerprint) for row in required])
    return digest(definition, *[f'{row_id} {made}' for row_id, made in rows])


def stamped(made: str, version: int) -> str:
    """Return the fingerprint of a row that a check leaves at a version."""
    return f'{made}:{version}' if made else ''


def holds(row: Resource, made: str) -> bool:
    """Say whether a row is as its last check left it, and that is what is wanted."""
    return bool(made) and row.fingerprint == stamped(made, row.version)
