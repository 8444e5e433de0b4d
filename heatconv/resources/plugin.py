"""The plugin contract: the interface between heatconv and a resource type.

A plugin never blocks: `create`, `update` and `delete` start an operation and return; `observe`
reports its progress and is polled. All four may be repeated at any time with the same token, by
another process, after a crash, and must be idempotent. Each call must end within ``[worker]
action_timeout`` seconds. Calls come from several threads, and two processes may make the same call
concurrently for a moment.

Order, replacement, retries and recovery are not the concern of a plugin. All values of properties
and attributes are JSON values. See also ``doc/source/plugins.rst``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from heatconv.convergence import fingerprint
from heatconv.convergence.model import Action, Event, Observation, Reality, Verb
from heatconv.hot.schema import TypeSchema
from heatconv.resources.records import Writes

#: The property of a type that follows the template: the id of the content of the stack.
TEMPLATE_ID = 'OS::template_id'

__all__ = [
    'Observation',
    'Plugin',
    'PluginCall',
    'Reality',
    'Resource',
    'SignalIgnored',
    'TransientError',
    'TypeSchema',
    'Verb',
]


class SignalIgnored(Exception):
    """A signal has no effect at the moment, and leaves no event.

    :param reason: the reason, for the answer to the signal.
    """


class TransientError(Exception):
    """A transient failure: the same call is retried later.

    A plugin raises it if its cloud is busy, over its rate limit or temporarily unreachable. The
    call is retried up to ``[worker] action_retry_limit`` times; after that the resource fails. Any
    other exception fails the resource immediately.

    :param reason: text for the event of the retry, and for the failure after the last retry.
    :param retry_after: seconds until the retry; None for an exponential backoff that begins with
        ``[worker] poll_interval`` and is limited to a minute.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource, as its plugin sees it.

    :ivar token: unique, and constant for the life of this incarnation of the resource: the plugin
        marks the physical resource with it, and finds the physical resource by it. A replacement
        has another token.
    :ivar name: name of the resource in its stack.
    :ivar type: name of the resource type.
    :ivar stack_id: id of the stack.
    :ivar stack_name: name of the stack.
    :ivar project_id: id of the project of the stack.
    :ivar properties: all desired properties, references resolved and defaults filled in. For a
        call without a desired state (a delete, the observation of an interrupted operation, a
        signal): the properties that are saved with the resource.
    :ivar physical_id: id of the physical resource as last observed; None until it is observed. For
        an adoption: id of the existing resource.
    :ivar template_id: id of the content of the stack (template, environment and files) that the
        resource is created or updated from, or was last; None in a signal.
    :ivar adopted: for an adoption: the attributes that were exported with the resource (see
        `Plugin.handed_over`); otherwise empty.
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

    :ivar verb: the operation. For OBSERVE, the resource is only observed.
    :ivar resource: the resource.
    :ivar changed: for an update: the names of the properties that differ; otherwise empty.
    :ivar operation: for SUSPEND and RESUME; see `Plugin.act`.
    """

    verb: Verb
    resource: Resource
    changed: Sequence[str] = ()
    operation: str = ''


#: A prediction: the observation that would follow a call, and the writes to records that the call
#: would make; None if it would make none.
Prediction = tuple[Observation, Writes | None]


class Plugin:
    """One resource type.

    A resource type is a subclass. It is registered as an entry point in the group
    ``heatconv.resources``, under the name of the type, and is called with the records of the
    built-in types and the clock (see `heatconv.resources.registry`). It must set `schema` and
    implement `observe`, `create`, `update` and `delete`; everything else has a default.
    """

    #: The properties and attributes of the type, as data.
    schema: TypeSchema

    @functools.cached_property
    def digest(self) -> str:
        """Return a digest of the schema.

        It is part of the fingerprint of each resource of the type: another schema may result in
        other desired properties, so an update then checks the resource again.
        """
        return fingerprint.digest(repr(self.schema))

    #: Whether a resource of the type is a nested stack. Its content is created from its properties
    #: and from the environment and the files of the owning stack. Every update of the owning stack
    #: updates it, so that its resources can decide what to do.
    nests: ClassVar[bool] = False

    #: Whether the property TEMPLATE_ID is among the properties of the type.
    follows_template: ClassVar[bool] = False

    #: Whether a resource whose create failed, but left a physical resource, is repaired by an
    #: update instead of replaced.
    repairs_failed_create: ClassVar[bool] = False

    #: Whether a resource whose update failed is updated again by the next update, instead of
    #: replaced. It is replaced by default, as in Heat (heat/engine/resource.py,
    #: needs_replace_failed).
    repairs_failed_update: ClassVar[bool] = False

    #: Whether `proceed` is implemented: a create or an update may have several parts.
    proceeds: ClassVar[bool] = False

    #: Largest number of resources in one call of `perform` or `predict`. More than one makes sense
    #: if one call for many costs less than a call for each; they wait for each other.
    bulk: ClassVar[int] = 1

    #: Whether calls may wait while two bulk calls of their stack, type and verb are in progress,
    #: so that they share the next one. It makes sense for types whose calls never take long.
    gathers: ClassVar[bool] = False

    def perform(self, calls: Sequence[PluginCall]) -> list[Observation | Exception]:
        """Perform calls, and observe each resource after its call.

        The default performs the calls one by one. A type with ``bulk`` overrides it if it can
        serve several resources by one request.

        :param calls: calls of one stack and one verb, at most ``bulk``.
        :return: for each call, in order, the observation, or the exception of this call alone. An
            exception that is raised counts for all calls.
        """
        return [self._outcome(call) for call in calls]

    #: Whether `predict` is implemented.
    predicts: ClassVar[bool] = False

    def predict(self, calls: Sequence[PluginCall]) -> list[Prediction | None]:
        """Predict the observation that would follow each call, and the writes that it would make.

        Only for types whose physical resources are records in the store: the commit that saves the
        observation makes the writes too, so that both stand or neither does. The operation then
        needs no claim, and half of the commits. The method itself writes nothing, and waits for
        nothing but the store, because it delays all tasks of the worker.

        :param calls: calls of one stack and one verb, at most ``bulk``.
        :return: for each call, in order, the prediction; None for an operation that would not
            finish immediately or would fail, whose call is then made.
        """
        raise NotImplementedError

    def deletes_at_once(self, resource: Resource) -> bool:
        """Say whether a delete is predicted without a read, because it ends immediately."""
        return False

    def _outcome(self, call: PluginCall) -> Observation | Exception:
        """Perform one call; return the observation, or the exception that was raised."""
        try:
            if call.verb == Verb.CREATE:
                self.create(call.resource)
            elif call.verb == Verb.UPDATE:
                self.update(call.resource, call.changed)
            elif call.verb == Verb.DELETE:
                self.delete(call.resource)
            elif call.verb == Verb.ADOPT:
                self._adopt(call.resource)
            elif call.verb in (Verb.SUSPEND, Verb.RESUME):
                self.act(call.resource, call.verb.upper(), call.operation)
            if self.proceeds and call.verb in (Verb.CREATE, Verb.UPDATE, Verb.PROCEED):
                return self.proceed(call.resource)
            return self.observe(call.resource)
        except Exception as error:  # the exception of one resource must not fail the others
            return error

    def _adopt(self, resource: Resource) -> None:
        """Adopt a resource; a resource without a physical id fails with Heat's message.

        A nested stack needs none: it is created, and adopts its resources.
        """
        if not resource.physical_id and not self.nests:
            raise ValueError('Resource ID was not provided.')
        self.adopt(resource)

    def replace_on_change(self, properties: Mapping[str, Any]) -> frozenset[str]:
        """Return the names of the properties that cannot change in place.

        A change of one of them replaces the resource. The default is the schema's: the properties
        without ``update_allowed``. An override must depend on its argument only.

        :param properties: all desired properties.
        """
        return self.schema.replace_on_change

    def observe(self, resource: Resource) -> Observation:
        """Find the physical resource by the token, and return its reality.

        It is called after every other operation, and polled while it returns PENDING. A delete is
        finished when it returns ABSENT. See `Observation`.

        :return: an observation with the reality ABSENT, PENDING, READY or FAILED. Of every
            existing resource it has the physical id; if READY, also all attributes, and the actual
            properties, or None if the plugin cannot determine them.
        :raises TransientError: if the resource cannot be observed at the moment.
        """
        raise NotImplementedError

    def create(self, resource: Resource) -> None:
        """Start to create the physical resource, unless one with the token exists.

        :raises TransientError: if it cannot be created at the moment.
        :raises Exception: if the create has failed; the text becomes the reason.
        """
        raise NotImplementedError

    def update(self, resource: Resource, changed: Sequence[str]) -> None:
        """Start to update the physical resource in place to ``resource.properties``.

        :param changed: the names of the properties that differ. It may be empty after a failure:
            then every property may differ.
        :raises TransientError: if it cannot be updated at the moment.
        :raises Exception: if the update has failed; the text becomes the reason.
        """
        raise NotImplementedError

    def proceed(self, resource: Resource) -> Observation:
        """Observe a create or an update in progress, and begin its next part if one is due.

        It is polled in place of `observe`, and like every operation it may be repeated by another
        process. After a crash the operation is not continued, but observed: the observed
        properties must differ from the desired ones until the last part is begun, so that the
        resource is updated again.

        :raises TransientError: if the next part cannot be begun at the moment.
        :raises Exception: if it has failed; the text becomes the reason.
        """
        return self.observe(resource)

    def delete(self, resource: Resource) -> None:
        """Start to delete the physical resource; succeed if it does not exist.

        :raises TransientError: if it cannot be deleted at the moment.
        :raises Exception: if the delete has failed; the text becomes the reason.
        """
        raise NotImplementedError

    def act(self, resource: Resource, action: str, operation: str) -> None:
        """Begin what the suspend or the resume of a stack does to a resource; by default nothing.

        It is called again at each poll while `observe` returns PENDING. Other processes may call
        it at the same time, and a call may come late, when the stack has another action already.

        :param action: ``SUSPEND`` or ``RESUME``.
        :param operation: id of the action. A call with the id of the last action that has begun,
            or with a smaller one, must do nothing.
        :raises TransientError: if it cannot begin at the moment.
        :raises Exception: if it has failed; the text becomes the reason.
        """

    def adopt(self, resource: Resource) -> None:
        """Mark the existing resource ``resource.physical_id`` with the token, unless it is marked.

        From then on `observe` finds it by the token, like a created resource. It is called for
        ``stack adopt`` and for a resource definition with an ``external_id``. The default: the
        type cannot be adopted.

        :raises NotImplementedError: if resources of the type cannot be adopted.
        :raises TransientError: if it cannot be marked at the moment.
        """
        raise NotImplementedError(f'resources of type {resource.type} cannot be adopted')

    #: Whether `signal` is implemented.
    takes_signals: ClassVar[bool] = False

    #: A resource whose latest action is one of these takes no signal (heat/engine/resource.py).
    deaf_actions: ClassVar[Collection[Action]] = (Action.INIT, Action.DELETE, Action.SUSPEND)

    def signal(self, resource: Resource, details: Any) -> str:
        """Save a signal where `observe` finds it; return the reason for its event.

        An engine calls it, not a worker. Signals may come from several processes, repeatedly and
        concurrently.

        :param resource: the resource, with the properties that are saved with it.
        :param details: the data of the signal, any JSON value.
        :raises ValueError: if the data is not a valid signal.
        :raises SignalIgnored: if the signal has no effect at the moment.
        """
        raise NotImplementedError

    def take_signal(
        self, resource: Resource, details: Any, event_of: Callable[[str], Event]
    ) -> Event | None:
        """Save a signal, and return its event for the caller to save.

        A type overrides it if it can save the event in the transaction of the signal.

        :param event_of: creates the event from the reason that `signal` returns.
        :return: None if the event is saved already.
        :raises ValueError: if the data is not a valid signal.
        """
        return event_of(self.signal(resource, details))

    def signals(self, resource: Resource) -> Mapping[str, Any]:
        """Return the received signals, in the form in which Heat shows them as the metadata."""
        return {}

    def metadata(self, resource: Resource, declared: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the metadata that users and agents read.

        :param declared: the metadata of the definition; if there is none, the received signals.
        """
        return declared

    #: Names of the attributes that are exported when the stack is abandoned. If the resource is
    #: adopted later, they come back in `Resource.adopted`.
    handed_over: ClassVar[Sequence[str]] = ()
