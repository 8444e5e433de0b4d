"""Convergence at once: a small stack is created or deleted in memory, before it is saved.

Its checks are the ordinary ones. If the calls of all of them can be predicted, their results are
saved together, in one transaction and without a graph: a crash leaves all of it or nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from heatconv.convergence import commit as guards
from heatconv.convergence.check import View
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import NodeKey, NodeStatus, Observation, Resource, Status, Verb
from heatconv.convergence.step import Outcome, Verdict
from heatconv.convergence.traversal import Plan
from heatconv.resources.plugin import Plugin, PluginCall
from heatconv.resources.registry import Registry
from heatconv.runtime import effects
from heatconv.runtime.effects import Effect
from heatconv.runtime.ports import Clock
from heatconv.storage.values import Completed, NewStack
from heatconv.templates.compiled import CompiledTemplate
from heatconv.worker.check import Checker
from heatconv.worker.plugin_caller import plugin_calls

#: Largest number of resources of a stack that converges at once. Its checks run without a pause,
#: and delay all other tasks of the worker.
AT_ONCE = 20

#: The same for the length of its template, environment and files. The transaction may save many
#: such stacks.
LENGTH = 100_000

#: The claims of the checks. None of them is saved, because all commits are fused.
LEASE = 'at-once'


class _NotAtOnce(Exception):
    """A check needs more than a prediction."""


class _NoIds:
    """Supplies no ids: they are needed for replacements and failures only."""

    def fresh(self) -> str:
        return ''


class AtOnce:
    """Creates and deletes small stacks in memory."""

    def __init__(self, registry: Registry, clock: Clock) -> None:
        self._registry = registry
        self._checker = Checker(LEASE, _NoIds(), clock)

    def create(self, new: NewStack, compiled: CompiledTemplate) -> NewStack | None:
        """Create the resources of a new stack.

        :param new: the stack with its plan; it adopts nothing.
        :param compiled: its compiled template.
        :return: the complete stack: its plan has no nodes. None if it does not converge at once,
            or fails.
        """
        if new.plan is None or len(new.template.text) > LENGTH or not self._is_fit(compiled):
            return None
        completed = self._completed(new.plan, (), compiled)
        if completed is None:
            return None
        return evolve(new, plan=completed.plan, writes=completed.writes)

    def delete(self, plan: Plan, rows: Sequence[Resource]) -> Completed | None:
        """Delete the resources of a stack.

        :param rows: all of them, locked.
        :return: None if it does not converge at once, or fails.
        """
        return None if len(rows) > AT_ONCE else self._completed(plan, rows, None)

    def _completed(
        self, plan: Plan, rows: Sequence[Resource], compiled: CompiledTemplate | None
    ) -> Completed | None:
        convergence = _Convergence(self._registry, self._checker, plan, rows, compiled)
        try:
            convergence.run()
        except _NotAtOnce:
            return None
        locked = convergence.locked
        stack = locked.stacks[plan.stack.id]
        if stack.status != Status.COMPLETE:
            return None
        return Completed(
            Plan(
                stack=stack,
                # In the order in which the plan creates them.
                rows=tuple(locked.rows[row.id] for row in plan.rows),
                events=(*plan.events, *locked.events),
            ),
            tuple(row_id for row_id, row in locked.rows_saved.items() if row is None),
            tuple(locked.plugin_writes),
        )

    def _is_fit(self, compiled: CompiledTemplate) -> bool:
        """Say whether a new stack may converge at once: it is small, and its types predict."""
        if len(compiled.definitions) > AT_ONCE or compiled.nests:
            return False
        plugins = (self._registry.plugin(one.type) for one in compiled.definitions.values())
        return all(plugin is not None and plugin.predicts for plugin in plugins)


class _Convergence:
    """The convergence of one stack.

    :ivar locked: its rows and nodes, as the commits leave them, and what the commits write.
    """

    def __init__(
        self,
        registry: Registry,
        checker: Checker,
        plan: Plan,
        rows: Sequence[Resource],
        compiled: CompiledTemplate | None,
    ) -> None:
        self._registry = registry
        self._checker = checker
        self._compiled = compiled
        self._ready = deque(plan.leaves)
        self.locked = guards.LockedRows(
            rows={row.id: row for row in (*rows, *plan.rows)},
            nodes={node.key: node for node in plan.nodes},
            stacks={plan.stack.id: plan.stack},
        )
        #: The rows of the nodes that are done, by name.
        self._done: dict[str, Resource] = {}

    def run(self) -> None:
        """Check the nodes until the traversal ends.

        :raises _NotAtOnce: if a check needs more than a prediction.
        """
        while self._ready:
            task = self._checker.check(self._ready.popleft())
            value: Any = None
            try:
                while True:
                    value = self._answer(task.send(value))
            except StopIteration:
                pass
            finally:
                task.close()

    def _answer(self, effect: Effect) -> Any:
        match effect:
            case effects.Load(key):
                return self._view(key)
            case effects.CompileTemplate() if self._compiled is not None:
                return self._compiled
            case effects.CompileDefinition(_, name) if self._compiled is not None:
                return self._compiled.definition(name)
            case effects.Predict():
                return self._predicted(effect)
            case effects.Save():
                return self._save(effect)
            case effects.Cast(keys):
                self._ready.extend(keys)
            case effects.LoadReadyNodes():
                return ()  # no other check waits for the row
            case effects.Trace():
                pass
            case _:
                raise _NotAtOnce
        return None

    def _view(self, key: NodeKey) -> View:
        node = self.locked.nodes.get(key)
        if node is None or node.status != NodeStatus.READY:
            raise _NotAtOnce
        row = None if node.subject is None else self.locked.rows.get(node.subject)
        return View(node, self.locked.stacks[node.stack_id], row, required=self._done)

    def _predicted(self, effect: effects.Predict) -> Observation:
        """Return the predicted observation; keep the writes for the commit."""
        plugin = self._registry.plugin(effect.call.row.type)
        (call,) = plugin_calls([effect])
        if plugin is None or not _may_predict(plugin, call):
            raise _NotAtOnce
        (prediction,) = plugin.predict([call])
        if prediction is None:
            raise _NotAtOnce
        observation, self._writes = prediction
        return observation

    def _save(self, effect: effects.Save) -> Outcome:
        commit = effect.commit
        if commit.inserts:
            raise _NotAtOnce
        if commit.fused:
            commit = evolve(commit, plugin_writes=self._writes)
        elif commit.root is None:
            raise _NotAtOnce
        outcome = guards.apply(commit, self.locked)
        if outcome.verdict != Verdict.STANDS:
            # No other process changes these rows. But a check that is refused is repeated.
            raise _NotAtOnce
        if commit.row is not None and commit.row.saved is not None:
            self._done[commit.row.saved.name] = commit.row.saved
        return outcome


def _may_predict(plugin: Plugin, call: PluginCall) -> bool:
    """Say whether a call may be predicted here: a transaction with a delete must not wait."""
    if call.verb == Verb.DELETE:
        return plugin.deletes_at_once(call.resource)
    return call.verb == Verb.CREATE
