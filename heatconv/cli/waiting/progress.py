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

"""The progress of a stack that a user waits for, and the end of the wait."""

from __future__ import annotations

import dataclasses
import re
from typing import Any, Protocol

STACK_TYPE = 'OS::Heat::Stack'

#: Hooks in events, in Heat's wording.
PAUSED = re.compile(r'paused until Hook (\S+) is cleared')
CLEARED = re.compile(r'Hook (\S+) is cleared')


@dataclasses.dataclass(frozen=True, slots=True)
class Goal:
    """The goal of a wait.

    :ivar actions: any of these actions.
    """

    actions: tuple[str, ...]
    status: str = 'COMPLETE'

    def reached(self, ending: Ending) -> bool:
        """Say whether the wait has ended at the goal."""
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

    :ivar told: an event of the present action reported it; otherwise an earlier action may have
        left it.
    """

    action: str
    status: str
    reason: str = ''
    told: bool = False
    since: float = 0.0


@dataclasses.dataclass(slots=True)
class Progress:
    """The latest known state of a stack."""

    stack_name: str
    started: float
    action: str = ''
    status: str = ''
    reason: str = ''
    resources: dict[str, ResourceProgress] = dataclasses.field(default_factory=dict)
    #: Reasons of failures, by resource. They are kept during a rollback.
    failures: dict[str, str] = dataclasses.field(default_factory=dict)
    #: Pending hooks: resource and hook.
    hooks: dict[tuple[str, str], None] = dataclasses.field(default_factory=dict)

    @property
    def done(self) -> int:
        """Return the number of resources that the present action has finished."""
        return sum(
            resource.status == 'COMPLETE'
            and (resource.told or (self.action == 'CREATE' and resource.action != 'INIT'))
            for resource in self.resources.values()
        )

    @property
    def total(self) -> int:
        """Return the number of resources."""
        return len(self.resources)

    @property
    def under_way(self) -> list[tuple[str, ResourceProgress]]:
        """Return the resources in progress, the longest first."""
        working = [item for item in self.resources.items() if item[1].status == 'IN_PROGRESS']
        return sorted(working, key=lambda item: item[1].since)

    def take_stack(self, stack: dict[str, Any]) -> None:
        """Update the state of the stack."""
        if self.action and self.action != stack['stack_action']:
            for resource in self.resources.values():
                resource.told = False
        self.action = stack['stack_action']
        self.status = stack['stack_status']
        self.reason = stack.get('stack_status_reason') or ''

    def take_event(self, event: dict[str, Any], now: float) -> None:
        """Update a resource by an event."""
        if is_stack_event(event):
            # A new action has its own hooks.
            self.hooks.clear()
            return
        name, status = event['resource_name'], event['resource_status']
        reason = event.get('resource_status_reason') or ''
        self._take_hook(name, reason)
        self.resources[name] = ResourceProgress(
            event['resource_action'], status, reason, told=True, since=now
        )
        if status == 'FAILED':
            self.failures[name] = reason
        elif status == 'COMPLETE' and self.action != 'ROLLBACK':
            self.failures.pop(name, None)

    def _take_hook(self, name: str, reason: str) -> None:
        paused, cleared = PAUSED.search(reason), CLEARED.fullmatch(reason)
        if paused is not None:
            self.hooks[name, paused[1]] = None
        elif cleared is not None:
            self.hooks.pop((name, cleared[1]), None)

    @property
    def waits(self) -> bool:
        """Say whether only pending hooks keep the stack from continuing."""
        at = {name for name, _ in self.hooks}
        return bool(at) and all(name in at for name, _ in self.under_way)

    def take_resource(self, resource: dict[str, Any], now: float) -> None:
        """Update a resource from a list, unless an event was newer."""
        name, status = resource['resource_name'], resource['resource_status']
        current = self.resources.get(name)
        if current is None or not current.told:
            reason = resource.get('resource_status_reason') or ''
            since = current.since if current and current.status == status else now
            self.resources[name] = ResourceProgress(
                resource['resource_action'], status, reason, since=since
            )


@dataclasses.dataclass(frozen=True, slots=True)
class Ending:
    """The end of a wait.

    :ivar gone: the stack does not exist any more.
    :ivar timed_out: the action was still in progress.
    :ivar hooks: pending hooks: resources and their hooks.
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
        """Return action and status, joined as in Heat."""
        return f'{self.action}_{self.status}'


class Reporter(Protocol):
    """Shows the progress of a wait."""

    def begin(self, progress: Progress) -> None:
        """Start."""

    def update(self, progress: Progress, events: list[dict[str, Any]]) -> None:
        """Show new events."""

    def end(self, ending: Ending, reached: bool) -> None:
        """Show the end."""

    def abort(self) -> None:
        """Stop: the wait was interrupted."""


def is_stack_event(event: dict[str, Any]) -> bool:
    """Say whether an event is about the stack itself."""
    return (
        event.get('resource_type') == STACK_TYPE and event['resource_name'] == event['stack_name']
    )
