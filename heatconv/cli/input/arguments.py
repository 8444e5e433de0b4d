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

"""The options for templates, environments and parameters."""

from __future__ import annotations

import argparse

from heatconv.cli.errors import UsageError
from heatconv.cli.input.fetch_options import MAX_BYTES, TIMEOUT, TOTAL_FACTOR
from heatconv.cli.input.locations import STDIN


def add_input_options(parser: argparse.ArgumentParser, template_required: bool = True) -> None:
    """Add the options for templates, environments and parameters."""
    parser.add_argument(
        '-t',
        '--template',
        metavar='FILE',
        required=template_required,
        help='Template, in HOT: a file or a URL; - reads the template from stdin.',
    )
    parser.add_argument(
        '-e',
        '--environment',
        metavar='FILE',
        action='append',
        default=[],
        help='Environment: a file or a URL; - reads it from stdin. Can be repeated; later ones '
        'take precedence.',
    )
    parser.add_argument(
        '--parameter',
        metavar='KEY=VALUE',
        action='append',
        default=[],
        type=key_value,
        help='Value of a template parameter; takes precedence over environment files. '
        'Can be repeated.',
    )
    parser.add_argument(
        '--refuse-repeated-keys',
        action='store_true',
        help='Refuse a file with a key that occurs twice in a map. By default the last value '
        'counts, as in Heat, and a warning names both lines.',
    )
    _add_fetch_options(parser)


def _add_fetch_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        'files by URL',
        'FILE, and the names in it, can be http and https URLs. A fetched file names further\n'
        'files by URL or relative to its own URL, on the same host, and never local files.',
    )
    group.add_argument(
        '--allow-other-hosts',
        action='store_true',
        help='Follow redirects to other hosts, and fetch what fetched files name on other hosts. '
        'Use it only if you trust the files: they can make this machine request any URL that it '
        'can reach.',
    )
    group.add_argument(
        '--fetch-limit',
        metavar='BYTES',
        type=positive,
        help=f'Size limit of a fetched file; all together may have {TOTAL_FACTOR} times as '
        f'many bytes (default: max_template_size of --config-file, or {MAX_BYTES}).',
    )
    group.add_argument(
        '--fetch-timeout',
        metavar='SECONDS',
        type=positive,
        default=TIMEOUT,
        help=f'Timeout of each file (default: {TIMEOUT}).',
    )


def positive(text: str) -> int:
    """Parse a positive integer.

    :raises ValueError: if the text is not an integer.
    :raises argparse.ArgumentTypeError: if the number is not positive.
    """
    number = int(text)
    if number <= 0:
        raise argparse.ArgumentTypeError(f'must be greater than 0, not {text}')
    return number


def key_value(text: str) -> tuple[str, str]:
    """Split ``key=value`` into key and value.

    :raises argparse.ArgumentTypeError: if the text has another form.
    """
    key, equals, value = text.partition('=')
    if not equals or not key:
        raise argparse.ArgumentTypeError(f'expected KEY=VALUE, not {text!r}')
    return key, value


def check_stdin(args: argparse.Namespace) -> None:
    """Check that at most one file is read from stdin.

    :raises UsageError: if several are.
    """
    if [args.template, *args.environment].count(STDIN) > 1:
        raise UsageError('only one of the files of -t and -e can be - (stdin)')
