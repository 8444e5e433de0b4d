"""Schema changes that continue an interrupted upgrade.

MariaDB and MySQL commit before and after each DDL statement. If an upgrade stops, the changes so
far stay, but the revision in ``alembic_version`` may be older. So each function does nothing if
its change has been made. The migrations use these functions instead of those of ``alembic.op``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op


def _inspector() -> sa.Inspector:
    # A new one for each question, because an inspector caches what it has read.
    return sa.inspect(op.get_bind())


def has_column(table: str, column: str) -> bool:
    """Say whether a column exists in a table that exists."""
    return any(found['name'] == column for found in _inspector().get_columns(table))


def _has_index(table: str, index: str) -> bool:
    return _inspector().has_table(table) and _inspector().has_index(table, index)


def create_table(name: str, *columns: sa.Column[Any]) -> None:
    """Create a table, unless it exists."""
    if not _inspector().has_table(name):
        op.create_table(name, *columns)


def rename_table(old: str, new: str) -> None:
    """Rename a table, unless it has the new name."""
    if not _inspector().has_table(new):
        op.rename_table(old, new)


def create_index(name: str, table: str, columns: Sequence[str], unique: bool = False) -> None:
    """Create an index, unless it exists."""
    if not _has_index(table, name):
        op.create_index(name, table, columns, unique=unique)


def drop_index(name: str, table: str) -> None:
    """Drop an index, if it and its table exist."""
    if _has_index(table, name):
        op.drop_index(name, table)


def add_column(table: str, column: sa.Column[Any]) -> None:
    """Add a column, unless it exists."""
    if not has_column(table, column.name):
        op.add_column(table, column)


def drop_column(table: str, column: str) -> None:
    """Drop a column, if it exists."""
    if has_column(table, column):
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)


def rename_column(table: str, old: str, new: str, type_: sa.types.TypeEngine[Any]) -> None:
    """Rename a column that is not null, unless it has the new name.

    :param type_: the type of the column, which MariaDB needs.
    """
    if has_column(table, old):
        op.alter_column(
            table, old, new_column_name=new, existing_type=type_, existing_nullable=False
        )
