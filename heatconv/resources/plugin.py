"""The contract between heatconv and a resource type.

A plugin never waits: `create`, `update` and `delete` start what they have to
start and return; `observe` says how far reality has got. All four may be called
again at any time with the same token, by another process, after a crash: what
was done once must not be done twice.
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
    :ivar adopted: what was handed over with a resource to adopt.
    :ivar template_id: of the content of its stack that it was last made of.
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
    """What is asked of a plugin for one resource.

    :ivar changed: for an update, the names of the properties that differ.
    """

    verb: Verb
    resource: Resource
    changed: Sequence[str] = ()


#: What would be observed, and what has to be written for that.
Prediction = tuple[Observation, Writes | None]


class Plugin:
    """One resource type; subclass it and register it under ``heatconv.resources``."""

    #: Properties and attributes, as data.
    schema: ClassVar[TypeSchema]

    @functools.cached_property
    def digest(self) -> str:
        """Return a digest of the schema: another one may want other properties."""
        return fingerprint.digest(repr(self.schema))

    #: Whether a resource of it is a stack, made of the template that it is in too.
    nests: ClassVar[bool] = False

    #: Whether what could not be created is mended by an update, not replaced.
    mends: ClassVar[bool] = False

    #: How many resources `perform` is asked for at once. More than one makes sense where
    #: a call for many costs less than one for each; they wait for each other.
    bulk: ClassVar[int] = 1

    def perform(self, asked: Sequence[PluginCall]) -> list[Observation | Exception]:
        """Do what is asked of each resource and observe it.

        :return: for each what was observed, or what was raised; an exception that is
            raised instead is that of each.
        """
        return [self._outcome(one) for one in asked]

    #: Whether `predict` can tell. Then it waits for nothing but the store.
    predicts: ClassVar[bool] = False

    def predict(self, asked: Sequence[PluginCall]) -> list[Prediction | None]:
        """Tell what would be observed of each resource if what is asked were done.

        Of a type whose reality is in the store: what is to be written is returned, and the
        commit that tells what was observed writes it, so that both stand or neither does.

        :return: None for what would not be over at once.
        """
        raise NotImplementedError

    def _outcome(self, asked: PluginCall) -> Observation | Exception:
        try:
            if asked.verb == Verb.CREATE:
                self.create(asked.resource)
            elif asked.verb == Verb.UPDATE:
                self.update(asked.resource, asked.changed)
            elif asked.verb == Verb.DELETE:
                self.delete(asked.resource)
            elif asked.verb == Verb.ADOPT:
                self._adopt(asked.resource)
            return self.observe(asked.resource)
        except Exception as error:  # of this resource, and no concern of the others
            return error

    def _adopt(self, resource: Resource) -> None:
        if not resource.physical_id:
            raise ValueError('Resource ID was not provided.')
        self.adopt(resource)

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

    def adopt(self, resource: Resource) -> None:
        """Mark what has the physical id with the token, unless that is done.

        From then on it is found by the token like one that was created.
        """
        raise NotImplementedError(f'resources of type {resource.type} cannot be adopted')

    #: Whether `signal` may be called.
    takes_signals: ClassVar[bool] = False

    def signal(self, resource: Resource, details: Any) -> str:
        """Take what somebody tells the resource; return what to tell of it.

        It may come from any process, several times, and at once.

        :raises ValueError: if it is not what may be told.
        """
        raise NotImplementedError

    def take_signal(
        self, resource: Resource, details: Any, told: Callable[[str], Event]
    ) -> Event | None:
        """Take a signal, and give the event that tells of it; None if that is written already.

        :param told: gives the event of what `signal` returns.
        """
        return told(self.signal(resource, details))

    def signals(self, resource: Resource) -> Mapping[str, Any]:
        """Return what was told, as Heat shows it in the metadata."""
        return {}

    #: The attributes that are handed over with an abandoned resource, to be adopted with it.
    handed_over: ClassVar[Sequence[str]] = ()
