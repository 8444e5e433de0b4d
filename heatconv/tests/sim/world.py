"""A small world of engines, workers and reality, advanced one step at a time.

It runs the real tasks on a real store. Whatever may happen next, a task that
goes on, a message that arrives, twice or never, a worker that dies or that only
seems dead, a request of a user, is drawn from one seeded source; the invariants
are asserted after every step.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from heatconv import effects
from heatconv.answers import answer
from heatconv.convergence import invariants, replacement
from heatconv.convergence import stack as stack_rules
from heatconv.convergence.model import (
    Action,
    Definition,
    NodeKey,
    Observation,
    Reality,
    Resource,
    Stack,
    Status,
    Verb,
    Wanted,
)
from heatconv.effects import Effect, Task
from heatconv.engine.prepare import prepare
from heatconv.storage.base import Lease, Request
from heatconv.worker.check import Checker


class Counter:
    """Ids in the order of their making."""

    def __init__(self) -> None:
        self.last = 0

    def fresh(self) -> str:
        self.last += 1
        return f'{self.last:036d}'


class SteadyClock:
    """A clock that the world moves."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time


@dataclass(frozen=True)
class Ref:
    """A reference to another resource."""

    name: str


@dataclass(frozen=True)
class Toy:
    """A template: names to properties; ``!`` in a property's name replaces."""

    resources: Mapping[str, Mapping[str, Any]]

    @property
    def definitions(self) -> Mapping[str, Definition]:
        return {name: Definition(name, 'Toy', self.required(name)) for name in self.resources}

    def required(self, name: str) -> tuple[str, ...]:
        values = self.resources[name].values()
        return tuple(dict.fromkeys(one.name for one in values if isinstance(one, Ref)))

    def wanted(
        self, name: str, stack: Any, template_id: str | None, serving: dict[str, Resource]
    ) -> Wanted:
        properties = {
            key: serving[value.name].reference_id if isinstance(value, Ref) else value
            for key, value in self.resources[name].items()
        }
        return Wanted(
            type='Toy',
            properties=properties,
            template_id=template_id,
            requires=tuple(sorted(row.id for row in serving.values())),
            replace_on_change=frozenset(
                key for definition in _universe(self, serving, name) for key in definition
            ),
        )


def _universe(toy: Toy, serving: Any, name: str) -> list[list[str]]:
    # A property that is gone from the template replaces too: name them all.
    return [[f'!{letter}' for letter in 'abcdefgh']]


@dataclass
class Cloud:
    """Reality: physical resources by token; refuses to break references."""

    live: dict[str, dict[str, Any]] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)

    def perform(self, verb: Verb, token: str, name: str, wanted: Mapping[str, Any]) -> None:
        if verb == Verb.CREATE and token not in self.live:
            self._refers(wanted)
            self.live[token] = {'name': name, 'properties': dict(wanted)}
            self.made.append(token)
        elif verb == Verb.UPDATE and token in self.live:
            self._refers(wanted)
            self.live[token]['properties'] = dict(wanted)
        elif verb == Verb.DELETE:
            for other in self.live.values():
                if f'physical-{token}' in other['properties'].values():
                    raise ReferredTo(f'{token} of {name} is referred to by {other}')
            self.live.pop(token, None)

    def _refers(self, wanted: Mapping[str, Any]) -> None:
        for value in wanted.values():
            if isinstance(value, str) and value.startswith('physical-'):
                if value.removeprefix('physical-') not in self.live:
                    raise DanglingReference(f'{value} is not there')

    def observe(self, token: str) -> Observation:
        found = self.live.get(token)
        if found is None:
            return Observation(Reality.ABSENT)
        return Observation(
            Reality.READY,
            physical_id=f'physical-{token}',
            properties=dict(found['properties']),
        )


class ReferredTo(Exception):
    """A delete of what something live refers to."""


class DanglingReference(Exception):
    """A reference to what is not there."""


@dataclass
class Running:
    """A task, what it asked last, and under whose lease it runs."""

    task: Task
    effect: Effect
    lease: str | None
    started: bool = False


class World:
    """Everything, and what may happen next.

    :param faults: any of crash, zombie, drop, duplicate, fail.
    """

    def __init__(
        self, store: Any, ids: Counter, clock: SteadyClock, seed: int, faults: frozenset[str]
    ) -> None:
        self.store = store
        self.ids = ids
        self.clock = clock
        self.random = random.Random(seed)
        self.faults = faults
        self.cloud = Cloud()
        self.templates: dict[str | None, Toy] = {None: Toy({})}
        self.messages: list[tuple[str, Any]] = []
        self.running: list[Running] = []
        self.leases: list[str] = []
        self.failing: set[str] = set()
        self.stack_id = ''
        self.trace: list[str] = []
        self.broken: list[str] = []
        self._zombies: set[str] = set()
        # What a zombie made may be referred to, or refer, until it is made up
        # for: reality's refusals are no fault of anybody else then.
        self.zombie_acted = False
        for _ in range(3):
            self.new_lease()

    def new_lease(self) -> None:
        lease = Lease(self.ids.fresh(), 'worker', 'host', 1, self.clock.now(), 1e12)
        self.store.grant_lease(lease)
        self.leases.append(lease.id)

    # What users do

    def template(self, toy: Toy) -> str:
        content = {
            name: {
                key: {'ref': value.name} if isinstance(value, Ref) else value
                for key, value in properties.items()
            }
            for name, properties in toy.resources.items()
        }
        template_id: str = self.store.save_template(content)
        self.templates[template_id] = toy
        return template_id

    def create(self, toy: Toy, disable_rollback: bool = False) -> None:
        stack = Stack(self.ids.fresh(), 'project', 'stack', disable_rollback=disable_rollback)
        stack, events = stack_rules.wish(
            stack, Action.CREATE, self.template(toy), self.ids.fresh()
        )
        assert self.store.insert_stack(stack, events)
        self.stack_id = stack.id
        self.messages.append(('wish', stack.id))

    def request(self, action: Action, toy: Toy | None = None) -> bool:
        template_id = None if toy is None else self.template(toy)
        wish_id = self.ids.fresh()

        def decide(stack: Stack) -> Request | None:
            if action == Action.ROLLBACK:
                made = stack_rules.rollback(stack, wish_id)
                return None if made is None else Request(*made)
            return Request(*stack_rules.wish(stack, action, template_id, wish_id))

        answered = self.store.request(self.stack_id, decide)
        self.trace.append(f'user: {action} {toy.resources if toy else ""}')
        if answered is None or not answered[1]:
            return False
        self.messages.append(('wish', self.stack_id))
        return True

    # What happens

    def nodes(self, keys: Any) -> None:
        self.messages.extend(('node', key) for key in keys)

    def wish(self, stack_id: str) -> None:
        self.messages.append(('wish', stack_id))

    def get(self, template_id: str | None) -> Toy:
        return self.templates[template_id]

    def step(self, calm: bool = False) -> bool:
        """Let one thing happen; return False if nothing can."""
        # Those taken for dead sleep long: what they do when they wake up is
        # what fencing is about.
        asleep = self.random.random() < 0.9
        choices = [
            ('task', index)
            for index, one in enumerate(self.running)
            if not (asleep and one.lease in self._zombies)
        ]
        choices = choices or [('task', index) for index in range(len(self.running))]
        choices += [('message', index) for index in range(len(self.messages))]
        if not choices:
            return False
        if not calm and self.faults and self.random.random() < 0.08:
            self._fault(self.random.choice(sorted(self.faults)))
        else:
            what, index = self.random.choice(choices)
            if what == 'task':
                self._go_on(self.running[index])
            else:
                self._deliver(self.messages.pop(index))
        self.check()
        return True

    def sweep(self) -> None:
        """Do what the sweep does, all at once."""
        lease = self.random.choice(self.leases)
        checker = Checker(lease, self.ids, 0.0)
        self.messages.extend(('wish', one) for one in self.store.lost_wishes())
        for orphan in self.store.orphans(100):
            self._start(checker.void(orphan), None)
        for row in self.store.strays(100):
            self._start(checker.settle(row), lease)
        self.clock.time += 1000
        self.nodes(self.store.lost_nodes(self.clock.now() - 500, 1000))
        self.check()

    def run(self, limit: int = 20_000, calm: bool = False, sweeps: bool = True) -> None:
        """Let things happen until nothing is left to do."""
        for _ in range(limit):
            if not self.step(calm):
                if not sweeps or self._at_rest():
                    return
                self.sweep()
        raise AssertionError('it does not come to rest')

    def _at_rest(self) -> bool:
        stack = self.store.stack(self.stack_id)
        if stack.status == Status.IN_PROGRESS or stack.wish_id:
            return False
        return not (self.store.orphans(1) or self.store.strays(1))

    def check(self) -> None:
        """Assert the invariants."""
        stack = self.store.stack(self.stack_id)
        if stack is not None:
            self.broken += invariants.violations(
                stack, self.store.resources(stack.id), self.store.nodes(stack.id)
            )
        assert not self.broken, self.broken

    def _deliver(self, message: tuple[str, Any]) -> None:
        what, subject = message
        if what == 'wish':
            self._start(prepare(subject, self.ids), None)
        else:
            lease = self.random.choice(self.leases)
            self._start(Checker(lease, self.ids, 0.0).check(subject), lease)

    def _start(self, task: Task, lease: str | None) -> None:
        try:
            self.running.append(Running(task, next(task), lease))
        except StopIteration:
            pass

    def _go_on(self, one: Running) -> None:
        effect = one.effect
        if isinstance(effect, effects.Perform):
            claim = effect.call.row.claim
            if not one.started:
                one.started = True
                if not effect.makes_up and claim not in self.leases:
                    self._send(one, None)
                return  # between the look at the lease and the act, time passes
            self._send(one, self._perform(effect))
        elif isinstance(effect, effects.Sleep):
            self._send(one, None)
        else:
            if isinstance(effect, effects.Save):
                self._watch(effect)
            if isinstance(effect, effects.Trace):
                self.trace.append(f'{_short(effect.subject)}: {effect.reason}')
            self._send(one, answer(effect, self.store, self, self))

    def _watch(self, effect: effects.Save) -> None:
        """No create beside a fitting healthy row of that name, as far as it saw."""

    def _send(self, one: Running, value: Any) -> None:
        one.started = False
        try:
            one.effect = one.task.send(value)
        except StopIteration:
            self.running.remove(one)

    def _perform(self, effect: effects.Perform) -> Observation:
        call, row = effect.call, effect.call.row
        zombie = row.claim in self._zombies
        self.zombie_acted = self.zombie_acted or zombie
        if call.verb in self.failing_verbs(row) and not effect.makes_up:
            seen = self.cloud.observe(row.token)
            return Observation(
                Reality.FAILED, seen.physical_id, {}, seen.properties, f'{call.verb} refused'
            )
        try:
            self.cloud.perform(call.verb, row.token, row.name, call.properties)
        except (ReferredTo, DanglingReference) as error:
            if not zombie and not self.zombie_acted:
                self.broken.append(f'{call.verb}: {error}')
            return Observation(Reality.FAILED, reason=str(error))
        self.trace.append(f'cloud: {call.verb} {row.name} {row.token[-4:]}')
        return self.cloud.observe(row.token)

    def failing_verbs(self, row: Resource) -> tuple[Verb, ...]:
        if 'fail' in self.faults and row.name in self.failing and self.random.random() < 0.5:
            return (Verb.CREATE, Verb.UPDATE, Verb.DELETE)
        return ()

    def _fault(self, fault: str) -> None:
        if fault in ('crash', 'zombie'):
            busy = [one.lease for one in self.running if one.lease in self.leases]
            lease = self.random.choice(busy or self.leases)
            self.leases.remove(lease)
            self.store.void_leases(0.0, [lease])
            if fault == 'crash':
                self.running = [one for one in self.running if one.lease != lease]
                self.trace.append(f'crash of {lease[-4:]}')
            else:
                self._zombies.add(lease)
                self.trace.append(f'{lease[-4:]} seems dead')
            self.new_lease()
            if self.random.random() < 0.5:
                self.sweep()
        elif fault == 'drop' and self.messages:
            self.messages.pop(self.random.randrange(len(self.messages)))
        elif fault == 'duplicate' and self.messages:
            self.messages.append(self.random.choice(self.messages))

    # What must hold at the end

    def verify(self, toy: Toy) -> None:
        """Assert that reality is what the template says, and nothing else."""
        stack = self.store.stack(self.stack_id)
        rows = self.store.resources(self.stack_id)
        wrong = invariants.at_rest(stack, rows, self.store.nodes(self.stack_id))
        assert not wrong, wrong
        by_name = {row.name: row for row in rows}
        assert len(rows) == len(by_name) == len(toy.resources), (rows, toy)
        assert sorted(self.cloud.live) == sorted(row.id for row in rows), self.cloud.live
        for name, definition in toy.resources.items():
            row = by_name[name]
            wanted = {
                key: by_name[value.name].reference_id if isinstance(value, Ref) else value
                for key, value in definition.items()
            }
            live = self.cloud.live[row.id]['properties']
            assert live == wanted, (name, live, wanted)
            assert not replacement.changed(row.properties, wanted), (row, wanted)


def _short(subject: Any) -> str:
    if isinstance(subject, NodeKey):
        return f'{subject.traversal_id[-4:]}/{subject.kind}/{subject.name[-4:]}'
    return f'{type(subject).__name__} {subject.id[-4:]}'
