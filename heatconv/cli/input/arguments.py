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

"""Read the templates, environments and parameters that the command line names."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any, TextIO

from heatconv.cli.errors import UsageError
from heatconv.cli.input.template_files import BYTES_MAX, STDIN, directory_of, renamed_registry

ENVIRONMENT_SECTIONS = (
    'parameters',
    'parameter_defaults',
    'resource_registry',
    'encrypted_param_names',
    'event_sinks',
    'parameter_merge_strategies',
)


def add_input_options(parser: argparse.ArgumentParser, template_required: bool = True) -> None:
    """Add the options for templates, environments and parameters."""
    parser.add_argument(
        '-t',
        '--template',
        metavar='FILE',
        required=template_required,
        help='Template file, in HOT; - reads the template from stdin.',
    )
    parser.add_argument(
        '-e',
        '--environment',
        metavar='FILE',
        action='append',
        default=[],
        help='Environment file; - reads it from stdin. Can be repeated; later files take '
        'precedence.',
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


def name_of(path: str) -> str:
    """Return the name of a file for messages: its path, or stdin."""
    return 'stdin' if path == STDIN else path


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


def read_template(path: str, stdin: TextIO) -> dict[str, Any]:
    """Read a template.

    :param path: the file; ``-`` for stdin.
    :raises UsageError: if the file cannot be read, or is not a template.
    """
    template = _read_mapping(path, stdin, 'template')
    if not template:
        raise UsageError(
            'the template is empty',
            name_of(path),
            'A template needs at least: heat_template_version: 2021-04-16',
        )
    return template


def read_environment(
    paths: Iterable[str],
    parameters: Iterable[tuple[str, str]],
    stdin: TextIO,
    template: str | None = None,
) -> dict[str, Any]:
    """Return one environment, merged from files and single parameters.

    :param paths: environment files; later ones take precedence.
    :param parameters: pairs of name and value, which take precedence over the files.
    :param template: path of the template. The names of files in the environment are made relative
        to it.
    :raises UsageError: if a file cannot be read, or is not an environment.
    """
    merged: dict[str, Any] = {'parameters': {}, 'parameter_defaults': {}}
    for path in paths:
        for section, content in _read_mapping(path, stdin, 'environment').items():
            if section not in ENVIRONMENT_SECTIONS:
                raise UsageError(
                    f'{section!r} is not a section of an environment',
                    name_of(path),
                    'The sections are: ' + ', '.join(ENVIRONMENT_SECTIONS),
                )
            if section == 'parameter_merge_strategies' and content:
                raise UsageError(
                    'merge strategies are supported only by the openstack client',
                    name_of(path),
                    'Remove parameter_merge_strategies, or use: openstack stack',
                )
            if section == 'resource_registry':
                content = renamed_registry(content, path, directory_of(template))
            _merge(merged, section, content, path)
    merged['parameters'].update(parameters)
    return merged


def _merge(merged: dict[str, Any], section: str, content: Any, path: str) -> None:
    if content is None:
        return
    earlier = merged.get(section)
    if section in ('parameters', 'parameter_defaults') and not isinstance(content, dict):
        raise UsageError(f'{section} must map names to values', name_of(path))
    if isinstance(earlier, dict) and isinstance(content, dict):
        merged[section] = {**earlier, **content}
        resource_entries = [
            registry['resources'] for registry in (earlier, content) if registry.get('resources')
        ]
        if section == 'resource_registry' and len(resource_entries) > 1:
            merged[section]['resources'] = {**resource_entries[0], **resource_entries[1]}
    else:
        merged[section] = content


def _read_mapping(path: str, stdin: TextIO, kind: str) -> dict[str, Any]:
    from heatconv.hot import source
    from heatconv.hot.errors import TemplateError

    content = _read(path, stdin, kind)
    try:
        return source.parse(content, BYTES_MAX, kind)
    except TemplateError as error:
        raise UsageError(error.message, name_of(path), error.remedy or None) from None


def _read(path: str, stdin: TextIO, kind: str) -> str | bytes:
    if path == STDIN:
        # Bytes, because a text stream derives the encoding from the locale.
        binary = getattr(stdin, 'buffer', None)
        return binary.read() if binary else stdin.read()
    try:
        with open(path, 'rb') as file:
            return file.read()
    except OSError as error:
        raise UsageError(f'cannot read the {kind}: {error.strerror}', name_of(path)) from None
