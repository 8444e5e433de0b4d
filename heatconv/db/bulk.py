"""Read, insert and update many rows by one statement each, past SQLAlchemy's compiler.

The rows of a statement are one parameter: a JSON array, which PostgreSQL and MariaDB turn into a
table. So the text of a statement does not depend on the number of rows, and the cost of a list of
a thousand parameters is avoided on both sides. SQLite runs in this process and receives the rows
one by one.

Measured for an update of ten resource rows on PostgreSQL: 23 microseconds of CPU per row here and
62 there, against 164 and 190 with an upsert of SQLAlchemy.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql

from heatconv.db.driver import Answer, DriverConnection

#: Largest number of rows of one statement, so that servers accept it.
ROWS = 1_000

#: Keys of the columns in the JSON: short, because each row repeats them.
LETTERS = tuple('abcdefghijklmnopqrstuvwxyz')

encode = json.JSONEncoder(separators=(',', ':'), check_circular=False).encode


@functools.cache
def _type(table: sa.Table, column: str, dialect: str) -> str:
    kind: Any = mysql if dialect == 'mysql' else postgresql
    type_text = table.c[column].type.compile(dialect=kind.dialect())
    if dialect == 'mysql' and type_text == 'BOOL':
        return 'TINYINT'
    return str(type_text)


@functools.cache
def _rows_from(table: sa.Table, columns: tuple[str, ...], dialect: str) -> str:
    """Return the table expression of a JSON parameter."""
    named = list(zip(LETTERS, columns, strict=False))
    assert len(named) == len(columns)
    if dialect == 'mysql':
        parts = (
            f'{short} {_type(table, name, dialect)} PATH "$.{short}"' for short, name in named
        )
        return f'JSON_TABLE(%s, "$[*]" COLUMNS ({", ".join(parts)})) v'
    parts = (f'{short} {_type(table, name, dialect)}' for short, name in named)
    return f'json_to_recordset(%s) AS v({", ".join(parts)})'


@functools.cache
def _insert(table: sa.Table, columns: tuple[str, ...], dialect: str, ignore: bool) -> str:
    names = ', '.join(columns)
    if dialect == 'sqlite':
        marks = ', '.join('?' * len(columns))
        return (
            f'INSERT {"OR IGNORE " if ignore else ""}INTO {table.name} ({names}) VALUES ({marks})'
        )
    shorts = ', '.join(f'v.{short}' for short in LETTERS[: len(columns)])
    source = _rows_from(table, columns, dialect)
    if dialect == 'mysql':
        return (
            f'INSERT {"IGNORE " if ignore else ""}INTO {table.name} ({names}) '
            f'SELECT {shorts} FROM {source}'
        )
    end = ' ON CONFLICT DO NOTHING' if ignore else ''
    return f'INSERT INTO {table.name} ({names}) SELECT {shorts} FROM {source}{end}'


@functools.cache
def _update(table: sa.Table, columns: tuple[str, ...], dialect: str) -> str:
    key, *changed = columns
    if dialect == 'sqlite':
        sets = ', '.join(f'{column} = ?' for column in changed)
        return f'UPDATE {table.name} SET {sets} WHERE {key} = ?'
    source = _rows_from(table, columns, dialect)
    if dialect == 'mysql':
        sets = ', '.join(
            f't.{column} = v.{short}' for short, column in zip(LETTERS[1:], changed, strict=False)
        )
        return f'UPDATE {source} STRAIGHT_JOIN {table.name} t ON t.{key} = v.a SET {sets}'
    sets = ', '.join(
        f'{column} = v.{short}' for short, column in zip(LETTERS[1:], changed, strict=False)
    )
    return f'UPDATE {table.name} t SET {sets} FROM {source} WHERE t.{key} = v.a'


@functools.cache
def guarded_update(table: sa.Table, columns: tuple[str, ...], guard: str) -> str:
    """Return an update for PostgreSQL that fails unless it finds the given number of rows.

    :param columns: the key, the guarded column, and the columns to overwrite; the old value of the
        guarded column is ``v.b``, and its new value is written as well.
    :param guard: the condition on the present row ``t``.
    """
    key = columns[0]
    named = list(zip(LETTERS, columns, strict=False))
    assert len(named) == len(columns)
    parts = ', '.join(f'{short} {_type(table, name, "postgresql")}' for short, name in named)
    sets = ', '.join(f'{name} = v.{short}' for short, name in named[2:])
    return (
        f'WITH done AS (UPDATE {table.name} t SET {sets} '
        f'FROM json_to_recordset(%s) AS v({parts}) '
        f'WHERE t.{key} = v.a AND CASE WHEN {guard} THEN 1 ELSE 0 END <> 0 RETURNING 1) '
        'SELECT 1 / (count(*) = %s)::int FROM done'
    )


class Script:
    """Statements that are sent together: PostgreSQL answers them in one round trip.

    The answer is that of the last one. The other databases run them one by one.
    """

    def __init__(self, driver: DriverConnection) -> None:
        self._driver_connection = driver
        self._dialect = driver.dialect
        self._waiting: list[tuple[str, Any]] = []

    @property
    def dialect(self) -> str:
        """Return sqlite, postgresql or mysql."""
        return self._dialect

    def add(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Add a statement, with ``%s`` for each parameter."""
        if self._dialect == 'sqlite':
            sql = sql.replace('%s', '?')
        self._waiting.append((sql, parameters))

    def insert(
        self,
        table: sa.Table,
        columns: tuple[str, ...],
        values: Sequence[tuple[Any, ...]],
        ignore: bool = False,
    ) -> None:
        """Insert rows.

        :param values: JSON values of the columns, row by row.
        :param ignore: leave out existing rows.
        """
        sql = _insert(table, columns, self._dialect, ignore)
        self._add_rows(sql, values)

    def update(
        self, table: sa.Table, columns: tuple[str, ...], values: Sequence[tuple[Any, ...]]
    ) -> None:
        """Overwrite some columns of rows.

        :param columns: the key, and those to overwrite.
        """
        if self._dialect == 'sqlite':
            values = [(*row[1:], row[0]) for row in values]
        self._add_rows(_update(table, columns, self._dialect), values)

    def listed(self, sql: str, values: Sequence[str], more: Sequence[Any] = ()) -> None:
        """Add a statement with a list of strings.

        :param sql: with ``{}`` for the condition on the list, as in ``id {}``, and ``%s`` for each
            further parameter.
        """
        self._waiting.extend(_listed(self._dialect, sql, values, more))

    def fetch(
        self, sql: str, values: Sequence[str], more: Sequence[Any] = ()
    ) -> list[tuple[Any, ...]]:
        """Run a query with a list of strings; see `listed`."""
        fetched: list[tuple[Any, ...]] = []
        for text, parameters in _listed(self._dialect, sql, values, more):
            self.add(text, parameters)
            fetched.extend(self.rows())
        return fetched

    def select(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Run a query."""
        self.add(sql, tuple(values))
        return self.rows()

    def rows(self) -> list[tuple[Any, ...]]:
        """Send the statements; return the rows of the last one."""
        answer = self.run()
        return [] if answer is None else list(map(tuple, answer.fetchall()))

    def _add_rows(self, sql: str, values: Sequence[tuple[Any, ...]]) -> None:
        for start in range(0, len(values), ROWS):
            chunk = values[start : start + ROWS]
            if self._dialect == 'sqlite':
                self.add(sql, list(chunk))
            else:
                shorts = LETTERS[: len(chunk[0])]
                self.add(sql, (encode([dict(zip(shorts, row, strict=True)) for row in chunk]),))

    def run(self) -> Answer | None:
        """Send the statements; return the answer of the last one."""
        waiting, self._waiting = self._waiting, []
        return self._driver_connection.run_all(waiting)


def fetch_joined(
    driver: DriverConnection,
    columns: str,
    table: sa.Table,
    on: tuple[str, ...],
    values: Sequence[tuple[str, ...]],
) -> list[tuple[Any, ...]]:
    """Select the rows of a table ``r`` in which some columns have given combinations of values.

    :param columns: to select.
    :param on: the columns, those of an index.
    :param values: of these columns, row by row.
    """
    dialect = driver.dialect
    fetched: list[tuple[Any, ...]] = []
    for start in range(0, len(values), ROWS):
        chunk = values[start : start + ROWS]
        sql = _joined(columns, table, on, dialect)
        shorts = LETTERS[: len(on)]
        parameter = encode([dict(zip(shorts, row, strict=True)) for row in chunk])
        fetched.extend(map(tuple, driver.run(sql, (parameter,)).fetchall()))
    return fetched


@functools.cache
def _joined(columns: str, table: sa.Table, on: tuple[str, ...], dialect: str) -> str:
    if dialect == 'sqlite':
        same = ' AND '.join(
            f"r.{name} = json_extract(v.value, '$.{short}')"
            for short, name in zip(LETTERS, on, strict=False)
        )
        # SQLite executes a cross join in the written order.
        return f'SELECT {columns} FROM json_each(?) v CROSS JOIN {table.name} r WHERE {same}'
    same = ' AND '.join(f'r.{name} = v.{short}' for short, name in zip(LETTERS, on, strict=False))
    join = 'STRAIGHT_JOIN' if dialect == 'mysql' else 'JOIN'
    source = _rows_from(table, on, dialect)
    return f'SELECT {columns} FROM {source} {join} {table.name} r ON {same}'


def fetch(
    driver: DriverConnection, sql: str, values: Sequence[str], more: Sequence[Any] = ()
) -> list[tuple[Any, ...]]:
    """Run a query with a list of strings, in as many statements as needed.

    :param sql: as for `Script.listed`.
    """
    fetched: list[tuple[Any, ...]] = []
    for text, parameters in _listed(driver.dialect, sql, values, more):
        fetched.extend(map(tuple, driver.run(text, parameters).fetchall()))
    return fetched


def select(driver: DriverConnection, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run a query."""
    return list(map(tuple, driver.run(_marked(driver.dialect, sql), tuple(values)).fetchall()))


def _marked(dialect: str, sql: str) -> str:
    return sql.replace('%s', '?') if dialect == 'sqlite' else sql


def _listed(
    dialect: str, sql: str, values: Sequence[str], more: Sequence[Any]
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    head = sql[: sql.index('{}')].count('%s')
    for start in range(0, len(values), ROWS):
        chunk = list(values[start : start + ROWS])
        listed: tuple[Any, ...] = (chunk,)
        if dialect == 'postgresql':
            text = sql.format('= ANY(%s)')
        elif dialect == 'sqlite':
            text = sql.format('IN (SELECT value FROM json_each(%s))').replace('%s', '?')
            listed = (encode(chunk),)
        else:
            text = sql.format(f'IN ({", ".join(["%s"] * len(chunk))})')
            listed = tuple(chunk)
        yield text, (*more[:head], *listed, *more[head:])
