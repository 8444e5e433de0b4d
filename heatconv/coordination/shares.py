"""The protocol that assigns keys to processes, as its users see it.

The assignment is advice: if no process is known, a cast goes to any free worker.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Protocol


class Shares(Protocol):
    """The assignment of keys to servers."""

    def owner(self, key: str) -> str | None:
        """Return the name of the server that owns a key; None if it is not known."""

    def round_robin_from(self, key: str) -> Iterator[str | None]:
        """Iterate over all servers round-robin, endlessly, beginning with the owner of a key."""

    def owned(self, keys: Iterable[str]) -> set[str]:
        """Return those of the keys that this process owns."""


class SingleMember:
    """The assignment without a group: no server is known, and this process owns every key."""

    def owner(self, key: str) -> str | None:
        return None

    def round_robin_from(self, key: str) -> Iterator[str | None]:
        return itertools.repeat(None)

    def owned(self, keys: Iterable[str]) -> set[str]:
        return set(keys)
