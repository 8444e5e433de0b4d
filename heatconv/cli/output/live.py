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

"""Draw the progress of a stack on a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from heatconv.cli.output.wording import duration, failure_lines, members_line, summary
from heatconv.cli.waiting.progress import Ending, Members, Progress

STYLES = {'COMPLETE': 'green', 'FAILED': 'bold red', 'IN_PROGRESS': 'cyan'}

#: Largest numbers of rows for failed resources and for resources in progress: the drawing must be
#: shorter than the terminal.
FAILED_SHOWN = 4
UNDER_WAY_SHOWN = 6

#: In columns of the terminal.
BAR_WIDTH = 40


class LiveReporter:
    """Draws the stack, a progress bar, and the failed resources and those in progress.

    The summary replaces the drawing at the end.

    :param color: whether to use colours.
    :param clock: returns the monotonic time in seconds.
    """

    members_shown = UNDER_WAY_SHOWN

    def __init__(
        self, stream: TextIO, color: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console = Console(
            file=stream, no_color=not color, highlight=False, stderr=stream is None
        )
        self._clock = clock
        self._live: Live | None = None
        self._progress: Progress | None = None

    def begin(self, progress: Progress) -> None:
        """Start drawing."""
        self._progress = progress
        self._live = Live(
            console=self._console,
            get_renderable=self._draw,
            refresh_per_second=8,
            # The result is printed to stdout after the drawing, not through it.
            redirect_stdout=False,
            transient=True,
        )
        self._live.start()

    def update(self, progress: Progress, events: list[dict[str, Any]]) -> None:
        """Redraw; between two updates the drawing refreshes by itself, with the elapsed time."""
        if self._live:
            self._live.refresh()

    def end(self, ending: Ending, reached: bool) -> None:
        """Replace the drawing with the failures and the summary."""
        self.abort()
        style = 'green' if reached else 'bold red'
        if not reached:
            for line in failure_lines(ending):
                self._console.print(Text(line, style='red'), soft_wrap=True)
        head, _, tail = summary(ending).partition(' in ')
        self._console.print(Text(head, style=style) + Text(' in ' + tail), soft_wrap=True)

    def abort(self) -> None:
        """Remove the drawing."""
        if self._live:
            self._live.stop()
            self._live = None

    def _draw(self) -> Group:
        progress = self._progress
        if progress is None or not progress.action:
            return Group(Text('...'))
        # A copy: another thread draws while the polling thread changes the failures.
        failed = dict(progress.failures)
        in_progress = progress.under_way
        parts: list[Any] = [self._title(progress)]
        if progress.total:
            parts.append(self._bar(progress))
        if failed or in_progress:
            parts.append(self._table(failed, in_progress, dict(progress.members)))
        return Group(*parts)

    def _title(self, progress: Progress) -> Text:
        state = f'{progress.action}_{progress.status}'
        elapsed = duration(self._clock() - progress.started)
        return Text.from_markup(
            f'[bold]{escape(progress.stack_name)}[/bold] '
            f'[{STYLES.get(progress.status, "")}]{state}[/]  {elapsed}'
        )

    def _bar(self, progress: Progress) -> Table:
        done, total = progress.done, progress.total
        row = Table.grid(padding=(0, 2))
        style = 'red' if progress.failures else 'green'
        row.add_row(
            ProgressBar(
                total=total,
                completed=done,
                width=BAR_WIDTH,
                complete_style=style,
                finished_style=style,
            ),
            f'{done}/{total} resources',
        )
        return row

    def _table(
        self,
        failed: dict[str, str],
        in_progress: list[tuple[str, Any]],
        members: dict[str, Members],
    ) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, overflow='ellipsis')
        for name, reason in list(failed.items())[:FAILED_SHOWN]:
            first_line = (reason.splitlines() or [''])[0]
            table.add_row('  ' + name, Text('FAILED', STYLES['FAILED']), first_line)
        if len(failed) > FAILED_SHOWN:
            table.add_row('', f'and {len(failed) - FAILED_SHOWN} more failed', '')
        now = self._clock()
        for name, resource in in_progress[:UNDER_WAY_SHOWN]:
            state = Text(f'{resource.action}_{resource.status}', STYLES['IN_PROGRESS'])
            told = [duration(max(0.0, now - resource.since))]
            if name in members and members[name].action == resource.action:
                told.append(members_line(members[name]))
            table.add_row('  ' + name, state, '  '.join(told))
        if len(in_progress) > UNDER_WAY_SHOWN:
            table.add_row('', f'and {len(in_progress) - UNDER_WAY_SHOWN} more in progress', '')
        return table
