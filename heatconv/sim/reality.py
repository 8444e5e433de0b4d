"""The reality of a simulation: physical resources, and the plugin that creates them.

Reality is stricter than most clouds. It refuses to create or update a resource that refers to a
missing one, and to delete a resource that another one refers to. Checkers read its refusals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from heatconv.convergence.model import Verb
from heatconv.hot.schema import TypeSchema
from heatconv.resources.plugin import Observation, Plugin, Resource, TransientError
from heatconv.resources.plugin import Reality as Observed

#: Number of times that a worker retries a busy call.
RETRIES = 2

#: Prefix of the ids of physical resources: references are recognized by it.
PREFIX = 'phys-'


#: The name of a rule for all resources.
EVERY = '*'


class Refused(Exception):
    """Reality refuses an operation that would break a reference."""


class Broken(Exception):
    """An operation fails because of a rule."""


@dataclass
class PhysicalResource:
    """A physical resource.

    :ivar uuid: its physical id.
    :ivar logical_name: name of the resource in its template.
    :ivar token: the token by which a plugin finds it; None if a scenario created it directly.
    :ivar polls: number of polls that the operation in progress still needs.
    :ivar deleting: whether the operation in progress is a delete.
    :ivar broken: whether an operation failed half-way: observations then report a failure.
    """

    uuid: str
    logical_name: str
    properties: dict[str, Any]
    token: str | None = None
    polls: float = 0
    deleting: bool = False
    broken: bool = False


@dataclass
class Rule:
    """A rule for operations on a name: they fail, have no effect, are busy or take long.

    :ivar verb: the operation; None for all operations.
    :ivar times: number of operations to which the rule still applies.
    :ivar half: whether a failing operation is done half-way: the resource exists, but the
        operation has failed.
    """

    name: str
    verb: Verb | None = None
    times: float = float('inf')
    half: bool = False

    def holds(self, name: str, verb: Verb) -> bool:
        """Say whether the rule applies to an operation, and count the operation if so."""
        if self.name not in (name, EVERY) or self.verb not in (None, verb) or self.times <= 0:
            return False
        self.times -= 1
        return True


@dataclass
class Slow(Rule):
    """A rule for slow operations.

    :ivar polls: number of polls that an operation takes.
    """

    polls: float = 1


@dataclass
class Reality:
    """All physical resources in the order of their creation, and the rules for operations.

    :ivar rows: the physical resources by uuid.
    :ivar failing: rules for operations that fail.
    :ivar slow_ones: rules for operations that take long.
    :ivar deaf_ones: rules for updates that have no effect.
    :ivar busy_ones: rules for operations that are busy.
    """

    rows: dict[str, PhysicalResource] = field(default_factory=dict)
    failing: list[Rule] = field(default_factory=list)
    slow_ones: list[Slow] = field(default_factory=list)
    deaf_ones: list[Rule] = field(default_factory=list)
    busy_ones: list[Rule] = field(default_factory=list)
    #: Refusals since the begin of the last plugin call: a checker clears them.
    refused: list[str] = field(default_factory=list)
    #: Whether any operation may have failed or may have had no effect: the result of a run then
    #: depends on the order of operations.
    troubled: bool = False
    _tokens: dict[str, PhysicalResource] = field(default_factory=dict)
    _made: int = 0
    #: Total number of busy operations, by resource name.
    _busy: dict[str, float] = field(default_factory=dict)

    # Calls of scenarios

    def resources_by_logical_name(self, name: str) -> dict[str, PhysicalResource]:
        """Return the physical resources with a logical name, by uuid."""
        return {
            uuid: physical for uuid, physical in self.rows.items() if physical.logical_name == name
        }

    def all_resources(self) -> dict[str, PhysicalResource]:
        """Return all physical resources, by uuid."""
        return dict(self.rows)

    def create_resource(
        self, logical_name: str, properties: Mapping[str, Any], token: str | None = None
    ) -> str:
        """Create a physical resource and return its uuid.

        :raises Refused: if it refers to a missing one.
        """
        self._check_references(properties)
        self._made += 1
        uuid = PREFIX + (token if token is not None else f'by-hand-{self._made}')
        physical = PhysicalResource(uuid, logical_name, dict(properties), token)
        self.rows[uuid] = physical
        if token is not None:
            self._tokens[token] = physical
        return uuid

    def update_resource(self, uuid: str, properties: Mapping[str, Any]) -> None:
        """Replace the properties of a physical resource.

        :raises Refused: if it refers to a missing one.
        """
        self._check_references(properties)
        self.rows[uuid].properties = dict(properties)

    def delete_resource(self, uuid: str) -> None:
        """Delete a physical resource.

        :raises Refused: if another one refers to it.
        """
        for other in self.rows.values():
            if other.uuid != uuid and uuid in other.properties.values():
                raise self._refuse(f'{uuid} is referred to by {other.uuid}')
        physical = self.rows.pop(uuid)
        if physical.token is not None:
            del self._tokens[physical.token]

    def fail(
        self,
        name: str,
        verb: str | None = None,
        times: float = float('inf'),
        half: bool = False,
    ) -> None:
        """Let operations on a resource name fail.

        :param verb: create, update or delete; None for all.
        :param times: number of operations that fail.
        :param half: whether creates and updates are done half-way: the change is made, but they
            fail.
        """
        self.troubled = True
        self.failing.append(Rule(name, None if verb is None else Verb(verb), times, half))

    def slow(
        self,
        name: str,
        polls: float = 3,
        verb: str | None = None,
        times: float = float('inf'),
    ) -> None:
        """Let operations on a resource name take long.

        :param polls: number of polls that they take; with infinity they never end.
        """
        rule = Slow(name, None if verb is None else Verb(verb), times, polls=polls)
        self.slow_ones.append(rule)

    def busy(self, name: str, verb: str | None = None, times: float = 1) -> None:
        """Let operations on a resource name be busy.

        :param verb: create, update, delete or observe; None for all.
        :param times: number of busy calls.
        """
        self.busy_ones.append(Rule(name, None if verb is None else Verb(verb), times))
        # With fewer busy calls the retries of the worker succeed.
        self._busy[name] = self._busy.get(name, 0) + times
        self.troubled = self.troubled or self._busy[name] > RETRIES

    def ignore(self, name: str, times: float = 1) -> None:
        """Let updates of a resource name succeed without any effect."""
        self.troubled = True
        self.deaf_ones.append(Rule(name, Verb.UPDATE, times))

    def repair(self) -> None:
        """Remove all rules; operations in progress need at most one more poll."""
        self.failing.clear()
        self.slow_ones.clear()
        self.deaf_ones.clear()
        self.busy_ones.clear()
        for physical in self.rows.values():
            physical.polls = min(physical.polls, 1)

    # Calls of the plugin

    def by_token(self, token: str) -> PhysicalResource | None:
        """Return the physical resource with a token; None if it does not exist."""
        return self._tokens.get(token)

    def polls_for(self, name: str, verb: Verb) -> float:
        """Return the number of polls that an operation takes."""
        return next((rule.polls for rule in self.slow_ones if rule.holds(name, verb)), 0)

    def check_works(self, name: str, verb: Verb) -> bool:
        """Say whether an operation succeeds; if not, it fails half-way.

        :raises Broken: if it fails before it begins.
        :raises TransientError: if it is busy.
        """
        self.check_free(name, verb)
        rule = next((rule for rule in self.failing if rule.holds(name, verb)), None)
        if rule is not None and (verb == Verb.DELETE or not rule.half):
            raise Broken(f'{verb} of {name} was told to fail')
        return rule is None

    def check_free(self, name: str, verb: Verb) -> None:
        """Check that an operation is not busy.

        :raises TransientError: if it is busy.
        """
        if any(rule.holds(name, verb) for rule in self.busy_ones):
            raise TransientError(f'{verb} of {name} is not possible just now')

    def _check_references(self, properties: Mapping[str, Any]) -> None:
        for value in properties.values():
            if isinstance(value, str) and value.startswith(PREFIX) and value not in self.rows:
                raise self._refuse(f'{value} does not exist')

    def _refuse(self, why: str) -> Refused:
        """Record a refusal, and return the exception to raise."""
        self.refused.append(why)
        return Refused(why)


class SimResource(Plugin):
    """The resource type of scenarios: its attributes are its properties."""

    schema = TypeSchema(
        description='A resource of a simulation.', any_property=True, any_attribute=True
    )

    def __init__(self, reality: Reality) -> None:
        self.reality = reality

    repairs_failed_update = True

    def replace_on_change(self, properties: Mapping[str, Any]) -> frozenset[str]:
        return frozenset(name for name in properties if '!' in name)

    def observe(self, resource: Resource) -> Observation:
        self.reality.check_free(resource.name, Verb.OBSERVE)
        physical = self.reality.by_token(resource.token)
        if physical is None:
            return Observation(Observed.ABSENT)
        if physical.polls > 0:
            physical.polls -= 1
            return Observation(Observed.PENDING)
        if physical.deleting:
            self.reality.delete_resource(physical.uuid)
            return Observation(Observed.ABSENT)
        return Observation(
            Observed.FAILED if physical.broken else Observed.READY,
            physical_id=physical.uuid,
            attributes=dict(physical.properties),
            properties=dict(physical.properties),
        )

    def create(self, resource: Resource) -> None:
        works = self.reality.check_works(resource.name, Verb.CREATE)
        if self.reality.by_token(resource.token) is None:
            self.reality.create_resource(resource.name, resource.properties, resource.token)
            self._delay(resource, Verb.CREATE)
        self._break(resource, Verb.CREATE, works)

    def update(self, resource: Resource, changed: Sequence[str]) -> None:
        works = self.reality.check_works(resource.name, Verb.UPDATE)
        physical = self.reality.by_token(resource.token)
        if any(rule.holds(resource.name, Verb.UPDATE) for rule in self.reality.deaf_ones):
            return
        if physical is not None:
            self.reality.update_resource(physical.uuid, resource.properties)
            physical.broken = False
            self._delay(resource, Verb.UPDATE)
        self._break(resource, Verb.UPDATE, works)

    def delete(self, resource: Resource) -> None:
        self.reality.check_works(resource.name, Verb.DELETE)
        physical = self.reality.by_token(resource.token)
        if physical is None or physical.deleting:
            return
        polls = self.reality.polls_for(resource.name, Verb.DELETE)
        if polls:
            physical.polls, physical.deleting = polls, True
        else:
            self.reality.delete_resource(physical.uuid)

    def _break(self, resource: Resource, verb: Verb, works: bool) -> None:
        """Fail an operation half-way, unless it works."""
        if not works:
            physical = self.reality.by_token(resource.token)
            if physical is not None:
                physical.polls, physical.broken = 0, True
            raise Broken(f'{verb} of {resource.name} was told to fail half-way')

    def _delay(self, resource: Resource, verb: Verb) -> None:
        """Let the operation that has begun take the polls of its rule."""
        physical = self.reality.by_token(resource.token)
        assert physical is not None
        physical.polls = self.reality.polls_for(resource.name, verb)
