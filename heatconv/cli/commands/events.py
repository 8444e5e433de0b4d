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
from heatconv.cli.commands.base import ListCommand
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

    examples = (
        'heatconv stack event list demo --resource server\nheatconv stack event list demo --follow'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        parser.add_argument('stack', metavar='STACK', help='Name or id of the stack.')
        parser.add_argument('--resource', metavar='NAME', help='Only events of this resource.')
        parser.add_argument(
            '--limit', metavar='NUMBER', type=positive, help='Show so many events at most.'
        )
        parser.add_argument(
            '--marker', metavar='ID', help='Go on after this event, as the last page ended with.'
        )
        parser.add_argument(
            '--follow',
            action='store_true',
            help='Print events as they happen, as lines or (-f json) an object on each line, '
            'until Ctrl-C; without a server, until the stack is at rest.',
        )
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        """List the events, or follow them."""
        if not parsed_args.follow:
            return super().run(parsed_args)
        if parsed_args.formatter not in ('table', 'json'):
            raise errors.UsageError('--follow prints lines, or JSON with -f json')
        if parsed_args.limit is not None:
            raise errors.UsageError('--follow has no end that --limit could set')
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
                sort_dir=None,
            )
        return COLUMNS, [pick(event_row(event), COLUMNS) for event in events]

    def _filters(self, args: argparse.Namespace) -> dict[str, Any] | None:
        return {'resource_name': args.resource} if args.resource else None

    def _follow(self, session: Session, args: argparse.Namespace) -> None:
        identity = session.identify(args.stack)
        marker = args.marker
        # A deleted stack has no further events.
        with contextlib.suppress(_Gone):
            while True:
                rest = self._at_rest(session, identity)
                events = events_after(session, identity, marker, self._filters(args))
                for event in events:
                    self._print(event, args)
                    marker = event_id(event)
                if rest and session.embedded:
                    break
                self.app.sleep(POLL_EMBEDDED if session.embedded else POLL_REMOTE_MAX)
        self.settle(session, besides=(identity['stack_name'],))

    def _at_rest(self, session: Session, identity: dict[str, Any]) -> bool:
        try:
            stack = session.call('show_stack', stack_identity=identity, resolve_outputs=False)[0]
        except Exception as error:
            if errors.is_missing(error):
                raise _Gone from None
            raise
        return bool(stack['stack_status'] != 'IN_PROGRESS')

    def _print(self, event: dict[str, Any], args: argparse.Namespace) -> None:
        if args.formatter == 'json':
            line = json.dumps(event_row(event))
        else:
            line = event_line(event)
        self.app.stdout.write(line + '\n')
        # A reader follows, maybe through a pipe.
        self.app.stdout.flush()


class _Gone(Exception):
    """The stack does not exist any more."""
