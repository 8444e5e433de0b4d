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

"""Commands that show the resources of a stack."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from heatconv.cli.commands.base import STACK, ListCommand, ShowCommand
from heatconv.cli.output.tables import cell, pick

LIST_COLUMNS = (
    'resource_name',
    'physical_resource_id',
    'resource_type',
    'resource_status',
    'updated_time',
)

SHOW_COLUMNS = (
    'resource_name',
    'resource_type',
    'physical_resource_id',
    'resource_status',
    'resource_status_reason',
    'creation_time',
    'updated_time',
    'description',
    'required_by',
    'attributes',
    'stack_name',
)


def resource_row(resource: Mapping[str, Any], columns: tuple[str, ...]) -> tuple[Any, ...]:
    """Return a resource as a row, with action and status joined."""
    status = f'{resource["resource_action"]}_{resource["resource_status"]}'
    return pick({**resource, 'resource_status': status}, columns)


class ResourceList(ListCommand):
    """List the resources of a stack."""

    stack_help = STACK
    examples = (
        'heatconv stack resource list demo\n'
        'heatconv stack resource list demo --nested-depth 2\n'
        'heatconv stack resource list demo --sort-column updated_time'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            '-n',
            '--nested-depth',
            metavar='DEPTH',
            type=int,
            default=0,
            help='Include resources of nested stacks, down to this number of levels.',
        )
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        """Return the resources."""
        with self.settled_session() as session:
            resources = session.call(
                'list_stack_resources',
                stack_identity=session.identify(args.stack),
                nested_depth=args.nested_depth,
            )
        columns = (*LIST_COLUMNS, 'stack_name') if args.nested_depth else LIST_COLUMNS
        return columns, [resource_row(resource, columns) for resource in resources]


class _OneResource(ShowCommand):
    """A command for one resource of a stack."""

    stack_help = STACK

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        parser.add_argument('resource', metavar='RESOURCE', help='Name of the resource.')
        return parser


class ResourceShow(_OneResource):
    """Show a resource of a stack."""

    examples = (
        'heatconv stack resource show demo server\n'
        'heatconv stack resource show demo server -f value -c physical_resource_id'
    )

    def take_action(self, args: argparse.Namespace) -> Any:
        """Return the resource."""
        with self.settled_session() as session:
            resource = session.call(
                'describe_stack_resource',
                stack_identity=session.identify(args.stack),
                resource_name=args.resource,
                with_attr=None,
            )
        return SHOW_COLUMNS, resource_row(resource, SHOW_COLUMNS)


class ResourceMetadata(_OneResource):
    """Show the metadata of a resource: for a server, also what is deployed on it."""

    examples = 'heatconv stack resource metadata demo server -f yaml'

    def take_action(self, args: argparse.Namespace) -> Any:
        """Return the metadata, each key as a field."""
        with self.session() as session:
            resource = session.call(
                'describe_stack_resource',
                stack_identity=session.identify(args.stack),
                resource_name=args.resource,
            )
        metadata = resource.get('metadata') or {}
        return tuple(metadata), tuple(map(cell, metadata.values()))
