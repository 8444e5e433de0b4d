"""A world with groups: nested stacks, and signals that are messages.

A plugin of a group reads its nested stack and then changes it. Between the two another process may
change it, so a signal in transit may be delivered there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from heatconv.convergence.model import Event, Observation, Status
from heatconv.engine.nested_stacks import NestedStacks, nested_stack
from heatconv.engine.requests.core import PLANNED, Requests
from heatconv.engine.signals import Signals
from heatconv.exception import HeatconvException
from heatconv.hot.limits import MAX_TEMPLATE_SIZE
from heatconv.hot.registry import TEMPLATE_RESOURCE
from heatconv.resources.groups import ResourceGroup
from heatconv.resources.nested import TemplateResource
from heatconv.resources.nested_stacks import NestedStack
from heatconv.resources.plugin import Resource, SignalIgnored, TransientError
from heatconv.resources.records import MemoryRecords, Writes
from heatconv.resources.registry import Registry
from heatconv.resources.scaling.group import AutoScalingGroup
from heatconv.resources.scaling.policy import ScalingPolicy
from heatconv.runtime.effects import CallPlugin, Predict
from heatconv.sim import language, script
from heatconv.sim.groups.at_once import SimAtOnce
from heatconv.sim.groups.history import DOWN, GROUP, UP, Signal
from heatconv.sim.moves import NEXT, Choice, Message, Running, SimWorker
from heatconv.sim.reality import SimResource
from heatconv.sim.user import PROJECT
from heatconv.sim.world import World
from heatconv.storage.stack_query import StackQuery
from heatconv.worker.plugin_caller import plugin_calls


class Watched(NestedStacks):
    """The nested stacks of a world: changes of their contents are reported to it.

    :ivar world: set after the construction.
    """

    world: GroupWorld

    def create(
        self,
        resource: Resource,
        name: str,
        content: Mapping[str, Any],
        adopts: Mapping[str, Any] | None = None,
    ) -> None:
        existed = self.find(resource, name) is not None
        super().create(resource, name, content, adopts)
        owner = self._store.stack(resource.stack_id)
        if not existed and owner is not None and owner.owner_id is None:
            self.world.content_changed(resource.stack_id, {}, content)

    def update(
        self, child: NestedStack, content: Mapping[str, Any], events: Sequence[Event] = ()
    ) -> bool:
        self.world.interleave()
        before = self._store.stack(child.id)
        present = {} if before is None else self.made_of(nested_stack(before))
        done = super().update(child, content, events)
        after = self._store.stack(child.id)
        if before is not None and after is not None and after.version != before.version:
            by_signal = self.world.signalling and self.world.acting is None
            if by_signal and before.status == Status.IN_PROGRESS:
                self.world.violate('group: a signal is taken while the group changes')
            self.world.changed_by_signal()
            if after.newest_template_id != before.newest_template_id:
                self.world.content_changed(after.owner_id or '', present, content)
        return done


class GroupWorld(World):
    """A world with groups.

    :ivar signalling: the signals that are being delivered, the outermost first.
    """

    def make_registry(self) -> Registry:
        self.policies = MemoryRecords()
        return Registry(
            {
                language.TYPE: SimResource(self.reality),
                'OS::Heat::AutoScalingGroup': AutoScalingGroup(None, self.clock),
                'OS::Heat::ResourceGroup': ResourceGroup(None, self.clock),
                'OS::Heat::ScalingPolicy': ScalingPolicy(self.policies, self.clock),
            },
            TemplateResource(None, self.clock),
        )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.requests = Requests(
            self.store, self.templates, self, self.clock, self.ids, plans_nested_up_to=-1
        )
        self.at_once = SimAtOnce(self.reality, self.clock)
        children = Watched(self.store, self.templates, self.requests, MAX_TEMPLATE_SIZE)
        children.world = self
        self.registry.nest(children)
        self.children = children
        self._signals = Signals(self.store, self.registry)
        self.signalling: list[str] = []
        #: For each of them, the number of its changes.
        self._effects: list[int] = []
        #: The plugin call that acts at present; None while a signal or nothing does.
        self.acting: CallPlugin | None = None

    def changed_by_signal(self) -> None:
        """Count a change of the group that a signal has requested.

        Its content may be the same: if a member failed, the signal has it created again.
        """
        if self._effects and self.acting is None:
            self._effects[-1] += 1

    def use_reality_in_store(self) -> None:
        """Fuse commits, and complete small nested stacks at once or plan them with the request."""
        self.fused = True
        self.requests.plans_nested_up_to = PLANNED
        self.children._at_once = self.at_once

    def predict(self, effect: Predict) -> tuple[Observation | None, Any]:
        type_ = effect.call.row.type
        if type_ != TEMPLATE_RESOURCE:
            return super().predict(effect) if type_ == language.TYPE else (None, None)
        plugin = self.registry.plugin(TEMPLATE_RESOURCE)
        assert plugin is not None
        (predicted,) = plugin.predict(plugin_calls([effect]))
        return (None, None) if predicted is None else predicted

    def carry_out(
        self, running: Running, effect: Predict, observation: Observation, writes: Any
    ) -> None:
        if not isinstance(writes, Writes) or not writes.stacks:
            super().carry_out(running, effect, observation, writes)
            return
        (new,) = writes.stacks
        if self.store.insert_stacks([new]) != [True]:
            self.violate(f'foresight: the name {new.stack.name} is taken')
        for difference in self.at_once.carry_out(new):
            self.violate(f'foresight: {difference}')
        self._look(new.stack.id)

    def content_changed(
        self, owner_id: str, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> None:
        """Report another content of a nested stack to the checkers of groups."""
        for watcher in self.watchers:
            changed = getattr(watcher, 'content_changed', None)
            if changed is not None:
                changed(self, owner_id, before, after)

    def interleave(self) -> None:
        """Perhaps deliver a signal, while a plugin is about to change a nested stack."""
        signals = [message for message in self.messages if isinstance(message.subject, Signal)]
        if signals and (self.steps + len(self.signalling)) % 2:
            self.messages.remove(signals[0])
            self._signal(signals[0].subject)  # type: ignore[arg-type]

    def choices(self) -> list[Choice]:
        choices = super().choices()
        if self.entries and isinstance(self.entries[0], Signal) and not self._is_hearing():
            # A server knows the URL of a policy only once the policy exists.
            return [choice for choice in choices if choice is not NEXT] or choices
        return choices

    def _is_hearing(self) -> bool:
        """Say whether the policies exist, or will not soon."""
        in_progress = False
        for snapshot in self.snapshots.values():
            stack = snapshot.stack
            if stack.owner_id is None and stack.deleted_at is None:
                in_progress = stack.status == Status.IN_PROGRESS
                for row in snapshot.rows.values():
                    if (
                        row.name in (UP, DOWN)
                        and row.status == Status.COMPLETE
                        and row.physical_id
                    ):
                        return True
        return not in_progress

    def request(self, entry: script.Request) -> None:
        # A cancel, for example, reaches the nested stacks too.
        super().request(entry)
        self._refresh()

    def sweep(self, worker: SimWorker) -> None:
        super().sweep(worker)
        self._refresh()

    def next_entry(self) -> None:
        if isinstance(self.entries[0], Signal):
            self.announce(self.entries.pop(0))  # type: ignore[arg-type]
        else:
            super().next_entry()

    def deliver(self, message: Message) -> Running | None:
        if isinstance(message.subject, Signal):
            self._signal(message.subject)
            return None
        return super().deliver(message)

    def _signal(self, signal: Signal) -> None:
        """Let the policies take a signal, as an engine does."""
        (stack, *_) = [*self.store.stacks(StackQuery(None)), None]
        rows = [] if stack is None else self.store.resources(stack.id)
        row = next((row for row in reversed(rows) if row.name == signal.policy), None)
        if stack is None or row is None:
            self.note(f'signal {signal.policy}: nobody takes it')
            return
        self.signalling.append(signal.policy)
        self._effects.append(0)
        acting, self.acting = self.acting, None
        try:
            self._signals.take(stack, row, None)
        except (SignalIgnored, TransientError, HeatconvException) as error:
            self.note(f'signal {signal.policy}: {error}')
        else:
            self.note(f'signal {signal.policy}: taken')
            if self._effects[-1] != 1:
                self.violate(f'group: signal {signal.policy} was taken, but is lost')
        finally:
            self.signalling.pop()
            self._effects.pop()
            self.acting = acting
        self._refresh()

    def _call_plugin(self, running: Running, effect: CallPlugin) -> None:
        self.acting = effect if running.admitted else None
        super()._call_plugin(running, effect)
        self.acting = None
        self._refresh()

    def _refresh(self) -> None:
        """Look at the nested stacks, which plugins and signals change."""
        for snapshot in list(self.snapshots.values()):
            query = StackQuery(None, owners=(snapshot.stack.id,), show_deleted=True)
            for child in self.store.stacks(query):
                known = self.snapshots.get(child.id)
                if known is None or known.stack.version != child.version:
                    self._look(child.id)

    def child_of(self, project_id: str = PROJECT) -> NestedStack | None:
        """Return the nested stack of the group; None without one."""
        for stack in self.store.stacks(StackQuery(None, nested=True)):
            if stack.owner_resource == GROUP and stack.deleted_at is None:
                return nested_stack(stack)
        return None
