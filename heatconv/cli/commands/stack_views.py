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

"""Commands that show stacks and templates."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from heatconv.cli.commands.base import STACK, ListCommand, ShowCommand
from heatconv.cli.errors import CommandError, UsageError
from heatconv.cli.input import arguments
from heatconv.cli.input.arguments import positive
from heatconv.cli.input.inputs import read_inputs
from heatconv.cli.input.locations import shown
from heatconv.cli.output.reporters import is_terminal
from heatconv.cli.output.tables import cell, pick

#: Columns of the result of create and update.
RESULT_COLUMNS = (
    'id',
    'stack_name',
    'description',
    'creation_time',
    'updated_time',
    'stack_status',
    'stack_status_reason',
)

SHOW_COLUMNS = (
    *RESULT_COLUMNS,
    'deletion_time',
    'timeout_mins',
    'disable_rollback',
    'tags',
    'parameters',
    'outputs',
)

LIST_COLUMNS = ('id', 'stack_name', 'stack_status', 'creation_time', 'updated_time')

#: Keys for sorting, with the names of the columns, as in Heat.
SORT_KEYS = ('stack_name', 'stack_status', 'creation_time', 'updated_time')


def stack_row(stack: Mapping[str, Any], columns: Sequence[str]) -> tuple[Any, ...]:
    """Return a stack as a row, with action and status joined."""
    fields = {
        **stack,
        'id': stack['stack_identity']['stack_id'],
        'stack_status': f'{stack["stack_action"]}_{stack["stack_status"]}',
    }
    return pick(fields, columns)


def sort_key(text: str) -> tuple[str, str]:
    """Split ``key:direction`` into a sort key and a direction, which is ascending by default.

    :raises argparse.ArgumentTypeError: if the key or the direction is unknown.
    """
    key, _, direction = text.partition(':')
    if key not in SORT_KEYS:
        raise argparse.ArgumentTypeError(f'{key!r} is not one of {", ".join(SORT_KEYS)}')
    if direction not in ('', 'asc', 'desc'):
        raise argparse.ArgumentTypeError(f'{direction!r} is neither asc nor desc')
    return key, direction or 'asc'


class Show(ShowCommand):
    """Show a stack."""

    stack_help = STACK
    examples = 'heatconv stack show demo\nheatconv stack show demo -f value -c stack_status'

    def take_action(self, args: argparse.Namespace) -> Any:
        """Return the stack."""
        with self.settled_session() as session:
            identity = session.identify(args.stack)
            stack = session.call('show_stack', stack_identity=identity, resolve_outputs=True)[0]
        return SHOW_COLUMNS, stack_row(stack, SHOW_COLUMNS)


class List(ListCommand):
    """List the stacks of the project."""

    examples = (
        'heatconv stack list --sort creation_time:desc --limit 10\n'
        'heatconv stack list --property status=FAILED\n'
        'heatconv stack list -f value -c stack_name'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        parser.add_argument('--deleted', action='store_true', help='Also show deleted stacks.')
        parser.add_argument(
            '--nested', action='store_true', help='Also show stacks that are resources of others.'
        )
        parser.add_argument(
            '--property',
            metavar='KEY=VALUE',
            action='append',
            default=[],
            type=arguments.key_value,
            help='Show only stacks with this id, name, action or status. '
            'Can be repeated: values of the same key are alternatives.',
        )
        parser.add_argument(
            '--sort',
            metavar='KEY[:asc|desc]',
            type=sort_key,
            help='Sort by ' + ', '.join(SORT_KEYS) + '.',
        )
        parser.add_argument(
            '--limit', metavar='NUMBER', type=positive, help='Show at most this number of stacks.'
        )
        parser.add_argument(
            '--marker',
            metavar='ID',
            help='Show only stacks after the one with this id: the last of the previous page.',
        )
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        """Return the stacks."""
        filters: dict[str, list[str]] = {}
        for key, value in args.property:
            filters.setdefault(key, []).append(value)
        key, direction = args.sort or (None, None)
        with self.settled_session() as session:
            stacks = session.call(
                'list_stacks',
                limit=args.limit,
                marker=args.marker,
                sort_keys=[key] if key else None,
                sort_dir=direction,
                filters=filters or None,
                show_deleted=args.deleted,
                show_nested=args.nested,
            )
        columns = (*LIST_COLUMNS, 'deletion_time') if args.deleted else LIST_COLUMNS
        if not stacks and args.formatter == 'table' and is_terminal(self.app.stderr):
            message = 'No stack matches.' if filters or args.marker else 'There are no stacks.'
            self.notice(f'{message} To create one: heatconv stack create NAME -t FILE')
        return columns, [stack_row(stack, columns) for stack in stacks]


class TemplateShow(ShowCommand):
    """Show the template of a stack."""

    stack_help = STACK
    examples = 'heatconv stack template show demo > demo.yaml'

    @property
    def formatter_default(self) -> str:
        """Return YAML, the language of templates."""
        return 'yaml'

    def take_action(self, args: argparse.Namespace) -> Any:
        """Return the template."""
        with self.settled_session() as session:
            identity = session.identify(args.stack)
            template = session.call('get_template', stack_identity=identity)
        if template is None:
            raise CommandError(
                f'{args.stack} has no template: it is being deleted, or was deleted'
            )
        return tuple(template), tuple(cell(section) for section in template.values())


class Validate(ShowCommand):
    """Check a template and show its parameters."""

    examples = (
        'heatconv stack validate -t web.yaml\n'
        'heatconv stack validate -t web.yaml -e test.yaml -f json'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        arguments.add_input_options(parser)
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        """Return the description and the parameters of the template."""
        inputs = read_inputs(args, self.app.stdin, self.app.settings)
        with self.session() as session:
            validation = session.call(
                'validate_template',
                template=inputs.template,
                params=inputs.environment,
                files=inputs.files,
            )
        if 'Error' in validation:
            raise UsageError(str(validation['Error']), shown(args.template))
        return tuple(validation), tuple(cell(field) for field in validation.values())
