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

"""Commands that export stacks, and create, list, delete and restore snapshots."""

from __future__ import annotations

import argparse
import json
from typing import Any

from heatconv.cli.commands.base import STACK, ListCommand, ShowCommand, StackCommand
from heatconv.cli.commands.stack_actions import WAIT_HELP, Action
from heatconv.cli.output.tables import pick
from heatconv.cli.waiting.follower import newest_event
from heatconv.cli.waiting.progress import Goal

COLUMNS = ('id', 'name', 'status', 'creation_time')


class Export(StackCommand):
    """Export a stack as JSON: template, environment, files and resources.

    The values of hidden parameters are omitted.
    """

    stack_help = STACK
    examples = 'heatconv stack export demo > demo.json'

    def take_action(self, args: argparse.Namespace) -> int:
        """Print the export."""
        with self.settled_session() as session:
            export = session.call('export_stack', stack_identity=session.identify(args.stack))
        self.app.stdout.write(json.dumps(export, indent=2) + '\n')
        return 0


class SnapshotCreate(ShowCommand):
    """Create a snapshot of a stack."""

    stack_help = STACK
    examples = 'heatconv stack snapshot create demo --name before'

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        parser.add_argument('--name', metavar='NAME', help='Name of the snapshot.')
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        """Create the snapshot and return it."""
        with self.settled_session() as session:
            identity = session.identify(args.stack)
            snapshot = session.call('stack_snapshot', stack_identity=identity, name=args.name)
        return COLUMNS, pick(snapshot, COLUMNS)


class SnapshotList(ListCommand):
    """List the snapshots of a stack."""

    stack_help = STACK
    examples = 'heatconv stack snapshot list demo'

    def take_action(self, args: argparse.Namespace) -> Any:
        """Return the snapshots."""
        with self.settled_session() as session:
            identity = session.identify(args.stack)
            snapshots = session.call('stack_list_snapshots', stack_identity=identity)
        return COLUMNS, [pick(snapshot, COLUMNS) for snapshot in snapshots]


def _add_snapshot(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('snapshot', metavar='SNAPSHOT', help='Id of the snapshot.')


class SnapshotDelete(StackCommand):
    """Delete a snapshot."""

    stack_help = STACK
    examples = 'heatconv stack snapshot delete demo 01938d2c-...'

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        _add_snapshot(parser)
        return parser

    def take_action(self, args: argparse.Namespace) -> int:
        """Delete the snapshot."""
        with self.settled_session() as session:
            session.call(
                'delete_snapshot',
                stack_identity=session.identify(args.stack),
                snapshot_id=args.snapshot,
            )
        return 0


class SnapshotRestore(Action):
    """Restore a stack from a snapshot.

    The stack is updated to the template, the parameters and the files in the snapshot.
    """

    stack_help = STACK
    examples = 'heatconv stack snapshot restore demo 01938d2c-...'

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        _add_snapshot(parser)
        parser.add_argument('--wait', action='store_true', help=WAIT_HELP)
        return parser

    def take_action(self, args: argparse.Namespace) -> int:
        """Restore the stack, and wait for it."""
        with self.session() as session:
            identity = session.identify(args.stack)
            marker = newest_event(session, identity)
            session.call('stack_restore', stack_identity=identity, snapshot_id=args.snapshot)
            self.finish(session, identity, Goal(('RESTORE',)), args.wait, marker)
        return 0
