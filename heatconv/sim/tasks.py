"""The tasks of a world: each effect is answered in a step of its own."""

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

#: Effects whose answer no other task can change, or that have none.
IMMEDIATE = (
    effects.Trace,
    effects.CompileTemplate,
    effects.LoadHooks,
    effects.Cast,
    effects.CastWish,
    effects.Predict,
)


class Tasks:
    """The part of a world that runs tasks; the rest decides which one continues."""

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
        """Add a line to the trace."""
        raise NotImplementedError

    def violate(self, what: str) -> None:
        """Report a violation."""
        raise NotImplementedError

    def _start(self, task: Task, worker: SimWorker | None, name: str) -> Running | None:
        try:
            effect = next(task)
        except StopIteration:
            return None
        self._serial += 1
        running = Running(self._serial, name, task, effect, worker)
        self.running.append(running)
        self._answer_immediate(running)
        return running

    def abandon(self, running: Running) -> None:
        """Abandon a task at its pending effect: a process that died there."""
        self.running.remove(running)
        if running is self.last:
            self.last = None
        for tell in self._hooks['dropped']:
            tell(self, running)

    def exhaust(self, running: Running | None) -> None:
        """Drive a task to its end, or until it sleeps."""
        while running is not None and running in self.running and running.due is None:
            self.advance(running)

    def advance(self, running: Running) -> None:
        """Answer the pending effect of a task, and let it continue to the next one."""
        effect = running.effect
        kind = type(effect)
        if running.worker is not None:
            running.worker.told = []
        sent = len(self.messages)
        if kind is effects.CallPlugin:
            self._perform(running, effect)  # type: ignore[arg-type]
        elif kind is effects.Sleep:
            running.due = self.clock.time + effect.seconds  # type: ignore[union-attr]
        elif kind is effects.Predict:
            self._ahead(running, effect)  # type: ignore[arg-type]
        elif kind is effects.Save:
            self._save(running, effect)  # type: ignore[arg-type]
        elif kind is effects.Prepare:
            self._prepare(running, effect)  # type: ignore[arg-type]
        else:
            self._send(running, handlers.answer(effect, self.store, self.templates, self))
        if running.worker is not None:
            running.worker.told = self.messages[sent:]

    def _send(self, running: Running, answer: Any) -> None:
        if self._goes_on(running, answer):
            self._answer_immediate(running)

    def _goes_on(self, running: Running, answer: Any) -> bool:
        """Send a task an answer; say whether it has another effect."""
        try:
            running.effect = running.task.send(answer)
        except StopIteration:
            self.running.remove(running)
            if running is self.last:
                self.last = None
            return False
        return True

    def _answer_immediate(self, running: Running) -> None:
        """Answer effects that need no step of their own."""
        while isinstance(running.effect, IMMEDIATE):
            effect = running.effect
            if self.fused and isinstance(effect, effects.Predict):
                return
            answer = None
            if isinstance(effect, effects.Trace):
                if self.tracing:
                    self.note(f'{_who(running)} {_name(effect.subject)}: {effect.reason}')
            else:
                answer = handlers.answer(effect, self.store, self.templates, self)
            if not self._goes_on(running, answer):
                return

    def _perform(self, running: Running, effect: effects.CallPlugin) -> None:
        worker = running.worker
        assert worker is not None
        if not running.admitted:
            if not worker.caller.admits(effect):
                self._send(running, None)
                return
            running.admitted = True
            for tell in self._hooks['admitted']:
                tell(self, running, effect)
            return
        running.admitted = False
        if worker.parked:
            self.zombie_acted = True
        for tell in self._hooks['acting']:
            tell(self, running, effect)
        observation = worker.caller.act(effect)
        if self.tracing:
            row = effect.call.row
            self.note(
                f'{_who(running)} {effect.call.verb} {row.name} {row.id}: {observation.reality}'
            )
        for tell in self._hooks['acted']:
            tell(self, running, effect, observation)
        self._send(running, observation)

    def _ahead(self, running: Running, effect: effects.Predict) -> None:
        """Predict the result of a call; the commit that carries it out is saved in the same step.

        In a store no other process changes one of its records in between, because of the guards.
        """
        observation = prediction.predict(self.reality, effect)
        self._send(running, observation)
        saving = running.effect
        if observation is not None and isinstance(saving, effects.Save) and saving.commit.fused:
            self._save(running, saving, effect, observation)

    def _carry_out(
        self, running: Running, effect: effects.Predict, observation: Observation
    ) -> None:
        """Carry out the prediction of a commit that stands."""
        call = prediction.carried_out(effect)
        for tell in self._hooks['acting']:
            tell(self, running, call)
        assert running.worker is not None
        real = running.worker.caller.act(call)
        if real != observation:
            self.violate(f'foresight: {effect.call.verb} of {effect.call.row.name}: {real}')
        for tell in self._hooks['acted']:
            tell(self, running, call, real)

    def _save(
        self,
        running: Running,
        effect: effects.Save,
        ahead: effects.Predict | None = None,
        predicted: Observation | None = None,
    ) -> None:
        commit = effect.commit
        outcome: Outcome = self.store.commit([commit])[0]
        if outcome.verdict == Verdict.REFUSED:
            self.note(f'{_who(running)} refused')
            self._send(running, outcome)
            return
        if ahead is not None and predicted is not None:
            self._carry_out(running, ahead, predicted)
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
            tell(self, running, commit, outcome, before, after)
        self._send(running, outcome)

    def _prepare(self, running: Running, effect: effects.Prepare) -> None:
        plan = self.store.prepare(effect.stack_id, effect.wish_id, effect.plan, effect.size)
        if plan is not None:
            if plan.stack.traversal_id is not None:
                self.stack_of[plan.stack.traversal_id] = plan.stack.id
            before = self.snapshots[effect.stack_id]
            after = self._look(effect.stack_id)
            for tell in self._hooks['prepared']:
                tell(self, running, plan, before, after)
        self._send(running, plan)

    def _look(self, stack_id: str) -> Snapshot:
        stack = self.store.stack(stack_id)
        assert stack is not None
        snapshot = Snapshot(
            stack,
            {row.id: row for row in self.store.resources(stack_id)},
            {node.key: node for node in self.store.nodes(stack_id)},
        )
        self.snapshots[stack_id] = snapshot
        return snapshot


def _who(running: Running) -> str:
    return 'engine' if running.worker is None else running.worker.name


def _name(subject: NodeKey | Resource | Stack) -> str:
    if isinstance(subject, NodeKey):
        return f'{subject.traversal_id}/{subject.kind}/{subject.name}'
    return f'{type(subject).__name__.lower()} {subject.name} {subject.id}'
