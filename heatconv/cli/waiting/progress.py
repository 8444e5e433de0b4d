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

"""What is known of a stack that a user waits for, and how the wait ended."""

from __future__ import annotations

import dataclasses
import re
from typing import Any, Protocol

STACK_TYPE = 'OS::Heat::Stack'

#: What events tell of hooks, as Heat words it.
PAUSED = re.compile(r'paused until Hook (\S+) is cleared')
CLEARED = re.compile(r'Hook (\S+) is cleared')


@dataclasses.dataclass(frozen=True, slots=True)
class Goal:
    """What the user wants a stack to reach.

    :ivar actions: any of these will do.
    """

    actions: tuple[str, ...]
    status: str = 'COMPLETE'

    def reached(self, ending: Ending) -> bool:
        """Say whether the end of a wait is what was wanted."""
        if ending.gone:
            return 'DELETE' in self.actions
        if ending.timed_out:
            return False
        if ending.hooks:
            return ending.action in self.actions
        return ending.action in self.actions and ending.status == self.status


@dataclasses.dataclass(slots=True)
class ResourceProgress:
    """The latest that is known of a resource.

    :ivar told: an event of the present action has told it; else it may be what
        an earlier action has left.
    """

    action: str
    status: str
    reason: str = ''
    told: bool = False
    since: float = 0.0


@dataclasses.dataclass(slots=True)
class Progress:
    """What is known of a stack that somebody waits for."""

    stack_name: str
    started: float
    action: str = ''
    status: str = ''
    reason: str = ''
    resources: dict[str, ResourceProgress] = dataclasses.field(default_factory=dict)
    #: Reasons of failures, by resource. They outlive a rollback.
    failures: dict[str, str] = dataclasses.field(default_factory=dict)
    #: Hooks that are waited at: the resource and the hook.
    hooks: dict[tuple[str, str], None] = dataclasses.field(default_factory=dict)

    @property
    def done(self) -> int:
        """Count the resources that the present action has dealt with."""
        return sum(
            one.status == 'COMPLETE'
            and (one.told or (self.action == 'CREATE' and one.action != 'INIT'))
            for one in self.resources.values()
        )

    @property
    def total(self) -> int:
        """Count the resources."""
        return len(self.resources)

    @property
    def under_way(self) -> list[tuple[str, ResourceProgress]]:
        """Return what is in progress, the longest first."""
        working = [item for item in self.resources.items() if item[1].status == 'IN_PROGRESS']
        return sorted(working, key=lambda item: item[1].since)

    def take_stack(self, stack: dict[str, Any]) -> None:
        """Note the state of the stack."""
        if self.action and self.action != stack['stack_action']:
            for one in self.resources.values():
                one.told = False
        self.action = stack['stack_action']
        self.status = stack['stack_status']
        self.reason = stack.get('stack_status_reason') or ''

    def take_event(self, event: dict[str, Any], now: float) -> None:
        """Note what an event tells of a resource."""
        if is_stack_event(event):
            # What is begun now comes to its own hooks.
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
        """Say whether nothing goes on but for hooks that are waited at."""
        at = {name for name, _ in self.hooks}
        return bool(at) and all(name in at for name, _ in self.under_way)

    def take_resource(self, resource: dict[str, Any], now: float) -> None:
        """Note a resource as it is listed, unless an event has told more."""
        name, status = resource['resource_name'], resource['resource_status']
        known = self.resources.get(name)
        if known is None or not known.told:
            reason = resource.get('resource_status_reason') or ''
            since = known.since if known and known.status == status else now
            self.resources[name] = ResourceProgress(
                resource['resource_action'], status, reason, since=since
            )


@dataclasses.dataclass(frozen=True, slots=True)
class Ending:
    """How a wait ended.

    :ivar gone: the stack does not exist any more.
    :ivar timed_out: it was still in progress.
    :ivar hooks: what it waits at: resources and their hooks.
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
        """Return action and status as Heat joins them."""
        return f'{self.action}_{self.status}'


class Reporter(Protocol):
    """Shows a wait."""

    def begin(self, progress: Progress) -> None:
        """Start to show."""

    def update(self, progress: Progress, events: list[dict[str, Any]]) -> None:
        """Show what is new."""

    def end(self, ending: Ending, reached: bool) -> None:
        """Show how it ended."""

    def abort(self) -> None:
        """Stop showing, as the wait was broken off."""


def is_stack_event(event: dict[str, Any]) -> bool:
    """Say whether an event is about the stack itself."""
    return (
        event.get('resource_type') == STACK_TYPE and event['resource_name'] == event['stack_name']
    )
