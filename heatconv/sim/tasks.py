"""Execution of the tasks of a world: each effect is answered in a separate step."""

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

#: Effects without a step of their own: no other task can change their answer, or they have none.
IMMEDIATE = (
    effects.Trace,
    effects.CompileTemplate,
    effects.LoadHooks,
    effects.Cast,
    effects.CastWish,
    effects.Predict,
)


class Tasks:
    """The part of a world that runs tasks; the subclass decides which one continues."""

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
        """Start a task; return None if it has ended without any effect.

        :param worker: None for a task of an engine.
        """
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
        """Abandon a task at its pending effect, because its process has died."""
        self.running.remove(running)
        if running is self.last:
            self.last = None
        for notify in self._hooks['dropped']:
            notify(self, running)

    def exhaust(self, running: Running | None) -> None:
        """Drive a task to its end, or until it sleeps."""
        while running is not None and running in self.running and running.due is None:
            self.advance(running)

    def advance(self, running: Running) -> None:
        """Answer the pending effect of a task, and run the task to its next effect."""
        effect = running.effect
        if running.worker is not None:
            running.worker.sent = []
        sent = len(self.messages)
        if isinstance(effect, effects.CallPlugin):
            self._call_plugin(running, effect)
        elif isinstance(effect, effects.Sleep):
            running.due = self.clock.time + effect.seconds
        elif isinstance(effect, effects.Predict):
            self._predict(running, effect)
        elif isinstance(effect, effects.Save):
            self._save(running, effect)
        elif isinstance(effect, effects.Prepare):
            self._prepare(running, effect)
        else:
            self._send(running, handlers.answer(effect, self.store, self.templates, self))
        if running.worker is not None:
            running.worker.sent = self.messages[sent:]

    def _send(self, running: Running, answer: Any) -> None:
        """Send a task an answer, and answer the effects that need no step."""
        if self._resume(running, answer):
            self._answer_immediate(running)

    def _resume(self, running: Running, answer: Any) -> bool:
        """Send a task an answer; say whether the task has another effect."""
        try:
            running.effect = running.task.send(answer)
        except StopIteration:
            self.running.remove(running)
            if running is self.last:
                self.last = None
            return False
        return True

    def _answer_immediate(self, running: Running) -> None:
        """Answer effects that need no step, until the task has another effect or ends.

        A prediction needs a step if commits are fused.
        """
        while isinstance(running.effect, IMMEDIATE):
            effect = running.effect
            if self.fused and isinstance(effect, effects.Predict):
                return
            answer = None
            if isinstance(effect, effects.Trace):
                if self.tracing:
                    self.note(f'{_actor(running)} {_label(effect.subject)}: {effect.reason}')
            else:
                answer = handlers.answer(effect, self.store, self.templates, self)
            if not self._resume(running, answer):
                return

    def _call_plugin(self, running: Running, effect: effects.CallPlugin) -> None:
        """Make a plugin call in two steps: the lease admits it, then the plugin acts."""
        worker = running.worker
        assert worker is not None
        if not running.admitted:
            if not worker.caller.admits(effect):
                self._send(running, None)
                return
            running.admitted = True
            for notify in self._hooks['admitted']:
                notify(self, running, effect)
            return
        running.admitted = False
        if worker.parked:
            self.zombie_acted = True
        for notify in self._hooks['acting']:
            notify(self, running, effect)
        observation = worker.caller.act(effect)
        if self.tracing:
            row = effect.call.row
            self.note(
                f'{_actor(running)} {effect.call.verb} {row.name} {row.id}: {observation.reality}'
            )
        for notify in self._hooks['acted']:
            notify(self, running, effect, observation)
        self._send(running, observation)

    def _predict(self, running: Running, effect: effects.Predict) -> None:
        """Predict the result of a call, and save the commit that carries it out in the same step.

        One step is enough: in a real store the guards of the commit prevent that another process
        changes the predicted record in between.
        """
        observation, writes = self.predict(effect)
        self._send(running, observation)
        save = running.effect
        if observation is not None and isinstance(save, effects.Save) and save.commit.fused:
            self._save(running, save, effect, (observation, writes))

    def predict(self, effect: effects.Predict) -> tuple[Observation | None, Any]:
        """Return the observation that would follow a call, and the writes that it would make."""
        return prediction.predict(self.reality, effect), None

    def carry_out(
        self,
        running: Running,
        effect: effects.Predict,
        observation: Observation,
        writes: Any,
    ) -> None:
        """Carry out the predicted call of a commit that stands, and compare the observations."""
        call = prediction.carried_out(effect)
        for notify in self._hooks['acting']:
            notify(self, running, call)
        assert running.worker is not None
        actual = running.worker.caller.act(call)
        if actual != observation:
            self.violate(f'foresight: {effect.call.verb} of {effect.call.row.name}: {actual}')
        for notify in self._hooks['acted']:
            notify(self, running, call, actual)

    def _save(
        self,
        running: Running,
        effect: effects.Save,
        prediction_effect: effects.Predict | None = None,
        predicted: tuple[Observation, Any] | None = None,
    ) -> None:
        """Save a commit.

        :param prediction_effect: the prediction that a fused commit carries out.
        :param predicted: its result, and the writes that it stands for.
        """
        commit = effect.commit
        outcome: Outcome = self.store.commit([commit])[0]
        if outcome.verdict == Verdict.REFUSED:
            self.note(f'{_actor(running)} refused')
            self._send(running, outcome)
            return
        if prediction_effect is not None and predicted is not None:
            self.carry_out(running, prediction_effect, *predicted)
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
        for notify in self._hooks['committed']:
            notify(self, running, commit, outcome, before, after)
        self._send(running, outcome)

    def _prepare(self, running: Running, effect: effects.Prepare) -> None:
        """Turn a wish into a traversal."""
        plan = self.store.prepare(effect.stack_id, effect.wish_id, effect.plan, effect.size)
        if plan is not None:
            if plan.stack.traversal_id is not None:
                self.stack_of[plan.stack.traversal_id] = plan.stack.id
            before = self.snapshots[effect.stack_id]
            after = self._look(effect.stack_id)
            for notify in self._hooks['prepared']:
                notify(self, running, plan, before, after)
        self._send(running, plan)

    def _look(self, stack_id: str) -> Snapshot:
        """Read a stack from the store, and record it as its latest snapshot."""
        stack = self.store.stack(stack_id)
        assert stack is not None
        snapshot = Snapshot(
            stack,
            {row.id: row for row in self.store.resources(stack_id)},
            {node.key: node for node in self.store.nodes(stack_id)},
        )
        self.snapshots[stack_id] = snapshot
        if stack.traversal_id is not None:
            # A traversal that was planned with its request has no preparation.
            self.stack_of[stack.traversal_id] = stack_id
        return snapshot


def _actor(running: Running) -> str:
    """Return the name of the process that runs a task."""
    return 'engine' if running.worker is None else running.worker.name


def _label(subject: NodeKey | Resource | Stack) -> str:
    """Return the name of the subject of a trace line."""
    if isinstance(subject, NodeKey):
        return f'{subject.traversal_id}/{subject.kind}/{subject.name}'
    return f'{type(subject).__name__.lower()} {subject.name} {subject.id}'
