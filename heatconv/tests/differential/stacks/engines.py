"""What both engines have in common: calls of the engine API, and work until nothing is left."""

from __future__ import annotations

import abc
from collections.abc import Collection
from typing import Any


class Refused(Exception):
    """A call was refused.

    :ivar kind: name of the class of the error.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f'{kind}: {message}')
        self.kind = kind
        self.message = message


class Stuck(Exception):
    """An engine did not finish its work."""


class StackEngine(abc.ABC):
    """An engine that is driven by calls of Heat's engine API."""

    name: str

    @abc.abstractmethod
    def call(self, method: str, **arguments: Any) -> Any:
        """Call a method of the engine API.

        :raises Refused: if the call is refused.
        """

    @abc.abstractmethod
    def settle(self, last: Collection[str] = ()) -> None:
        """Do all work that was begun.

        :param last: names of resources whose checks are left to the end, so that the failure of
            one does not race with other work.
        :raises Stuck: if it does not come to an end.
        """
