"""Driver connections: they pass statements to the database driver (psycopg2, sqlite3).

The connections to PostgreSQL and SQLite bypass SQLAlchemy's execution: its results and contexts
would cost more than most of the statements. The connection pool is still that of SQLAlchemy, and
errors are converted to the exceptions of oslo.db.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Protocol

import sqlalchemy as sa
from oslo_db import exception as db_exception

#: The statements that begin and end transactions. They are not prepared.
BEGIN, COMMIT, ROLLBACK = 'BEGIN', 'COMMIT', 'ROLLBACK'
CONTROLS = (BEGIN, COMMIT, ROLLBACK)

#: Key of the prepared statements in the ``info`` dictionary of a pooled connection.
PREPARED = 'heatconv_prepared'


class StaleRead(Exception):
    """A row has changed since it was read. Nothing was written."""


class Answer(Protocol):
    """The answer of the database to a statement.

    :ivar rowcount: number of rows that the statement affected.
    """

    rowcount: int

    def fetchall(self) -> Any:
        """Return the rows of the answer."""


class DriverConnection(Protocol):
    """A connection of a database driver.

    :ivar dialect: sqlite, postgresql or mysql.
    """

    dialect: str

    def run(self, sql: str, parameters: Any) -> Answer:
        """Run one statement, with parameters in the style of the driver.

        :raises oslo_db.exception.DBError: if the statement fails.
        """

    def run_all(self, statements: list[tuple[str, Any]]) -> Answer | None:
        """Run statements in order; return the answer of the last one."""


class SqlalchemyConnection:
    """A driver connection within a SQLAlchemy connection."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.dialect = connection.dialect.name

    def run(self, sql: str, parameters: Any) -> Answer:
        return self._connection.exec_driver_sql(sql, parameters)

    def run_all(self, statements: list[tuple[str, Any]]) -> Answer | None:
        answer = None
        for sql, parameters in statements:
            answer = self.run(sql, parameters)
        return answer


class SqliteConnection:
    """A connection of the sqlite3 module, from SQLAlchemy's pool."""

    dialect = 'sqlite'

    def __init__(self, engine: sa.Engine) -> None:
        self._pooled: Any = engine.raw_connection()
        self._cursor: Any = self._pooled.cursor()

    def run(self, sql: str, parameters: Any) -> Answer:
        execute = (
            self._cursor.executemany if isinstance(parameters, list) else self._cursor.execute
        )
        try:
            answer: Answer = execute(sql, parameters)
        except sqlite3.IntegrityError as error:
            raise db_exception.DBDuplicateEntry(inner_exception=error) from error
        except sqlite3.Error as error:
            raise db_exception.DBError(error) from error
        return answer

    def run_all(self, statements: list[tuple[str, Any]]) -> Answer | None:
        answer = None
        for sql, parameters in statements:
            answer = self.run(sql, parameters)
        return answer

    def commit(self) -> None:
        """Commit the transaction."""
        try:
            self._pooled.commit()
        except sqlite3.Error as error:
            raise db_exception.DBError(error) from error

    def close(self) -> None:
        """Roll back uncommitted changes and return the connection to the pool."""
        self._pooled.close()


class PostgresqlConnection:
    """A connection of psycopg2 from SQLAlchemy's pool, in autocommit mode.

    Each statement is prepared once per connection, so the server plans it once. Several statements
    are sent in one round trip.
    """

    dialect = 'postgresql'

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        dialect: Any = engine.dialect
        try:
            self._pooled: Any = engine.raw_connection()
        except dialect.dbapi.Error as error:
            # The pool raises the error of the driver without converting it.
            raise db_exception.DBConnectionError(error) from error
        driver = self._pooled.dbapi_connection
        driver.autocommit = True
        self._driver = driver
        self._cursor = driver.cursor()
        self._prepared: dict[str, str] = self._pooled.info.setdefault(PREPARED, {})

    def run(self, sql: str, parameters: Any) -> Answer:
        return self._execute(self._prepare(sql, len(parameters)), parameters)

    def run_all(self, statements: list[tuple[str, Any]]) -> Answer | None:
        if not statements:
            return None
        texts = [self._prepare(sql, len(parameters)) for sql, parameters in statements]
        return self._execute(
            ';'.join(texts), [parameter for _, values in statements for parameter in values]
        )

    @property
    def lives(self) -> bool:
        """Say whether the connection can be used again."""
        return self._pooled.dbapi_connection is not None and not self._driver.closed

    def rest(self) -> None:
        """Roll back the open transaction, if there is one."""
        if self.lives and self._driver.info.transaction_status:
            self._execute(ROLLBACK, ())

    def close(self) -> None:
        """Return the connection to the pool."""
        if not self.lives:
            if self._pooled.dbapi_connection is not None:
                self._pooled.invalidate()
            return
        self._cursor.close()
        self._driver.autocommit = False
        self._pooled.close()

    def _prepare(self, sql: str, count: int) -> str:
        """Prepare a statement, unless it is prepared already.

        :param count: number of its parameters.
        :return: the EXECUTE statement; the statement itself if it is a control or SET statement,
            which are not prepared.
        """
        if sql in CONTROLS or sql.startswith('SET '):
            return sql
        execution = self._prepared.get(sql)
        if execution is None:
            pieces = sql.split('%s')
            numbered = ''.join(f'{piece}${number}' for number, piece in enumerate(pieces[:-1], 1))
            name = f'heatconv_{len(self._prepared)}'
            self._execute(f'PREPARE {name} AS {numbered}{pieces[-1]}', ())
            placeholders = f' ({", ".join(["%s"] * count)})' if count else ''
            execution = self._prepared[sql] = f'EXECUTE {name}{placeholders}'
        return execution

    def _execute(self, sql: str, parameters: Any) -> Answer:
        dialect: Any = self._engine.dialect
        try:
            self._cursor.execute(sql, parameters or None)
        except dialect.dbapi.Error as error:
            if dialect.is_disconnect(error, self._driver, self._cursor):
                self._pooled.invalidate(error)
                raise db_exception.DBConnectionError(error) from error
            if error.pgcode == DIVISION_BY_ZERO:
                raise StaleRead from error
            if error.pgcode == DUPLICATE:
                raise db_exception.DBDuplicateEntry(inner_exception=error) from error
            if error.pgcode == DEADLOCK:
                raise db_exception.DBDeadlock(error) from error
            if error.pgcode in PREPARED_BY_OTHERS:
                # A connection pooler (such as pgbouncer) between client and server has switched
                # server connections, so the prepared statements are those of another client. Try
                # another connection.
                self._pooled.invalidate(error)
                raise db_exception.DBConnectionError(error) from error
            raise db_exception.DBError(error) from error
        answer: Answer = self._cursor
        return answer


#: Error codes (SQLSTATE) of PostgreSQL. A guarded statement reports a stale read by a division by
#: zero.
DEADLOCK, DIVISION_BY_ZERO, DUPLICATE = '40P01', '22012', '23505'
#: A prepared statement does not exist, or exists already.
PREPARED_BY_OTHERS = ('26000', '42P05')
