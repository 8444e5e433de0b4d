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

"""Tables and other output formats for results on stdout.

These are cliff's formatters, in a table instead of entry points, and with nested values as JSON or
YAML instead of Python's notation.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TextIO

from cliff.columns import FormattableColumn
from cliff.formatters.base import Formatter, SingleFormatter
from cliff.formatters.commaseparated import CSVLister
from cliff.formatters.json_format import JSONFormatter
from cliff.formatters.table import TableFormatter
from cliff.formatters.value import ValueFormatter
from cliff.formatters.yaml_format import YAMLFormatter

from heatconv.cli.output.text import printable


class Nested(FormattableColumn[Any]):
    """A nested value or null: YAML in a table, itself in JSON."""

    def human_readable(self) -> str:
        """Return the text for a table."""
        if self._value is None:
            return ''
        if not self._value:
            return json.dumps(self._value)
        import yaml

        text: str = yaml.safe_dump(self._value, sort_keys=False, allow_unicode=True, width=100)
        return text.rstrip('\n')


def cell(value: Any) -> Any:
    """Return a value in the form that formatters need."""
    return Nested(value) if value is None or isinstance(value, dict | list) else value


def pick(source: Mapping[str, Any], columns: Iterable[str]) -> tuple[Any, ...]:
    """Return the values of some columns."""
    return tuple(cell(source.get(column)) for column in columns)


def plain(value: Any) -> Any:
    """Return a value as text for shells: JSON, unless it is a string."""
    if isinstance(value, FormattableColumn):
        value = value.machine_readable()
    if value is None or isinstance(value, bool | dict | list):
        return json.dumps(value, ensure_ascii=False)
    return value


class PlainTable(TableFormatter):
    """cliff's table, without an empty line for an empty table."""

    def emit_list(
        self,
        column_names: Sequence[str],
        data: Iterable[Sequence[Any]],
        stdout: TextIO,
        parsed_args: argparse.Namespace,
    ) -> None:
        """Print a table."""
        rows = [[_shown(value) for value in row] for row in data]
        if rows or parsed_args.print_empty:
            super().emit_list(column_names, rows, stdout, parsed_args)

    def emit_one(
        self,
        column_names: Sequence[str],
        data: Sequence[Any],
        stdout: TextIO,
        parsed_args: argparse.Namespace,
    ) -> None:
        """Print a table of one object."""
        super().emit_one(column_names, [_shown(value) for value in data], stdout, parsed_args)


def _shown(value: Any) -> Any:
    return printable(value) if isinstance(value, str) else value


class PlainValue(ValueFormatter):
    """Values only."""

    def emit_list(
        self,
        column_names: Sequence[str],
        data: Iterable[Sequence[Any]],
        stdout: TextIO,
        parsed_args: argparse.Namespace,
    ) -> None:
        """Print a line for each row."""
        super().emit_list(column_names, _plain_rows(data), stdout, parsed_args)

    def emit_one(
        self,
        column_names: Sequence[str],
        data: Sequence[Any],
        stdout: TextIO,
        parsed_args: argparse.Namespace,
    ) -> None:
        """Print a line for each value."""
        super().emit_one(column_names, [plain(value) for value in data], stdout, parsed_args)


class PlainCsv(CSVLister, SingleFormatter):
    """Comma-separated values."""

    def emit_list(
        self,
        column_names: Sequence[str],
        data: Iterable[Sequence[Any]],
        stdout: TextIO,
        parsed_args: argparse.Namespace,
    ) -> None:
        """Print a header and a line for each row."""
        super().emit_list(column_names, _plain_rows(data), stdout, parsed_args)

    def emit_one(
        self,
        column_names: Sequence[str],
        data: Sequence[Any],
        stdout: TextIO,
        parsed_args: argparse.Namespace,
    ) -> None:
        """Print a header and one line, which cliff does not support."""
        self.emit_list(column_names, [data], stdout, parsed_args)


class OrderedYaml(YAMLFormatter):
    """YAML in the order of the user."""

    def emit_one(
        self,
        column_names: Sequence[str],
        data: Sequence[Any],
        stdout: TextIO,
        parsed_args: argparse.Namespace,
    ) -> None:
        """Print one mapping."""
        _dump_yaml(_mapping(column_names, data), stdout)

    def emit_list(
        self,
        column_names: Sequence[str],
        data: Iterable[Sequence[Any]],
        stdout: TextIO,
        parsed_args: argparse.Namespace,
    ) -> None:
        """Print a list of mappings."""
        _dump_yaml([_mapping(column_names, row) for row in data], stdout)


def _plain_rows(data: Iterable[Sequence[Any]]) -> list[list[Any]]:
    return [[plain(value) for value in row] for row in data]


def _mapping(names: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    return {
        name: value.machine_readable() if isinstance(value, FormattableColumn) else value
        for name, value in zip(names, row, strict=True)
    }


def _dump_yaml(content: Any, stdout: TextIO) -> None:
    import yaml

    yaml.safe_dump(content, stdout, sort_keys=False, default_flow_style=False, allow_unicode=True)


class Plugin:
    """Has the interface of a stevedore extension."""

    def __init__(self, name: str, obj: Formatter) -> None:
        self.name = name
        self.obj = obj


class Formatters:
    """Has the interface of a stevedore extension manager, without any search."""

    def __init__(self, classes: Mapping[str, Callable[[], Formatter]]) -> None:
        self._plugins = {name: Plugin(name, make()) for name, make in classes.items()}

    def names(self) -> list[str]:
        """Return the names of the formatters."""
        return list(self._plugins)

    def __iter__(self) -> Iterator[Plugin]:
        return iter(self._plugins.values())

    def __getitem__(self, name: str) -> Plugin:
        return self._plugins[name]


BY_NAME = {
    'csv': PlainCsv,
    'json': JSONFormatter,
    'table': PlainTable,
    'value': PlainValue,
    'yaml': OrderedYaml,
}
