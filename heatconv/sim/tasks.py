"""The tasks of a world: how each of their questions is answered, one at a time."""

from __future__ import annotations

from typing import Any

from heatconv.convergence.model import NodeKey, Observation, Resource, Stack
from heatconv.convergence.step import Outcome, Verdict
from heatconv.runtime import effects
from heatconv.runtime.effects import Task
from heatconv.sim import prediction
from heatconv.sim.moves import Message, Pause, Running, SimClock, SimWorker
from heatconv.sim.reality import Reality
from heatconv.sim.snapshot import Snapshot
from heatconv.sim.templates import Templates
from heatconv.storage import handlers
from heatconv.storage.base import Store

#: Questions whose answer no one else can change, or that nobody waits for.
IMMEDIATE = (
    effects.Trace,
    effects.CompileTemplate,
    effects.LoadHooks,
    effects.Cast,
    effects.CastWish,
    effects.Predict,
)


class Tasks:
    """The part of a world that runs tasks; the rest of it says which one goes on."""

    store: Store
    clock: SimClock
    reality: Reality
    templates: Templates
    tracing: bool
    fused: bool
    zombie_acted: bool
    running: list[Running]
    last: Running | None
    messages: list[Message]
    pauses: list[Pause]
    snapshots: dict[str, Snapshot]
    stack_of: dict[str, str]
    _hooks: dict[str, list[Any]]
    _serial: int

    def note(self, text: str) -> None:
        """Write down what happens."""
        raise NotImplementedError

    def violate(self, what: str) -> None:
        """Tell that something is wrong."""
        raise NotImplementedError

    def _start(self, task: Task, worker: SimWorker | None, name: str) -> Running | None:
        try:
            effect = next(task)
        except StopIteration:
            return None
        self._serial += 1
        one = Running(self._serial, name, task, effect, worker)
        self.running.append(one)
        self._answer_immediate(one)
        return one

    def abandon(self, one: Running) -> None:
        """Abandon a task where it stands; nothing of it runs any more."""
        self.running.remove(one)
        if one is self.last:
            self.last = None
        for tell in self._hooks['dropped']:
            tell(self, one)

    def exhaust(self, one: Running | None) -> None:
        """Drive a task to its end, or until it sleeps."""
        while one is not None and one in self.running and one.due is None:
            self.advance(one)

    def advance(self, one: Running) -> None:
        """Answer what a task asked last, and let it go on to its next question."""
        effect = one.effect
        kind = type(effect)
        if one.worker is not None:
            one.worker.told = []
        sent = len(self.messages)
        if kind is effects.CallPlugin:
            self._perform(one, effect)  # type: ignore[arg-type]
        elif kind is effects.Sleep:
            one.due = self.clock.time + effect.seconds  # type: ignore[union-attr]
        elif kind is effects.Predict:
            self._ahead(one, effect)  # type: ignore[arg-type]
        elif kind is effects.Save:
            self._save(one, effect)  # type: ignore[arg-type]
        elif kind is effects.Prepare:
            self._prepare(one, effect)  # type: ignore[arg-type]
        else:
            self._send(one, handlers.answer(effect, self.store, self.templates, self))
        if one.worker is not None:
            one.worker.told = self.messages[sent:]

    def _send(self, one: Running, said: Any) -> None:
        if self._goes_on(one, said):
            self._answer_immediate(one)

    def _goes_on(self, one: Running, said: Any) -> bool:
        """Tell a task an answer; say whether it asks for more."""
        try:
            one.effect = one.task.send(said)
        except StopIteration:
            self.running.remove(one)
            if one is self.last:
                self.last = None
            return False
        return True

    def _answer_immediate(self, one: Running) -> None:
        """Answer at once what needs no step of its own."""
        while isinstance(one.effect, IMMEDIATE):
            effect = one.effect
            if self.fused and isinstance(effect, effects.Predict):
                return
            said = None
            if isinstance(effect, effects.Trace):
                if self.tracing:
                    self.note(f'{_who(one)} {_name(effect.subject)}: {effect.reason}')
            else:
                said = handlers.answer(effect, self.store, self.templates, self)
            if not self._goes_on(one, said):
                return

    def _perform(self, one: Running, effect: effects.CallPlugin) -> None:
        worker = one.worker
        assert worker is not None
        if not one.admitted:
            if not worker.caller.admits(effect):
                self._send(one, None)
                return
            one.admitted = True
            for tell in self._hooks['admitted']:
                tell(self, one, effect)
            return
        one.admitted = False
        if worker.parked:
            self.zombie_acted = True
        for tell in self._hooks['acting']:
            tell(self, one, effect)
        seen = worker.caller.act(effect)
        if self.tracing:
            row = effect.call.row
            self.note(f'{_who(one)} {effect.call.verb} {row.name} {row.id}: {seen.reality}')
        for tell in self._hooks['acted']:
            tell(self, one, effect, seen)
        self._send(one, seen)

    def _ahead(self, one: Running, effect: effects.Predict) -> None:
        """Tell what a call would come to; what is then to do it is saved in the same step.

        In a store nobody else changes one of its records in between: the guards see to that.
        """
        seen = prediction.predict(self.reality, effect)
        self._send(one, seen)
        saving = one.effect
        if seen is not None and isinstance(saving, effects.Save) and saving.commit.fused:
            self._save(one, saving, effect, seen)

    def _carry_out(self, one: Running, effect: effects.Predict, seen: Observation) -> None:
        """Do what a commit that stands does."""
        asked = prediction.carried_out(effect)
        for tell in self._hooks['acting']:
            tell(self, one, asked)
        assert one.worker is not None
        real = one.worker.caller.act(asked)
        if real != seen:
            self.violate(f'foresight: {effect.call.verb} of {effect.call.row.name}: {real}')
        for tell in self._hooks['acted']:
            tell(self, one, asked, real)

    def _save(
        self,
        one: Running,
        effect: effects.Save,
        ahead: effects.Predict | None = None,
        predicted: Observation | None = None,
    ) -> None:
        commit = effect.commit
        outcome: Outcome = self.store.commit([commit])[0]
        if outcome.verdict == Verdict.REFUSED:
            self.note(f'{_who(one)} refused')
            self._send(one, outcome)
            return
        if ahead is not None and predicted is not None:
            self._carry_out(one, ahead, predicted)
        if commit.row is not None:
            stack_id = commit.row.read.stack_id
        elif commit.node is not None:
            stack_id = self.stack_of[commit.node.key.traversal_id]
        else:
            assert commit.suspects is not None
            row = self.store.row(commit.suspects)
            assert row is not None
            stack_id = row.stack_id
        if commit.node is not None and commit.node.now == 'paused':
            self._serial += 1
            self.pauses.append(Pause(self._serial, commit.node.key))
        before = self.snapshots[stack_id]
        after = self._look(stack_id)
        for tell in self._hooks['committed']:
            tell(self, one, commit, outcome, before, after)
        self._send(one, outcome)

    def _prepare(self, one: Running, effect: effects.Prepare) -> None:
        plan = self.store.prepare(effect.stack_id, effect.wish_id, effect.plan, effect.size)
        if plan is not None:
            if plan.stack.traversal_id is not None:
                self.stack_of[plan.stack.traversal_id] = plan.stack.id
            before = self.snapshots[effect.stack_id]
            after = self._look(effect.stack_id)
            for tell in self._hooks['prepared']:
                tell(self, one, plan, before, after)
        self._send(one, plan)

    def _look(self, stack_id: str) -> Snapshot:
        stack = self.store.stack(stack_id)
        assert stack is not None
        made = Snapshot(
            stack,
            {row.id: row for row in self.store.resources(stack_id)},
            {node.key: node for node in self.store.nodes(stack_id)},
        )
        self.snapshots[stack_id] = made
        return made


def _who(one: Running) -> str:
    return 'engine' if one.worker is None else one.worker.name


def _name(subject: NodeKey | Resource | Stack) -> str:
    if isinstance(subject, NodeKey):
        return f'{subject.traversal_id}/{subject.kind}/{subject.name}'
    return f'{type(subject).__name__.lower()} {subject.name} {subject.id}'
