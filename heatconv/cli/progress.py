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

"""Show a wait on stderr: plain lines here, a drawing on a terminal.

stdout is for the result alone, so that it can be piped into other programs.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TextIO

from heatconv.cli.following import Ending, Progress, Reporter, is_stack_event
from heatconv.cli.settings import Settings
from heatconv.cli.text import printable

#: Resources that failed are named up to this number; one cause often fails many.
FAILURES_SHOWN = 20


def reporter(settings: Settings, stream: TextIO) -> Reporter:
    """Return what shows a wait on this stream."""
    if settings.quiet:
        return QuietReporter(stream)
    if is_terminal(stream):
        from heatconv.cli.live import LiveReporter

        return LiveReporter(stream, settings.color)
    return PlainReporter(stream)


def is_terminal(stream: TextIO) -> bool:
    """Say whether something can be drawn on a stream."""
    return stream.isatty() and os.environ.get('TERM') not in (None, '', 'dumb')


def event_line(event: dict[str, Any]) -> str:
    """Return an event as one line."""
    subject = event['stack_name']
    if not is_stack_event(event):
        subject += '.' + event['resource_name']
    state = f'{event["resource_action"]}_{event["resource_status"]}'
    reason = ' '.join(str(event.get('resource_status_reason') or '').split())
    return printable(f'{event["event_time"]} [{subject}] {state}  {reason}'.rstrip())


def summary(ending: Ending) -> str:
    """Return how a wait ended, as one line."""
    noun = 'resource' if ending.resources == 1 else 'resources'
    line = (
        f'{ending.stack_name} {ending.state} in {duration(ending.seconds)}: '
        f'{ending.resources} {noun}'
    )
    return f'{line} (gave up waiting; the stack goes on)' if ending.timed_out else line


def duration(seconds: float) -> str:
    """Return a time span for people."""
    if seconds < 60:
        return f'{seconds:.1f} s'
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f'{minutes} min {rest} s'
    return f'{minutes // 60} h {minutes % 60} min'


def failure_lines(ending: Ending) -> list[str]:
    """Return why a stack did not get where it should: it first, then its resources."""
    if ending.timed_out:
        return []
    lines = []
    if ending.reason:
        lines.append(f'{ending.stack_name}: {ending.reason}')
    for name in list(ending.failures)[:FAILURES_SHOWN]:
        reason = ending.failures[name] or 'no reason given'
        lines.append(f'{ending.stack_name}.{name}: {reason}')
    more = len(ending.failures) - FAILURES_SHOWN
    if more > 0:
        lines.append(f'and {more} more: heatconv stack resource list {ending.stack_name}')
    return lines


class PlainReporter:
    """Shows events as lines: for pipes, log files and dumb terminals."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def begin(self, progress: Progress) -> None:
        """Show nothing yet: the first event tells the start."""

    def update(self, progress: Progress, events: list[dict[str, Any]]) -> None:
        """Show the new events."""
        for event in events:
            self._stream.write(event_line(event) + '\n')
        self._stream.flush()

    def end(self, ending: Ending, reached: bool) -> None:
        """Show why it failed, and the summary."""
        self._write_end(ending, reached, self._stream.write)

    def _write_end(self, ending: Ending, reached: bool, write: Callable[[str], object]) -> None:
        if not reached:
            for line in failure_lines(ending):
                write(printable(line) + '\n')
        write(summary(ending) + '\n')
        self._stream.flush()

    def abort(self) -> None:
        """Do nothing: what is written stays."""


class QuietReporter(PlainReporter):
    """Shows only what went wrong."""

    def update(self, progress: Progress, events: list[dict[str, Any]]) -> None:
        """Show nothing."""

    def end(self, ending: Ending, reached: bool) -> None:
        """Show the end only if it is not what was wanted."""
        if not reached:
            super().end(ending, reached)
