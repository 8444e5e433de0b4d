#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""The progress of a stack during a wait, and the result of the wait."""

from __future__ import annotations

import dataclasses
import re
from typing import Any, Protocol

STACK_TYPE = 'OS::Heat::Stack'

#: The reasons of events when a resource pauses at a hook and when the hook is cleared: Heat's
#: wording.
PAUSED = re.compile(r'paused until Hook (\S+) is cleared')
CLEARED = re.compile(r'Hook (\S+) is cleared')


@dataclasses.dataclass(frozen=True, slots=True)
class Goal:
    """The goal of a wait: the expected state of the stack at its end.

    :ivar actions: the accepted actions.
    :ivar status: the status that the action must end with.
    """

    actions: tuple[str, ...]
    status: str = 'COMPLETE'

    def reached(self, ending: Ending) -> bool:
        """Say whether a wait has reached the goal."""
        if ending.gone:
            return 'DELETE' in self.actions
        if ending.timed_out:
            return False
        if ending.hooks:
            return ending.action in self.actions
        return ending.action in self.actions and ending.status == self.status


@dataclasses.dataclass(slots=True)
class ResourceProgress:
    """The latest known state of a resource.

    :ivar reported: whether an event of the current action reported the state; otherwise it may be
        the result of an earlier action.
    :ivar since: time of the state in seconds, on the clock of the wait.
    """

    action: str
    status: str
    reason: str = ''
    reported: bool = False
    since: float = 0.0


@dataclasses.dataclass(frozen=True, slots=True)
class Members:
    """The resources of a nested stack.

    :ivar action: the action of the nested stack when they were counted.
    :ivar complete: number of resources that are there and complete.
    :ivar in_progress: number of resources in progress.
    :ivar total: number of all resources.
    """

    action: str
    complete: int
    in_progress: int
    total: int


@dataclasses.dataclass(slots=True)
class Progress:
    """The latest known state of a stack.

    :ivar started: start of the wait in seconds, on its clock.
    """

    stack_name: str
    started: float
    action: str = ''
    status: str = ''
    reason: str = ''
    resources: dict[str, ResourceProgress] = dataclasses.field(default_factory=dict)
    #: Reasons of failures by resource name. A rollback does not remove them.
    failures: dict[str, str] = dataclasses.field(default_factory=dict)
    #: The resources of nested stacks in progress, by the name of the resource that is the nested
    #: stack.
    members: dict[str, Members] = dataclasses.field(default_factory=dict)
    #: Pending hooks: pairs of a resource name and a hook.
    hooks: dict[tuple[str, str], None] = dataclasses.field(default_factory=dict)

    @property
    def done(self) -> int:
        """Return the number of resources that the current action has finished."""
        return sum(
            resource.status == 'COMPLETE'
            and (resource.reported or (self.action == 'CREATE' and resource.action != 'INIT'))
            for resource in self.resources.values()
        )

    @property
    def total(self) -> int:
        """Return the number of resources."""
        return len(self.resources)

    @property
    def under_way(self) -> list[tuple[str, ResourceProgress]]:
        """Return the names and states of the resources in progress, longest in progress first."""
        in_progress = [item for item in self.resources.items() if item[1].status == 'IN_PROGRESS']
        return sorted(in_progress, key=lambda item: item[1].since)

    def take_stack(self, stack: dict[str, Any]) -> None:
        """Update the state of the stack from a description of it."""
        if self.action and self.action != stack['stack_action']:
            for resource in self.resources.values():
                resource.reported = False
        self.action = stack['stack_action']
        self.status = stack['stack_status']
        self.reason = stack.get('stack_status_reason') or ''

    def take_event(self, event: dict[str, Any], now: float) -> None:
        """Update the state of a resource from an event."""
        if is_stack_event(event):
            # The stack begins or ends an action, and each action has hooks of its own.
            self.hooks.clear()
            return
        name, status = event['resource_name'], event['resource_status']
        reason = event.get('resource_status_reason') or ''
        self._update_hooks(name, reason)
        self.resources[name] = ResourceProgress(
            event['resource_action'], status, reason, reported=True, since=now
        )
        if status == 'FAILED':
            self.failures[name] = reason
        elif status == 'COMPLETE' and self.action != 'ROLLBACK':
            self.failures.pop(name, None)

    def _update_hooks(self, name: str, reason: str) -> None:
        paused, cleared = PAUSED.search(reason), CLEARED.fullmatch(reason)
        if paused is not None:
            self.hooks[name, paused[1]] = None
        elif cleared is not None:
            self.hooks.pop((name, cleared[1]), None)

    @property
    def waits(self) -> bool:
        """Say whether only pending hooks keep the stack from continuing."""
        paused = {name for name, _ in self.hooks}
        return bool(paused) and all(name in paused for name, _ in self.under_way)

    def take_resource(self, resource: dict[str, Any], now: float) -> None:
        """Update a resource from a list, unless an event of the current action reported it."""
        name, status = resource['resource_name'], resource['resource_status']
        current = self.resources.get(name)
        if current is None or not current.reported:
            reason = resource.get('resource_status_reason') or ''
            since = current.since if current and current.status == status else now
            self.resources[name] = ResourceProgress(
                resource['resource_action'], status, reason, since=since
            )


@dataclasses.dataclass(frozen=True, slots=True)
class Ending:
    """The result of a wait.

    :ivar reason: status reason of the stack.
    :ivar seconds: duration of the wait.
    :ivar resources: number of resources.
    :ivar failures: reasons of failures by resource name.
    :ivar gone: whether the stack does not exist any more.
    :ivar timed_out: whether the wait ended while the action was still in progress.
    :ivar hooks: pairs of a resource name and a hook, if the stack is paused at hooks.
    """

    stack_name: str
    action: str
    status: str
    reason: str
    seconds: float
    resources: int
    failures: dict[str, str]
    gone: bool = False
    timed_out: bool = False
    hooks: tuple[tuple[str, str], ...] = ()

    @property
    def state(self) -> str:
        """Return action and status joined, as in Heat: CREATE_COMPLETE."""
        return f'{self.action}_{self.status}'


class Reporter(Protocol):
    """Shows the progress of a wait.

    :ivar members_shown: of how many resources, longest in progress first, it shows
        `Progress.members`.
    """

    members_shown: int

    def begin(self, progress: Progress) -> None:
        """Begin: the wait has started."""

    def update(self, progress: Progress, events: list[dict[str, Any]]) -> None:
        """Show the progress after a poll, and the new events."""

    def end(self, ending: Ending, reached: bool) -> None:
        """Show the result of the wait.

        :param reached: whether the wait has reached its goal.
        """

    def abort(self) -> None:
        """Stop showing progress: the wait was interrupted."""


def is_stack_event(event: dict[str, Any]) -> bool:
    """Say whether an event is about the stack itself."""
    return (
        event.get('resource_type') == STACK_TYPE and event['resource_name'] == event['stack_name']
    )
