"""The reality of a simulation: physical resources, and the plugin that creates them.

It is stricter than most clouds: it refuses to create a resource that refers to a missing one, and
to delete one that is referred to. Checkers read its refusals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from heatconv.convergence.model import Verb
from heatconv.hot.schema import TypeSchema
from heatconv.resources.plugin import Observation, Plugin, Resource, TransientError
from heatconv.resources.plugin import Reality as Seen

#: How often a worker retries a busy call.
RETRIES = 2

#: Prefix of the ids of physical resources, so that references can be recognized.
PREFIX = 'phys-'


class Refused(Exception):
    """Reality refuses an operation that would break a reference."""


class Broken(Exception):
    """An operation that was told to fail."""


@dataclass
class PhysicalResource:
    """A physical resource.

    :ivar uuid: its id.
    :ivar token: the token that a plugin finds it by; None for one created by hand.
    :ivar polls: how many polls the operation in progress still needs.
    :ivar broken: an operation failed half-way: observations report it.
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
    """A rule for operations on a name: they fail or take long.

    :ivar verb: the operation; None for all.
    :ivar times: how often the rule still applies.
    :ivar half: a failing operation is done half-way: the resource exists, and the operation has
        failed.
    """

    name: str
    verb: Verb | None = None
    times: float = float('inf')
    half: bool = False

    def holds(self, name: str, verb: Verb) -> bool:
        if name != self.name or self.verb not in (None, verb) or self.times <= 0:
            return False
        self.times -= 1
        return True


@dataclass
class Slow(Rule):
    """A rule for slow operations.

    :ivar polls: how many polls an operation takes.
    """

    polls: float = 1


@dataclass
class Reality:
    """All physical resources, in the order of their creation."""

    rows: dict[str, PhysicalResource] = field(default_factory=dict)
    failing: list[Rule] = field(default_factory=list)
    slow_ones: list[Slow] = field(default_factory=list)
    deaf_ones: list[Rule] = field(default_factory=list)
    busy_ones: list[Rule] = field(default_factory=list)
    #: Refusals since the last read.
    refused: list[str] = field(default_factory=list)
    #: Whether any operation was ever told to fail: the result then depends on the order.
    troubled: bool = False
    _tokens: dict[str, PhysicalResource] = field(default_factory=dict)
    _made: int = 0
    #: How often operations on a name were told to be busy, in total.
    _busy: dict[str, float] = field(default_factory=dict)

    # Calls of scenarios

    def resources_by_logical_name(self, name: str) -> dict[str, PhysicalResource]:
        """Return the physical resources created for a name, by uuid."""
        return {uuid: row for uuid, row in self.rows.items() if row.logical_name == name}

    def all_resources(self) -> dict[str, PhysicalResource]:
        """Return all physical resources, by uuid."""
        return dict(self.rows)

    def create_resource(
        self, logical_name: str, properties: Mapping[str, Any], token: str | None = None
    ) -> str:
        """Create a resource and return its uuid."""
        self._check_references(properties)
        self._made += 1
        uuid = PREFIX + (token if token is not None else f'by-hand-{self._made}')
        row = PhysicalResource(uuid, logical_name, dict(properties), token)
        self.rows[uuid] = row
        if token is not None:
            self._tokens[token] = row
        return uuid

    def update_resource(self, uuid: str, properties: Mapping[str, Any]) -> None:
        """Update a resource."""
        self._check_references(properties)
        self.rows[uuid].properties = dict(properties)

    def delete_resource(self, uuid: str) -> None:
        """Delete a resource."""
        for other in self.rows.values():
            if other.uuid != uuid and uuid in other.properties.values():
                raise self._refuse(f'{uuid} is referred to by {other.uuid}')
        row = self.rows.pop(uuid)
        if row.token is not None:
            del self._tokens[row.token]

    def fail(
        self,
        name: str,
        verb: str | None = None,
        times: float = float('inf'),
        half: bool = False,
    ) -> None:
        """Let operations on a name fail.

        :param verb: create, update or delete; None for all.
        :param half: creates and updates are done, and fail all the same.
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
        """Let operations on a name take some polls; with infinity they never end."""
        rule = Slow(name, None if verb is None else Verb(verb), times, polls=polls)
        self.slow_ones.append(rule)

    def busy(self, name: str, verb: str | None = None, times: float = 1) -> None:
        """Let operations on a name be busy a number of times.

        :param verb: create, update, delete or observe; None for all.
        """
        self.busy_ones.append(Rule(name, None if verb is None else Verb(verb), times))
        # Enough retries succeed.
        self._busy[name] = self._busy.get(name, 0) + times
        self.troubled = self.troubled or self._busy[name] > RETRIES

    def ignore(self, name: str, times: float = 1) -> None:
        """Let updates of a name succeed without any effect."""
        self.troubled = True
        self.deaf_ones.append(Rule(name, Verb.UPDATE, times))

    def repair(self) -> None:
        """Let all operations work again, without delay."""
        self.failing.clear()
        self.slow_ones.clear()
        self.deaf_ones.clear()
        self.busy_ones.clear()
        for row in self.rows.values():
            row.polls = min(row.polls, 1)

    # Calls of the plugin

    def by_token(self, token: str) -> PhysicalResource | None:
        return self._tokens.get(token)

    def polls_for(self, name: str, verb: Verb) -> float:
        return next((rule.polls for rule in self.slow_ones if rule.holds(name, verb)), 0)

    def check_works(self, name: str, verb: Verb) -> bool:
        """Say whether an operation works; if not, it is done half-way.

        :raises Broken: if it does not even begin.
        :raises TransientError: if it cannot begin just now.
        """
        self.check_free(name, verb)
        rule = next((rule for rule in self.failing if rule.holds(name, verb)), None)
        if rule is not None and (verb == Verb.DELETE or not rule.half):
            raise Broken(f'{verb} of {name} was told to fail')
        return rule is None

    def check_free(self, name: str, verb: Verb) -> None:
        """Refuse a busy operation.

        :raises TransientError: if it is busy.
        """
        if any(rule.holds(name, verb) for rule in self.busy_ones):
            raise TransientError(f'{verb} of {name} is not possible just now')

    def _check_references(self, properties: Mapping[str, Any]) -> None:
        for value in properties.values():
            if isinstance(value, str) and value.startswith(PREFIX) and value not in self.rows:
                raise self._refuse(f'{value} is not there')

    def _refuse(self, why: str) -> Refused:
        self.refused.append(why)
        return Refused(why)


class SimResource(Plugin):
    """The resource type of scenarios: its attributes mirror its properties."""

    schema = TypeSchema(
        description='A resource of a simulation.', any_property=True, any_attribute=True
    )

    def __init__(self, reality: Reality) -> None:
        self.reality = reality

    def replace_on_change(self, properties: Mapping[str, Any]) -> frozenset[str]:
        return frozenset(name for name in properties if '!' in name)

    def observe(self, resource: Resource) -> Observation:
        self.reality.check_free(resource.name, Verb.OBSERVE)
        row = self.reality.by_token(resource.token)
        if row is None:
            return Observation(Seen.ABSENT)
        if row.polls > 0:
            row.polls -= 1
            return Observation(Seen.PENDING)
        if row.deleting:
            self.reality.delete_resource(row.uuid)
            return Observation(Seen.ABSENT)
        return Observation(
            Seen.FAILED if row.broken else Seen.READY,
            physical_id=row.uuid,
            attributes=dict(row.properties),
            properties=dict(row.properties),
        )

    def create(self, resource: Resource) -> None:
        works = self.reality.check_works(resource.name, Verb.CREATE)
        if self.reality.by_token(resource.token) is None:
            self.reality.create_resource(resource.name, resource.properties, resource.token)
            self._delay(resource, Verb.CREATE)
        self._break(resource, Verb.CREATE, works)

    def update(self, resource: Resource, changed: Sequence[str]) -> None:
        works = self.reality.check_works(resource.name, Verb.UPDATE)
        row = self.reality.by_token(resource.token)
        if any(rule.holds(resource.name, Verb.UPDATE) for rule in self.reality.deaf_ones):
            return
        if row is not None:
            self.reality.update_resource(row.uuid, resource.properties)
            row.broken = False
            self._delay(resource, Verb.UPDATE)
        self._break(resource, Verb.UPDATE, works)

    def delete(self, resource: Resource) -> None:
        self.reality.check_works(resource.name, Verb.DELETE)
        row = self.reality.by_token(resource.token)
        if row is None or row.deleting:
            return
        polls = self.reality.polls_for(resource.name, Verb.DELETE)
        if polls:
            row.polls, row.deleting = polls, True
        else:
            self.reality.delete_resource(row.uuid)

    def _break(self, resource: Resource, verb: Verb, works: bool) -> None:
        if not works:
            row = self.reality.by_token(resource.token)
            if row is not None:
                row.polls, row.broken = 0, True
            raise Broken(f'{verb} of {resource.name} was told to fail half-way')

    def _delay(self, resource: Resource, verb: Verb) -> None:
        row = self.reality.by_token(resource.token)
        assert row is not None
        row.polls = self.reality.polls_for(resource.name, verb)
