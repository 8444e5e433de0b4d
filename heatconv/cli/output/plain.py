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

"""Show progress as plain lines, for streams that support no drawing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TextIO

from heatconv.cli.output.text import printable
from heatconv.cli.output.wording import event_line, failure_lines, summary
from heatconv.cli.waiting.progress import Ending, Progress


class PlainReporter:
    """Prints each event as a line: for pipes, log files and dumb terminals."""

    members_shown = 0

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def begin(self, progress: Progress) -> None:
        """Print nothing: the first event reports the start."""

    def update(self, progress: Progress, events: list[dict[str, Any]]) -> None:
        """Print the new events."""
        for event in events:
            self._stream.write(event_line(event) + '\n')
        self._stream.flush()

    def end(self, ending: Ending, reached: bool) -> None:
        """Print the failures and the summary."""
        self._write_end(ending, reached, self._stream.write)

    def _write_end(self, ending: Ending, reached: bool, write: Callable[[str], object]) -> None:
        if not reached:
            for line in failure_lines(ending):
                write(printable(line) + '\n')
        write(summary(ending) + '\n')
        self._stream.flush()

    def abort(self) -> None:
        """Do nothing: there is no drawing to remove."""


class QuietReporter(PlainReporter):
    """Prints nothing unless the wait misses its goal."""

    def update(self, progress: Progress, events: list[dict[str, Any]]) -> None:
        """Print nothing."""

    def end(self, ending: Ending, reached: bool) -> None:
        """Print the failures and the summary if the wait has not reached its goal."""
        if not reached:
            super().end(ending, reached)
