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

"""Commands that show the outputs of a stack."""

from __future__ import annotations

import argparse
from typing import Any

from heatconv.cli import errors
from heatconv.cli.commands.base import STACK, ListCommand, ShowCommand
from heatconv.cli.connection import Session
from heatconv.cli.errors import CommandError, UsageError
from heatconv.cli.output.tables import cell, pick

LIST_COLUMNS = ('output_key', 'description')
SHOW_COLUMNS = ('output_key', 'description', 'output_value')


def checked(output: dict[str, Any]) -> dict[str, Any]:
    """Return an output if it has a value.

    :raises CommandError: if the engine could not resolve the output.
    """
    if output.get('output_error'):
        raise CommandError(f'output {output["output_key"]}: {output["output_error"]}')
    return output


class OutputList(ListCommand):
    """List the outputs of a stack."""

    stack_help = STACK
    examples = 'heatconv stack output list demo'

    def take_action(self, args: argparse.Namespace) -> Any:
        """Return the outputs without their values."""
        with self.settled_session() as session:
            outputs = session.call('list_outputs', stack_identity=session.identify(args.stack))
        return LIST_COLUMNS, [pick(output, LIST_COLUMNS) for output in outputs]


class OutputShow(ShowCommand):
    """Show one output or all outputs of a stack."""

    stack_help = STACK
    examples = (
        'heatconv stack output show demo url -f value -c output_value\n'
        'heatconv stack output show demo --all -f json'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        parser.add_argument('output', metavar='OUTPUT', nargs='?', help='Name of the output.')
        parser.add_argument('--all', action='store_true', help='Show the values of all outputs.')
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        """Return one output, or all outputs as fields, each with its value."""
        if args.all == bool(args.output):
            raise UsageError('give either the name of one OUTPUT or --all')
        with self.settled_session() as session:
            identity = session.identify(args.stack)
            if args.all:
                return self._all_outputs(session, identity)
            output = session.call('show_output', stack_identity=identity, output_key=args.output)
        return SHOW_COLUMNS, pick(checked(output), SHOW_COLUMNS)

    def _all_outputs(self, session: Session, identity: dict[str, Any]) -> Any:
        stack = session.call('show_stack', stack_identity=identity, resolve_outputs=True)[0]
        outputs = stack.get('outputs') or []
        for output in outputs:
            if output.get('output_error'):
                self.exit_code = errors.FAILED
                self.app.stderr.write(f'output {output["output_key"]}: {output["output_error"]}\n')
        return (
            tuple(output['output_key'] for output in outputs),
            tuple(cell(output.get('output_value')) for output in outputs),
        )
