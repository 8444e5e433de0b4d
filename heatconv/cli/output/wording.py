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

"""Lines of text for events, results of waits and time spans."""

from __future__ import annotations

from typing import Any

from heatconv.cli.output.text import printable
from heatconv.cli.waiting.progress import Ending, Members, is_stack_event

#: Largest number of printed failures: one cause often makes many resources fail.
FAILURES_SHOWN = 20


def event_line(event: dict[str, Any]) -> str:
    """Return an event as one line."""
    subject = event['stack_name']
    if not is_stack_event(event):
        subject += '.' + event['resource_name']
    state = f'{event["resource_action"]}_{event["resource_status"]}'
    reason = ' '.join(str(event.get('resource_status_reason') or '').split())
    return printable(f'{event["event_time"]} [{subject}] {state}  {reason}'.rstrip())


def summary(ending: Ending) -> str:
    """Return the result of a wait as one line."""
    noun = 'resource' if ending.resources == 1 else 'resources'
    line = (
        f'{ending.stack_name} {ending.state} in {duration(ending.seconds)}: '
        f'{ending.resources} {noun}'
    )
    return f'{line} (stopped waiting; the stack continues)' if ending.timed_out else line


def duration(seconds: float) -> str:
    """Return a time span as readable text: seconds, minutes or hours.

    :param seconds: the time span in seconds.
    """
    if seconds < 60:
        return f'{seconds:.1f} s'
    minutes, remainder = divmod(round(seconds), 60)
    if minutes < 60:
        return f'{minutes} min {remainder} s'
    return f'{minutes // 60} h {minutes % 60} min'


def members_line(members: Members) -> str:
    """Return how far a nested stack is.

    An update does not change all resources, so that nobody knows how many are done.
    """
    if members.action == 'CREATE':
        return f'{members.complete}/{members.total} resources'
    if members.action == 'DELETE':
        return f'{members.total} resources left'
    return f'{members.in_progress} of {members.total} resources in progress'


def failure_lines(ending: Ending) -> list[str]:
    """Return the reasons of a failure as lines: of the stack, then of its resources.

    There are none if the wait timed out, because the stack has not failed.
    """
    if ending.timed_out:
        return []
    lines = []
    if ending.reason:
        lines.append(f'{ending.stack_name}: {ending.reason}')
    for name in list(ending.failures)[:FAILURES_SHOWN]:
        reason = ending.failures[name] or 'no reason given'
        lines.append(f'{ending.stack_name}.{name}: {reason}')
    omitted = len(ending.failures) - FAILURES_SHOWN
    if omitted > 0:
        lines.append(f'and {omitted} more: heatconv stack resource list {ending.stack_name}')
    return lines
