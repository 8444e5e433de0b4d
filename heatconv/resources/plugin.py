"""The contract between heatconv and a resource type.

A plugin never waits: `create`, `update` and `delete` start what they have to
start and return; `observe` says how far reality has got. All four may be called
again at any time with the same token, by another process, after a crash: what
was done once must not be done twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from heatconv.convergence.model import Observation, Reality
from heatconv.hot.schema import TypeSchema

__all__ = ['Observation', 'Plugin', 'Reality', 'Resource', 'TransientError', 'TypeSchema']


class TransientError(Exception):
    """It cannot be done just now: the same is to be asked again.

    Raise it for a cloud that is busy, over its rate limit or away for a moment. Any
    other exception fails the resource at once.

    :param retry_after: seconds until it makes sense to ask again; None if nobody
        knows.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Resource:
    """What a plugin is told about one resource.

    :ivar token: unique and the same for the life of this incarnation: mark the
        physical resource with it and find it by it.
    :ivar properties: as wanted, references resolved and defaults filled in.
    :ivar physical_id: None until it is known.
    """

    token: str
    name: str
    type: str
    stack_id: str
    stack_name: str
    project_id: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    physical_id: str | None = None


class Plugin:
    """One resource type; subclass it and register it under ``heatconv.resources``."""

    #: Properties and attributes, as data.
    schema: ClassVar[TypeSchema]

    def replace_on_change(self, properties: Mapping[str, Any]) -> frozenset[str]:
        """Name the properties that cannot change in place.

        :param properties: all properties as wanted.
        """
        return self.schema.replace_on_change

    def observe(self, resource: Resource) -> Observation:
        """Look for the resource by its token and tell what is real."""
        raise NotImplementedError

    def create(self, resource: Resource) -> None:
        """Start to create it, unless a resource with its token is there."""
        raise NotImplementedError

    def update(self, resource: Resource, changed: Sequence[str]) -> None:
        """Start to change it in place.

        :param changed: the names of the properties that differ; may be empty
            after a failure.
        """
        raise NotImplementedError

    def delete(self, resource: Resource) -> None:
        """Start to delete it; fine if it is not there."""
        raise NotImplementedError
