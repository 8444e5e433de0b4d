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

"""The command that lists or follows the events of a stack."""

from __future__ import annotations

import argparse
import contextlib
import json
from typing import Any

from heatconv.cli import errors
from heatconv.cli.commands.base import STACK, ListCommand
from heatconv.cli.connection import Session
from heatconv.cli.input.arguments import positive
from heatconv.cli.output.tables import pick
from heatconv.cli.output.wording import event_line
from heatconv.cli.waiting.follower import POLL_EMBEDDED, POLL_REMOTE_MAX, event_id, events_after

COLUMNS = ('event_time', 'resource_name', 'resource_status', 'resource_status_reason', 'id')


def event_row(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event as a row, with action and status joined."""
    return {
        **{column: event.get(column) for column in COLUMNS},
        'resource_status': f'{event["resource_action"]}_{event["resource_status"]}',
        'id': event_id(event),
    }


class EventList(ListCommand):
    """List the events of a stack, oldest first."""

    stack_help = STACK
    examples = (
        'heatconv stack event list demo --resource server\n'
        'heatconv stack event list demo --nested-depth 2\n'
        'heatconv stack event list demo --follow'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            '--resource', metavar='NAME', help='Show only events of this resource.'
        )
        parser.add_argument(
            '--limit', metavar='NUMBER', type=positive, help='Show at most this number of events.'
        )
        parser.add_argument(
            '--marker',
            metavar='ID',
            help='Show only events after the one with this id: the last of the previous page.',
        )
        parser.add_argument(
            '-n',
            '--nested-depth',
            metavar='DEPTH',
            type=int,
            default=0,
            help='Include events of nested stacks, down to this number of levels.',
        )
        parser.add_argument(
            '--follow',
            action='store_true',
            help='Print each event as it occurs, as a line of text or (-f json) of JSON, until '
            'Ctrl-C; without a server, until no action is in progress.',
        )
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        """List the existing events, or print events as they occur; return the exit code."""
        if not parsed_args.follow:
            return super().run(parsed_args)
        if parsed_args.formatter not in ('table', 'json'):
            raise errors.UsageError('--follow prints only lines of text, or of JSON with -f json')
        if parsed_args.limit is not None:
            raise errors.UsageError('--limit cannot be combined with --follow')
        if parsed_args.nested_depth:
            raise errors.UsageError('--nested-depth cannot be combined with --follow')
        with self.session() as session:
            self._follow(session, parsed_args)
        return 0

    def take_action(self, args: argparse.Namespace) -> Any:
        """Return the events."""
        with self.settled_session() as session:
            events = session.call(
                'list_events',
                stack_identity=session.identify(args.stack),
                filters=self._filters(args),
                limit=args.limit,
                marker=args.marker,
                sort_keys=None,
                sort_dir='asc',
                **({'nested_depth': args.nested_depth} if args.nested_depth else {}),
            )
        columns = (*COLUMNS, 'stack_name') if args.nested_depth else COLUMNS
        return columns, [pick({**event, **event_row(event)}, columns) for event in events]

    def _filters(self, args: argparse.Namespace) -> dict[str, Any] | None:
        return {'resource_name': args.resource} if args.resource else None

    def _follow(self, session: Session, args: argparse.Namespace) -> None:
        identity = session.identify(args.stack)
        marker = args.marker
        # A stack that is deleted during the wait has no further events.
        with contextlib.suppress(_StackGone):
            while True:
                # The status is read before the events: then all events up to this status exist.
                finished = self._is_finished(session, identity)
                events = events_after(session, identity, marker, self._filters(args))
                for event in events:
                    self._print(event, args)
                    marker = event_id(event)
                if finished and session.embedded:
                    break
                self.app.sleep(POLL_EMBEDDED if session.embedded else POLL_REMOTE_MAX)
        self.settle(session, besides=(identity['stack_name'],))

    def _is_finished(self, session: Session, identity: dict[str, Any]) -> bool:
        """Say whether no action of a stack is in progress.

        :raises _StackGone: if the stack does not exist any more.
        """
        try:
            stack = session.call('show_stack', stack_identity=identity, resolve_outputs=False)[0]
        except Exception as error:
            if errors.is_missing(error):
                raise _StackGone from None
            raise
        return bool(stack['stack_status'] != 'IN_PROGRESS')

    def _print(self, event: dict[str, Any], args: argparse.Namespace) -> None:
        if args.formatter == 'json':
            line = json.dumps(event_row(event))
        else:
            line = event_line(event)
        self.app.stdout.write(line + '\n')
        # A program may read the events from a pipe as they occur.
        self.app.stdout.flush()


class _StackGone(Exception):
    """The stack does not exist any more."""
