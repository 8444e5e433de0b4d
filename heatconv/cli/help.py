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

"""Help texts: of the application, of groups of commands, and of single commands.

The overview and the suggestions need only the table of commands, and import no command.
"""

from __future__ import annotations

import argparse
import difflib
from typing import TextIO

import autopage.argparse
from cliff._argparse import SmartHelpFormatter

from heatconv.cli.application import Application
from heatconv.cli.commands.registry import ENTRIES
from heatconv.cli.errors import UsageError

EXAMPLES = """\
Examples:
  heatconv template validate -t web.yaml
  heatconv stack create demo -t web.yaml --parameter size=2
  heatconv stack list
  heatconv stack show demo
  heatconv stack output show demo url -f value -c output_value
  heatconv stack delete demo

Every command has help, for example: heatconv stack create --help
"""


class HelpFormatter(SmartHelpFormatter):
    """Help formatter that keeps the line breaks of descriptions and epilogs.

    Epilogs contain the examples, one on each line.
    """

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return ''.join(indent + line for line in text.splitlines(keepends=True))


def shorten(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Shorten the usage line of a parser to its arguments and required options; return the parser.

    The help lists all options below the usage line.
    """
    arguments = []
    for action in parser._actions:
        if not action.option_strings:
            name = str(action.metavar or action.dest)
            notations = {'?': f'[{name}]', '*': f'[{name} ...]', '+': f'{name} [{name} ...]'}
            arguments.append(notations.get(str(action.nargs), name))
        elif action.required:
            arguments.append(f'{action.option_strings[0]} {action.metavar}')
    parser.usage = ' '.join([parser.prog, *arguments, '[options]'])
    return parser


def print_overview(app: Application, stream: TextIO, prefix: str = '') -> None:
    """Print the global options and all commands, or the commands of a group.

    :param prefix: the words that all commands of the group begin with, for example 'stack event'.
    """
    entries = [entry for entry in ENTRIES if not prefix or entry.name.startswith(prefix + ' ')]
    width = max(len(entry.name) for entry in entries)
    with autopage.argparse.help_pager(stream) as out:
        if not prefix:
            autopage.argparse.use_color_for_parser(app.parser, _colored(app, out))
            app.parser.print_help(out)
            out.write('\n')
        out.write('Commands:\n')
        for entry in entries:
            out.write(f'  {entry.name:<{width}}  {entry.summary.rstrip(".")}\n')
        if not prefix:
            out.write('\n' + EXAMPLES)


def print_command(app: Application, words: list[str], stream: TextIO) -> None:
    """Print the help of a command, or of a group of commands.

    :param words: the name of the command or the group.
    :raises UsageError: if there is no command or group with this name.
    """
    find = app.command_manager.find_command
    try:
        command_class, name, _ = find(words)
    except ValueError:
        group = ' '.join(plain_words(words))
        if any(entry.name.startswith(group + ' ') for entry in ENTRIES):
            print_overview(app, stream, group)
            return
        raise unknown(words) from None
    command = command_class(app, app.options, cmd_name=name)
    parser = shorten(command.get_parser(f'{app.NAME} {name}'))
    with autopage.argparse.help_pager(stream) as out:
        autopage.argparse.use_color_for_parser(parser, _colored(app, out))
        parser.print_help(out)


def _colored(app: Application, out: TextIO) -> bool:
    return app.settings.color and out.isatty()


def plain_words(words: list[str]) -> list[str]:
    """Return the words before the first option."""
    plain = []
    for word in words:
        if word.startswith('-'):
            break
        plain.append(word)
    return plain


def unknown(words: list[str]) -> UsageError:
    """Return the error for words that name no command, with suggestions."""
    plain = plain_words(words)
    if not plain:
        return UsageError(
            f'unknown option {words[0]}',
            remedy='Options of a command follow its name. See: heatconv --help',
        )
    names = [entry.name for entry in ENTRIES]
    for count in range(len(plain), 0, -1):
        typed = ' '.join(plain[:count])
        group = [name for name in names if name.startswith(typed + ' ')]
        if group and count == len(plain):
            return UsageError(
                f"'{typed}' is not a complete command",
                remedy='It continues with: ' + ', '.join(_without_prefix(group, typed)),
            )
    # Words after the name of a command may be its arguments: try to match fewer and fewer words.
    for count in range(min(3, len(plain)), 0, -1):
        suggestions = difflib.get_close_matches(' '.join(plain[:count]), names, n=3, cutoff=0.75)
        if suggestions:
            break
    else:
        suggestions = [name for name in names if name.startswith(plain[0] + ' ')]
    typed = ' '.join(plain[:3])
    remedy = f'Did you mean: {", ".join(suggestions)}?' if suggestions else 'See: heatconv --help'
    return UsageError(f"'{typed}' is not a command", remedy=remedy)


def _without_prefix(names: list[str], prefix: str) -> list[str]:
    return [name[len(prefix) + 1 :] for name in names]
