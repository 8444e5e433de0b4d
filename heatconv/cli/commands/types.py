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

"""Commands that show the resource types."""

from __future__ import annotations

import argparse
from typing import Any

from heatconv.cli.commands.base import ListCommand, ShowCommand
from heatconv.cli.output.tables import pick

LIST_COLUMNS = ('resource_type', 'description')
SHOW_COLUMNS = ('resource_type', 'description', 'properties', 'attributes')


class TypeList(ListCommand):
    """List the resource types that a template can use."""

    examples = 'heatconv resource type list'

    def take_action(self, args: argparse.Namespace) -> Any:
        """Return the resource types with their descriptions."""
        with self.session() as session:
            types = session.call('list_resource_types', with_description=True)
        return LIST_COLUMNS, [pick(one, LIST_COLUMNS) for one in types]


class TypeShow(ShowCommand):
    """Show the properties and attributes of a resource type."""

    examples = (
        'heatconv resource type show OS::Heat::RandomString\n'
        'heatconv resource type show OS::Heat::RandomString -f yaml -c properties'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        parser.add_argument('type', metavar='TYPE', help='Name of the resource type.')
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        """Return the resource type."""
        with self.session() as session:
            schema = session.call('resource_schema', type_name=args.type, with_description=True)
        return SHOW_COLUMNS, pick(schema, SHOW_COLUMNS)
