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

"""The commands ``help`` and ``complete``."""

from __future__ import annotations

import argparse

from cliff import complete
from cliff.command import Command

from heatconv.cli.application import Application
from heatconv.cli.help import print_command, print_overview


class Help(Command):
    """Show the help of a command."""

    app: Application

    def _load_hooks(self) -> None:
        self._hooks = []

    def get_epilog(self) -> str:
        """Return an empty text: there are no examples."""
        return ''

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser; its arguments are the words of a command or a group."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            'words',
            metavar='COMMAND',
            nargs='*',
            help='Name of a command or a group; none for an overview.',
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Print the help."""
        if parsed_args.words:
            print_command(self.app, parsed_args.words, self.app.stdout)
        else:
            print_overview(self.app, self.app.stdout)
        return 0


class Complete(complete.CompleteCommand):
    """Print the code for command completion in bash.

    To enable completion in the current shell: source <(heatconv complete)
    """

    def get_epilog(self) -> str:
        """Return an empty text: the description contains the example."""
        return ''

    def _load_hooks(self) -> None:
        self._hooks = []
