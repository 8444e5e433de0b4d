"""The check of one graph node: load, decide, commit, call the plugin, commit the result, cast.

Save before you say: every step is committed before its casts are sent and before its plugin call
is made. The process may die at any yield; the sweep then recovers the node and the row. The
decisions are made in `heatconv.convergence`; a check carries them out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Generator, Mapping, Sequence
from typing import Any, Protocol

from heatconv.convergence import (
    check,
    cleanup,
    fingerprint,
    fused,
    inspect,
    retry,
    roots,
    settle,
    timeout,
)
from heatconv.convergence.check import View
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import (
    INSPECTIONS,
    DesiredState,
    Kind,
    NodeKey,
    Observation,
    Reality,
    Resource,
    Stack,
    Verb,
)
from heatconv.convergence.step import Call, Step, Verdict
from heatconv.hot.errors import TemplateError
from heatconv.runtime.effects import (
    CallPlugin,
    Cast,
    CompileDefinition,
    CompileTemplate,
    Effect,
    Load,
    LoadReadyNodes,
    LoadRow,
    LoadServingRows,
    LoadStack,
    Predict,
    Save,
    Sleep,
    Task,
    Trace,
)
from heatconv.runtime.ports import Clock, Ids
from heatconv.worker.recovery import ORPHAN_CHECK_DELAYS, Recovery
from heatconv.worker.save import save_step

#: Number of attempts to begin a check. If the store refuses them all, the node is announced again.
CONFLICTS = 10

#: Largest number of rows that serve a definition and are read by one query.
SERVED = 1_000


#: Operations that may have several parts.
PARTED = (Verb.CREATE, Verb.UPDATE)


def _next_verb(verb: Verb, reality: Reality) -> Verb:
    """Return the call with which an operation in progress is polled."""
    if verb in PARTED:
        return Verb.PROCEED
    if verb == Verb.DELETE and reality == Reality.READY:
        # A process that lost its claim has made the resource again: delete it again.
        return Verb.DELETE
    return Verb.OBSERVE


#: Observed realities after which a compensating delete is not finished.
NOT_DELETED = (Reality.PENDING, Reality.READY, Reality.UNKNOWN)

#: Observed realities that are not final: the resource is observed again.
NOT_KNOWN = (Reality.PENDING, Reality.UNKNOWN)

#: Largest number of polls of a compensating delete.
COMPENSATION_POLLS = 1_000


class CompiledDefinition(Protocol):
    """The part of a compiled resource definition that a check uses."""

    @property
    def requires(self) -> tuple[str, ...]:
        """Return the names of the resources that the definition requires."""

    @property
    def reads(self) -> Collection[str] | None:
        """Return the names of the required resources whose values it reads; None if that is
        unknown.
        """

    def desired(
        self,
        stack: Any,
        template_id: str | None,
        serving: Mapping[str, Resource],
        others: Sequence[str] = (),
    ) -> DesiredState:
        """Resolve the definition with the rows that serve its references.

        :param stack: the stack of the resource.
        :param template_id: id of the template of the current traversal.
        :param serving: the rows whose values the definition reads, by resource name.
        :param others: one line for each required row whose values it does not read; see
            `heatconv.convergence.fingerprint`.
        :raises TemplateError: if a reference does not resolve, or a property is invalid.
        """


@dataclasses.dataclass(frozen=True)
class Checker:
    """Creates the tasks that check nodes for one worker.

    :ivar lease: id of the lease that rows are claimed with.
    :ivar poll_interval: seconds between polls of an operation in progress.
    :ivar retry_limit: how often a plugin call is retried after a transient failure.
    :ivar orphan_check_delays: seconds before each orphan check of a voided claim.
    """

    lease: str
    ids: Ids
    clock: Clock
    poll_interval: float = 1.0
    retry_limit: int = 5
    orphan_check_delays: tuple[float, ...] = ORPHAN_CHECK_DELAYS

    def check(self, key: NodeKey) -> Task:
        """Check one node. A refused begin is decided again, on a new view."""
        for _ in range(CONFLICTS):
            view: View = yield Load(key)
            desired, step = yield from self._begin(view, key)
            if step.call is not None and step.call.verb in fused.VERBS:
                step = yield from self._try_fused(key, view, desired, step, step.call)
            yield Trace(key, step.reason)
            if step.commit is None:
                return
            outcome = yield from save_step(step, self.check, view)
            if outcome.verdict != Verdict.REFUSED:
                break
        else:
            yield Cast((key,))
            return
        if step.call is not None:
            yield from self._operate(key, view, desired, step.call)

    def _try_fused(
        self, key: NodeKey, view: View, desired: DesiredState | None, begin: Step, call: Call
    ) -> Generator[Effect, Any, Step]:
        """Return a fused step if the operation can be predicted; otherwise the begin.

        :param begin: the step that begins the operation.
        :param call: the plugin call of that step.
        """
        assert view.stack is not None
        stack = view.stack
        observation = yield Predict(call, stack.project_id, stack.name, stack.request_id)
        if observation is None:
            return begin
        return fused.fuse(begin, self._finish(key, view, desired, call, observation))

    @property
    def recovery(self) -> Recovery:
        """Return the factory of the recovery tasks, which claim rows with the same lease."""
        return Recovery(self.lease, self.clock, self.check, self.orphan_check_delays)

    def _begin(
        self, view: View, key: NodeKey
    ) -> Generator[Effect, Any, tuple[DesiredState | None, Step]]:
        """Decide the first step of a check.

        :return: the desired state, if it was computed, and the step.
        """
        if key.kind == Kind.ROOT:
            return None, roots.begin(view)
        if key.kind == Kind.CLEANUP:
            return None, cleanup.begin(view, self.lease)
        step = check.admit(view, self.lease)
        if step is not None:
            return None, step
        assert view.stack is not None
        if view.stack.action in INSPECTIONS:
            step = yield from self._inspect(view, view.stack)
            return None, step
        template_id = view.stack.template_id
        assert view.node is not None
        compiled: CompiledDefinition
        if view.node.definition is not None:
            compiled = yield CompileDefinition(template_id, key.name, view.node.definition)
        else:
            compiled = (yield CompileTemplate(template_id)).definition(key.name)
        requires = compiled.requires
        required = view.required
        serving = (
            {name: required[name] for name in requires if name in required} if required else {}
        )
        others: list[str] = []
        if len(serving) < len(requires):
            serving, others = yield from self._serving(key, compiled)
        if len(serving) + len(others) < len(requires):
            # Required nodes are done and have rows, unless the traversal is superseded. Then the
            # guards would refuse any commit.
            return None, Step('superseded while looking')
        try:
            desired = compiled.desired(view.stack, template_id, serving, others)
        except TemplateError as error:
            return None, check.refuse(view, str(error), self.ids.fresh(), self.clock.now())
        step = check.begin(
            view, desired, self.lease, self.ids.fresh(), self.ids.fresh(), self.clock.now()
        )
        return desired, step

    def _serving(
        self, key: NodeKey, compiled: CompiledDefinition
    ) -> Generator[Effect, Any, tuple[dict[str, Resource], list[str]]]:
        """Read the rows that serve the requirements of a definition, SERVED by each query.

        :return: the rows whose values the definition reads, by name, and one line for each of the
            others: one resource may require a hundred thousand, too many rows to hold in memory.
            Both are empty if a row is missing.
        """
        serving: dict[str, Resource] = {}
        others: list[str] = []
        for start in range(0, len(compiled.requires), SERVED):
            names = compiled.requires[start : start + SERVED]
            keys = {name: NodeKey(key.traversal_id, Kind.UPDATE, name) for name in names}
            rows: dict[NodeKey, Resource] = yield LoadServingRows(tuple(keys.values()))
            for name, node in keys.items():
                row = rows.get(node)
                if row is None:
                    return {}, []
                if compiled.reads is None or name in compiled.reads:
                    serving[name] = row
                else:
                    others.append(fingerprint.line(row))
        return serving, others

    def _inspect(self, view: View, stack: Stack) -> Generator[Effect, Any, Step]:
        """Observe a resource until the observation is final; return the step that saves it."""
        call = inspect.begin(view)
        observation: Observation | None = None
        tries = 0
        while call is not None:
            observation = yield CallPlugin(
                call, stack.project_id, stack.name, compensates=True, request_id=stack.request_id
            )
            if observation is not None and observation.reality not in NOT_KNOWN:
                break
            if observation is not None and observation.reality == Reality.PENDING:
                # Poll without a limit: the operation ends, or the stack times out.
                assert view.node is not None
                current: View = yield Load(view.node.key)
                if current.node is None:
                    return Step('superseded while looking')
            else:
                tries += 1
                if tries > self.retry_limit:
                    break
            yield Sleep(self.poll_interval)
        return inspect.finish(view, observation, self.ids.fresh(), self.clock.now())

    def _operate(
        self, key: NodeKey, view: View, desired: DesiredState | None, call: Call
    ) -> Generator[Effect, Any, None]:
        """Make the plugin call, poll the operation until it ends, and save the result.

        A transient failure of the plugin is retried: see `heatconv.convergence.retry`.
        """
        assert view.stack is not None and view.node is not None
        project_id, stack_name = view.stack.project_id, view.stack.name
        acted = False
        verb, tries = call.verb, 0
        while True:
            observation: Observation | None = yield CallPlugin(
                call if verb == call.verb else evolve(call, verb=verb),
                project_id,
                stack_name,
                request_id=view.stack.request_id,
            )
            if observation is None:
                yield Trace(key, 'the lease is running out: left to others')
                row: Resource | None = yield LoadRow(call.row.id)
                if acted and (row is None or row.version != call.row.version):
                    # Another worker has taken over, perhaps before the last call of this one: then
                    # it does not observe the effect of that call.
                    yield from self._fenced(key, call, project_id, stack_name)
                return
            acted = True
            pause = self.poll_interval
            if observation.reality != Reality.UNKNOWN:
                tries = 0
                if observation.reality == Reality.PENDING and observation.retry_after is not None:
                    pause = min(pause, observation.retry_after)
            elif tries < self.retry_limit:
                tries += 1
                pause = retry.pause_before(tries, observation, self.poll_interval)
            else:
                observation = retry.exhausted(observation, self.retry_limit)
            if observation.reality == Reality.UNKNOWN:
                step = retry.retry(call.row, observation, tries, self.retry_limit, pause)
                outcome = yield from save_step(step, self.check)
                if outcome.verdict == Verdict.REFUSED:
                    yield from self._fenced(key, call, project_id, stack_name)
                    return
                assert step.commit is not None and step.commit.row is not None
                assert step.commit.row.saved is not None
                call = evolve(call, row=step.commit.row.saved)
            else:
                step = self._finish(key, view, desired, call, observation)
                if not step.wait:
                    break
                verb = _next_verb(call.verb, observation.reality)
            superseded, final_step = yield from self._pause(key, call, observation, pause)
            if final_step is not None:
                step = final_step
                break
            if superseded and verb == Verb.PROCEED:
                verb = Verb.OBSERVE  # no further part may begin
        yield Trace(key, step.reason)
        outcome = yield from save_step(step, self.check, view)
        if outcome.verdict == Verdict.REFUSED:
            yield from self._fenced(key, call, project_id, stack_name)

    def _pause(
        self, key: NodeKey, call: Call, observation: Observation, seconds: float
    ) -> Generator[Effect, Any, tuple[bool, Step | None]]:
        """Wait before the next poll.

        A superseded operation is noticed within one poll interval, even if the plugin asks for a
        longer pause. The pause ends early if the physical resource is a stack that ends an action.

        :return: whether the operation is superseded, and a step that ends it, or None to poll
            again.
        """
        until = self.clock.now() + seconds
        while True:
            asked = min(max(until - self.clock.now(), 0.0), self.poll_interval)
            due = self.clock.now() + asked
            yield Sleep(asked, observation.physical_id or '')
            woken = self.clock.now() < due
            current: View = yield Load(key)
            if current.node is None:
                stack: Stack | None = yield LoadStack(call.row.stack_id)
                awaited = bool((yield LoadReadyNodes(call.row.id)))
                step = timeout.superseded(call.row, observation, stack, awaited, self.clock.now())
                if not step.wait:
                    return True, step
            if woken or self.clock.now() >= until:
                return current.node is None, None

    def _finish(
        self,
        key: NodeKey,
        view: View,
        desired: DesiredState | None,
        call: Call,
        observation: Observation,
    ) -> Step:
        """Decide the step after an observation: finish the operation, or wait."""
        assert view.stack is not None and view.node is not None
        if call.verb == Verb.OBSERVE or (desired is None and call.verb == Verb.ADOPT):
            return settle.finish(key, call.row, observation, waits=not view.stack.gives_up)
        now = self.clock.now()
        if call.verb == Verb.DELETE:
            return cleanup.finish(key, call.row, observation, self.ids.fresh(), now, view.node)
        assert desired is not None
        return check.finish(
            key,
            call.row,
            desired,
            call.verb,
            observation,
            view.node.attempts,
            self.ids.fresh(),
            now,
            view.node,
        )

    def _fenced(
        self, key: NodeKey, call: Call, project_id: str, stack_name: str
    ) -> Generator[Effect, Any, None]:
        """Compensate for an operation whose commit was refused: another worker took over."""
        row: Resource | None = yield LoadRow(call.row.id)
        step = check.fenced(call.verb, call.row, row, call)
        yield Trace(key, step.reason)
        if step.call is not None:
            # No other process knows of the physical resource: repeat until the delete is finished.
            observation = yield CallPlugin(step.call, project_id, stack_name, compensates=True)
            observe = dataclasses.replace(step.call, verb=Verb.OBSERVE)
            for _ in range(COMPENSATION_POLLS):
                if observation is None or observation.reality not in NOT_DELETED:
                    break
                yield Sleep(self.poll_interval)
                # Another process may have made the resource again: delete it again.
                next_call = observe if observation.reality == Reality.PENDING else step.call
                observation = yield CallPlugin(next_call, project_id, stack_name, compensates=True)
        elif step.commit is not None:
            yield Save(step.commit)
