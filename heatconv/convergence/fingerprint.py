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

#: So many texts are put together at once.
LOT = 1_000


def digest(*words: str) -> str:
    """Return a name for some texts."""
    made = hashlib.blake2b(digest_size=SIZE)
    for start in range(0, len(words), LOT):
        text = '\0'.join((*words[start : start + LOT], ''))
        made.update(text.encode('utf-8', 'surrogatepass'))
    return made.hexdigest()


def line(row: Resource) -> str:
    """Return what a row that is required is, and as it was left, in one line."""
    return f'{row.id} {row.fingerprint}'


def of_line(said: str) -> str:
    """Return the id of the row that such a line is about."""
    return said.partition(' ')[0]


def desired(definition: str, required: Iterable[Resource], others: Iterable[str] = ()) -> str:
    """Return what a check makes of a definition and the rows that it requires.

    :param definition: a digest of the definition; empty if there is none.
    :param others: further rows that it requires, a line of each.
    """
    if not definition:
        return ''
    # An id is no beginning of another one's followed by a space: this is the order of ids.
    return digest(definition, *sorted([*map(line, required), *others]))


def stamped(made: str, version: int) -> str:
    """Return the fingerprint of a row that a check leaves at a version."""
    return f'{made}:{version}' if made else ''


def holds(row: Resource, made: str) -> bool:
    """Say whether a row is as its last check left it, and that is what is wanted."""
    return bool(made) and row.fingerprint == stamped(made, row.version)
