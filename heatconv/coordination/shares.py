"""Who looks after what, as those see it who ask.

It is advice: where nobody is known, casts go to whoever is free.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Protocol


class Shares(Protocol):
    """Says who looks after what."""

    def owner(self, key: str) -> str | None:
        """Return the server that a key belongs to; None if that is not known."""

    def round(self, key: str) -> Iterator[str | None]:
        """Give all servers in turn, for ever, beginning with the owner of a key."""

    def owned(self, keys: Iterable[str]) -> set[str]:
        """Return those that this process looks after."""


class SingleMember:
    """Nobody is known: this process looks after everything."""

    def owner(self, key: str) -> str | None:
        return None

    def round(self, key: str) -> Iterator[str | None]:
        return itertools.repeat(None)

    def owned(self, keys: Iterable[str]) -> set[str]:
        return set(keys)
