"""The contract between heatconv and a resource type.

A plugin never blocks: `create`, `update` and `delete` start an operation and return; `observe`
reports its progress. All four may be repeated at any time with the same token, by another process,
after a crash, and must be idempotent.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from heatconv.convergence import fingerprint
from heatconv.convergence.model import Event, Observation, Reality, Verb
from heatconv.hot.schema import TypeSchema
from heatconv.resources.records import Writes

__all__ = [
    'Observation',
    'Plugin',
    'PluginCall',
    'Reality',
    'Resource',
    'TransientError',
    'TypeSchema',
    'Verb',
]


class TransientError(Exception):
    """A transient failure: the same call is to be repeated later.

    Raise it for a cloud that is busy, over its rate limit or unreachable for a moment. Any other
    exception fails the resource immediately.

    :param retry_after: seconds until a retry makes sense; None if unknown.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource, as its plugin sees it.

    :ivar token: unique, and the same for the life of this incarnation: mark the physical resource
        with it and find it by it.
    :ivar properties: the desired properties, references resolved and defaults filled in.
    :ivar physical_id: None until it is known.
    :ivar adopted: the exported data of a resource to adopt.
    :ivar template_id: id of the stack content that the resource was last created or updated from.
    """

    token: str
    name: str
    type: str
    stack_id: str
    stack_name: str
    project_id: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    physical_id: str | None = None
    template_id: str | None = None
    adopted: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PluginCall:
    """One call of a plugin for one resource.

    :ivar changed: for an update, the names of the properties that differ.
    """

    verb: Verb
    resource: Resource
    changed: Sequence[str] = ()


#: A prediction: the observation that would follow a call, and the writes that the call takes.
Prediction = tuple[Observation, Writes | None]


class Plugin:
    """One resource type; subclass it and register it under ``heatconv.resources``."""

    #: Properties and attributes, as data.
    schema: ClassVar[TypeSchema]

    @functools.cached_property
    def digest(self) -> str:
        """Return a digest of the schema: with another schema, other properties may be desired."""
        return fingerprint.digest(repr(self.schema))

    #: Whether a resource of the type is a nested stack.
    nests: ClassVar[bool] = False

    #: Whether a failed create is repaired by an update instead of replaced.
    repairs_failed_create: ClassVar[bool] = False

    #: How many resources one call of `perform` takes at most. More than one makes sense if a call
    #: for many costs less than a call for each; they wait for each other.
    bulk: ClassVar[int] = 1

    def perform(self, calls: Sequence[PluginCall]) -> list[Observation | Exception]:
        """Make a call for each resource and observe it.

        :return: for each resource the observation, or the exception of this resource. A raised
            exception counts for all of them.
        """
        return [self._outcome(call) for call in calls]

    #: Whether `predict` is implemented. It may wait for nothing but the store.
    predicts: ClassVar[bool] = False

    def predict(self, calls: Sequence[PluginCall]) -> list[Prediction | None]:
        """Predict the observation that would follow each call, and the writes that it takes.

        For a type whose resources are in the store: the commit that saves the observation carries
        out the writes, so that both stand or neither does.

        :return: None for a call that would not be over immediately.
        """
        raise NotImplementedError

    def _outcome(self, call: PluginCall) -> Observation | Exception:
        try:
            if call.verb == Verb.CREATE:
                self.create(call.resource)
            elif call.verb == Verb.UPDATE:
                self.update(call.resource, call.changed)
            elif call.verb == Verb.DELETE:
                self.delete(call.resource)
            elif call.verb == Verb.ADOPT:
                self._adopt(call.resource)
            return self.observe(call.resource)
        except Exception as error:  # an exception of one resource does not concern the others
            return error

    def _adopt(self, resource: Resource) -> None:
        if not resource.physical_id:
            raise ValueError('Resource ID was not provided.')
        self.adopt(resource)

    def replace_on_change(self, properties: Mapping[str, Any]) -> frozenset[str]:
        """Return the names of the properties that cannot change in place.

        :param properties: all desired properties.
        """
        return self.schema.replace_on_change

    def observe(self, resource: Resource) -> Observation:
        """Find the resource by its token and return what is real."""
        raise NotImplementedError

    def create(self, resource: Resource) -> None:
        """Start to create it, unless a resource with its token exists."""
        raise NotImplementedError

    def update(self, resource: Resource, changed: Sequence[str]) -> None:
        """Start to update it in place.

        :param changed: the names of the properties that differ; may be empty after a failure.
        """
        raise NotImplementedError

    def delete(self, resource: Resource) -> None:
        """Start to delete it; succeed if it does not exist."""
        raise NotImplementedError

    def adopt(self, resource: Resource) -> None:
        """Mark the resource with the physical id with the token, unless that is done.

        From then on the token finds it like a created resource.
        """
        raise NotImplementedError(f'resources of type {resource.type} cannot be adopted')

    #: Whether `signal` is implemented.
    takes_signals: ClassVar[bool] = False

    def signal(self, resource: Resource, details: Any) -> str:
        """Accept a signal; return the reason for its event.

        Signals may come from any process, repeatedly and concurrently.

        :raises ValueError: if the signal is not valid.
        """
        raise NotImplementedError

    def take_signal(
        self, resource: Resource, details: Any, event_of: Callable[[str], Event]
    ) -> Event | None:
        """Accept a signal, and return its event; None if the event is saved already.

        :param event_of: makes the event from the result of `signal`.
        """
        return event_of(self.signal(resource, details))

    def signals(self, resource: Resource) -> Mapping[str, Any]:
        """Return the received signals, as Heat shows them in the metadata."""
        return {}

    #: The attributes that are exported with an abandoned resource, to be adopted with it.
    handed_over: ClassVar[Sequence[str]] = ()
