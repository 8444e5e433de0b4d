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

The formatters are those of cliff, with two changes: they are in a dictionary instead of entry
points, and nested values are JSON or YAML instead of Python's notation.
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
    """A nested value or null: YAML text in a table, the value itself in JSON and YAML output."""

    def human_readable(self) -> str:
        """Return the text for a table: YAML, or an empty string for null."""
        if self._value is None:
            return ''
        if not self._value:
            return json.dumps(self._value)
        import yaml

        text: str = yaml.safe_dump(self._value, sort_keys=False, allow_unicode=True, width=100)
        return text.rstrip('\n')


def cell(value: Any) -> Any:
    """Return a value as formatters accept it: dictionaries, lists and null are wrapped."""
    return Nested(value) if value is None or isinstance(value, dict | list) else value


def pick(source: Mapping[str, Any], columns: Iterable[str]) -> tuple[Any, ...]:
    """Return the values of some columns, ready for formatters."""
    return tuple(cell(source.get(column)) for column in columns)


def plain(value: Any) -> Any:
    """Return a value for shells: nested values, booleans and null as JSON, others unchanged."""
    if isinstance(value, FormattableColumn):
        value = value.machine_readable()
    if value is None or isinstance(value, bool | dict | list):
        return json.dumps(value, ensure_ascii=False)
    return value


class PlainTable(TableFormatter):
    """Table formatter that by default prints nothing for an empty table, not an empty line."""

    def emit_list(
        self,
        column_names: Sequence[str],
        data: Iterable[Sequence[Any]],
        stdout: TextIO,
        parsed_args: argparse.Namespace,
    ) -> None:
        """Print a table."""
        rows = [[_escape(value) for value in row] for row in data]
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
        super().emit_one(column_names, [_escape(value) for value in data], stdout, parsed_args)


def _escape(value: Any) -> Any:
    """Escape the control characters of a string; return other values unchanged."""
    return printable(value) if isinstance(value, str) else value


class PlainValue(ValueFormatter):
    """Formatter that prints only values, for shells."""

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
    """Formatter for comma-separated values, of one object as well."""

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
        """Print a header and one line; cliff supports only lists."""
        self.emit_list(column_names, [data], stdout, parsed_args)


class OrderedYaml(YAMLFormatter):
    """YAML formatter that keeps the order of keys, for example that of a template."""

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
    """A formatter with the interface of a stevedore extension, as cliff expects it."""

    def __init__(self, name: str, obj: Formatter) -> None:
        self.name = name
        self.obj = obj


class Formatters:
    """The formatters with the interface of a stevedore extension manager.

    Unlike the manager it does not search installed packages.

    :param classes: the class of each formatter by its name.
    """

    def __init__(self, classes: Mapping[str, Callable[[], Formatter]]) -> None:
        self._plugins = {name: Plugin(name, create()) for name, create in classes.items()}

    def names(self) -> list[str]:
        """Return the names of the formatters."""
        return list(self._plugins)

    def __iter__(self) -> Iterator[Plugin]:
        return iter(self._plugins.values())

    def __getitem__(self, name: str) -> Plugin:
        return self._plugins[name]


#: All formatters by the name for the option ``-f``.
BY_NAME = {
    'csv': PlainCsv,
    'json': JSONFormatter,
    'table': PlainTable,
    'value': PlainValue,
    'yaml': OrderedYaml,
}
