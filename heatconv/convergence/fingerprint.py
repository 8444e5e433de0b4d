"""Fingerprints: detect without a check that a resource matches its definition.

A check reads its definition, and from each required row the reference id and the attributes.
A fingerprint identifies all of these: it is a digest of the definition and of the
fingerprint of each required row, followed by the version of the row that its own check
saved. Every later write of a row increments its version. Its fingerprint then no longer
holds, and neither does the fingerprint of any row that requires it. So if the fingerprint of
a row holds, and the fingerprints of all rows that it requires, a check would find nothing to
do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from heatconv.convergence.model import Resource

#: Length of a digest in bytes: enough to exclude collisions in practice.
SIZE = 12

#: How many texts are joined and hashed in one call.
LOT = 1_000


def digest(*texts: str) -> str:
    """Return a digest of some texts, in hexadecimal digits."""
    hasher = hashlib.blake2b(digest_size=SIZE)
    for start in range(0, len(texts), LOT):
        text = '\0'.join((*texts[start : start + LOT], ''))
        hasher.update(text.encode('utf-8', 'surrogatepass'))
    return hasher.hexdigest()


def line(row: Resource) -> str:
    """Return a line of text that identifies a required row and its current fingerprint."""
    return f'{row.id} {row.fingerprint}'


def row_id_of(text: str) -> str:
    """Return the row id in a line.

    :param text: a line as `line` returns it.
    """
    return text.partition(' ')[0]


def desired(definition: str, required: Iterable[Resource], others: Iterable[str] = ()) -> str:
    """Return a digest of a desired state: of a definition and the rows that it requires.

    :param definition: a digest of the definition; empty if it has none.
    :param required: the rows that it requires.
    :param others: the line of each further row that it requires; see `line`.
    :return: empty if the definition has no digest.
    """
    if not definition:
        return ''
    # No id starts with another id and a space, so the lines sort in the order of the ids.
    return digest(definition, *sorted([*map(line, required), *others]))


def stamped(made: str, version: int) -> str:
    """Return the fingerprint of a row that a check saves.

    :param made: digest of the desired state; see `desired`.
    :param version: version of the row as the check saves it.
    :return: empty if the desired state has no digest.
    """
    return f'{made}:{version}' if made else ''


def holds(row: Resource, made: str) -> bool:
    """Say whether a row is unchanged since its last check and has the desired state.

    :param made: digest of the desired state; see `desired`.
    """
    return bool(made) and row.fingerprint == stamped(made, row.version)
