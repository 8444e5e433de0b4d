"""Connect to a database and run transactions, through oslo.db.

The settings of each database are here: READ COMMITTED on servers; on SQLite a write-ahead log, one
writer at a time, and a pool.
"""

from __future__ import annotations

import collections
import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import sqlalchemy as sa
from oslo_db import api as oslo_db_api
from oslo_db import exception as db_exception
from oslo_db.sqlalchemy import enginefacade
from sqlalchemy import event, pool

from heatconv.db.bulk import Script
from heatconv.db.driver import (
    BEGIN,
    COMMIT,
    DriverConnection,
    PostgresqlConnection,
    SqlalchemyConnection,
    SqliteConnection,
)
from heatconv.storage.base import CommitUnknown, StoreUnavailable

T = TypeVar('T')
F = TypeVar('F', bound=Callable[..., Any])

SQLITE_BUSY_MS = 30_000

#: A process that is idle in a transaction keeps its locks no longer than this many seconds.
IDLE_SECONDS = 10


#: A plan for more rows may take a good part of that time.
PATIENT_ROWS = 20_000


#: The exceptions of a database that cannot be used.
UNUSABLE = (db_exception.DBError, sa.exc.SQLAlchemyError, StoreUnavailable)

#: Messages of servers that shut down, start or are down, for errors that the driver does not
#: report as a lost connection.
AWAY = (
    'shutting down',
    'server closed the connection',
    'terminating connection',
    'onnection reset',
    'Lost connection',
    'has gone away',
    'idle-in-transaction timeout',
    'onnection was killed',
)


def _locked(error: Exception) -> bool:
    """Say whether SQLite or PostgreSQL refused a transaction that may be retried."""
    text = str(error)
    return 'database is locked' in text or 'could not serialize' in text


def _lost(error: Exception) -> bool:
    """Say whether the server is down or the connection is lost."""
    if isinstance(error, db_exception.DBConnectionError):
        return True
    text = str(error)
    return any(message in text for message in AWAY)


def _retry(again: Callable[[Exception], bool]) -> Callable[[F], F]:
    # A few seconds in total: long enough for a server to restart, and shorter than the timeout of
    # callers.
    wrap: Callable[[F], F] = oslo_db_api.wrap_db_retry(
        max_retries=11,
        retry_interval=0.01,
        inc_retry_interval=True,
        max_retry_interval=1,
        retry_on_deadlock=True,
        exception_checker=again,
    )
    return wrap


def _untouched(error: Exception) -> bool:
    return _locked(error) or (
        isinstance(error, StoreUnavailable) and not isinstance(error, CommitUnknown)
    )


#: Retry a transaction from its beginning: a connection lost before the commit has changed nothing.
retried = _retry(_untouched)

#: The same, for transactions that may also be repeated if the last try may have been committed.
repeated = _retry(lambda error: _locked(error) or isinstance(error, StoreUnavailable))


#: Largest number of idle connections.
IDLE_CONNECTIONS = 4


class Database:
    """One database.

    :param url: a URL of SQLAlchemy: ``sqlite:///FILE``, ``postgresql+psycopg2://...`` or
        ``mysql+pymysql://...``.
    :param options: further options of oslo.db's ``[database]`` section.
    """

    def __init__(self, url: str, **options: Any) -> None:
        self._local = threading.local()
        #: Idle connections: cheaper than the pool.
        self._idle: collections.deque[PostgresqlConnection] = collections.deque()
        self._backend = sa.make_url(url).get_backend_name()
        self._is_server = self._backend != 'sqlite'
        self._manager = enginefacade.transaction_context()
        # Native threads need no yield at the end of each transaction.
        options.setdefault('thread_checkin', False)
        self._manager.configure(connection=_complete(url), **options)
        self._manager.append_on_engine_create(self._tune)

    @property
    def engine(self) -> sa.Engine:
        """Return the engine, connecting on the first use."""
        engine: sa.Engine = self._manager.writer.get_engine()
        return engine

    @property
    def dialect(self) -> str:
        """Return sqlite, postgresql or mysql."""
        return self.engine.dialect.name

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Run a transaction that writes.

        :raises StoreUnavailable: if the connection is lost, or there is none.
        :raises CommitUnknown: if it is lost during the commit.
        """
        self._local.writes = True
        try:
            with self._guarded(self.engine.begin) as connection:
                yield connection
        finally:
            self._local.writes = False

    @contextlib.contextmanager
    def batch(self) -> Iterator[Script]:
        """Run a transaction that writes, in as few round trips as possible.

        The last statements of the script are sent together with the commit.

        :raises StoreUnavailable: if the connection is lost, or there is none.
        :raises CommitUnknown: if it is lost during the commit.
        """
        if self._backend != 'postgresql':
            with self._writing() as driver:
                script = Script(driver)
                yield script
                script.run()
            return
        with self._guarded(self._batching) as script:
            yield script

    @contextlib.contextmanager
    def _writing(self) -> Iterator[DriverConnection]:
        if self._backend != 'sqlite':
            with self.write() as connection:
                yield SqlalchemyConnection(connection)
            return
        # Set before the connection is checked out: see `_begin_sqlite`.
        self._local.writes = True
        try:
            with contextlib.closing(SqliteConnection(self.engine)) as driver:
                yield driver
                driver.commit()
        finally:
            self._local.writes = False

    @contextlib.contextmanager
    def _batching(self) -> Iterator[Script]:
        with self._driver_context() as driver:
            script = Script(driver)
            script.add(BEGIN)
            yield script
            script.add(COMMIT)
            script.run()

    @contextlib.contextmanager
    def standing_still(self, script: Script, rows: int) -> Iterator[None]:
        """Allow a transaction to be idle for as long as a plan for a number of rows takes.

        After `IDLE_SECONDS` the server would otherwise end it: the process may have died.
        """
        if rows <= PATIENT_ROWS or self._backend == 'sqlite':
            yield
            return
        seconds = IDLE_SECONDS + rows // 1000
        if self._backend == 'postgresql':
            script.add(f'SET LOCAL idle_in_transaction_session_timeout = {1000 * seconds}')
            script.run()
            yield
            return
        # MariaDB has the timeout per session, and not every server of its kind has it.
        with contextlib.suppress(db_exception.DBError):
            script.add(f'SET SESSION idle_transaction_timeout = {seconds}')
            script.run()
        yield
        with contextlib.suppress(db_exception.DBError):
            script.add(f'SET SESSION idle_transaction_timeout = {IDLE_SECONDS}')
            script.run()

    @contextlib.contextmanager
    def single_trip(self) -> Iterator[Script]:
        """Run a script that is a whole transaction; on PostgreSQL in one round trip.

        :raises StoreUnavailable: if there is no connection.
        :raises CommitUnknown: if it is lost.
        """
        if self._backend != 'postgresql':
            with self._writing() as driver:
                yield Script(driver)
            return
        with self._guarded(self._driver_context, commits=True) as driver:
            yield Script(driver)

    @contextlib.contextmanager
    def _driver_context(self) -> Iterator[DriverConnection]:
        if self._backend == 'postgresql':
            driver = self._driver_connection()
            try:
                yield driver
            finally:
                driver.rest()
                self._release(driver)
        elif self._backend == 'sqlite':
            with contextlib.closing(SqliteConnection(self.engine)) as driver:
                yield driver
        else:
            with self.engine.connect() as connection:
                yield SqlalchemyConnection(connection)

    def _driver_connection(self) -> PostgresqlConnection:
        """Return a live connection: the one of this thread, an idle one, or a new one."""
        driver: PostgresqlConnection | None = getattr(self._local, 'driver', None)
        self._local.driver = None  # no other user while it is in use
        while driver is None or not driver.lives:
            if driver is not None:
                driver.close()
            try:
                driver = self._idle.pop()
            except IndexError:
                return PostgresqlConnection(self.engine)
        return driver

    def _release(self, driver: PostgresqlConnection) -> None:
        """Keep a connection for the next user; if it is lost, drop the idle ones as well."""
        if not driver.lives:
            self._drop_idle()
            driver.close()
        elif getattr(self._local, 'keeps', False):
            self._local.driver = driver
        elif len(self._idle) < IDLE_CONNECTIONS:
            self._idle.append(driver)
        else:
            driver.close()

    def _drop_idle(self) -> None:
        while self._idle:
            with contextlib.suppress(IndexError):
                self._idle.pop().close()

    @contextlib.contextmanager
    def session(self) -> Iterator[None]:
        """Let this thread keep its connection: for threads that use the database all the time."""
        self._local.keeps = True
        try:
            yield
        finally:
            self._local.keeps = False
            kept: PostgresqlConnection | None = getattr(self._local, 'driver', None)
            self._local.driver = None
            if kept is not None:
                kept.close()

    @contextlib.contextmanager
    def read_driver(self) -> Iterator[DriverConnection]:
        """Read with statements of the driver; each sees what is committed when it begins.

        :raises StoreUnavailable: if the connection is lost, or there is none.
        """
        with self._guarded(self._driver_context) as driver:
            yield driver

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Run a read-only transaction.

        :raises StoreUnavailable: if the connection is lost, or there is none.
        """
        with self._guarded(self.engine.connect) as connection:
            yield connection

    @contextlib.contextmanager
    def _guarded(
        self,
        connect: Callable[[], contextlib.AbstractContextManager[T]],
        commits: bool = False,
    ) -> Iterator[T]:
        # Any failure to connect to a server may be temporary.
        lost, committing = self._is_server, False
        try:
            with connect() as connection:
                lost, committing = False, commits
                yield connection
                committing = True
        except UNUSABLE as error:
            if isinstance(error, StoreUnavailable) or not (lost or _lost(error)):
                raise
            kind = CommitUnknown if committing else StoreUnavailable
            raise kind(_first_line(error)) from error

    def close(self) -> None:
        """Close all connections."""
        self._drop_idle()
        self._manager.dispose_pool()

    def _tune(self, engine: sa.Engine) -> None:
        # oslo.db pings each connection before each use. Here a connection may be dead: every
        # transaction is retried where nothing was changed.
        engine.pool._pre_ping = False
        if engine.dialect.name == 'mysql':
            event.listen(engine, 'connect', _tune_mysql)
            engine.dispose()
        elif engine.dialect.name == 'postgresql':
            event.listen(engine, 'connect', _tune_postgresql)
            # oslo.db has made a connection already, without these settings.
            engine.dispose()
        elif engine.dialect.name == 'sqlite':
            event.listen(engine, 'connect', _sqlite_pragmas)
            if isinstance(engine.pool, pool.NullPool):
                _keep_connections(engine)
            event.listen(engine, 'checkout', self._begin_sqlite)
            event.listen(engine, 'reset', _sqlite_reset)

    def _begin_sqlite(self, connection: Any, record: Any, proxy: Any) -> None:
        """Take the write lock at the begin of a transaction that writes.

        Two transactions that read and then write would otherwise both be refused immediately,
        whatever the busy timeout. oslo.db begins a transaction in a listener of its own, always
        before ours; so we begin when the connection is checked out, and set the mark by which
        oslo.db recognizes a begun transaction.
        """
        if getattr(self._local, 'writes', False):
            connection.execute('BEGIN IMMEDIATE')
            record.info['in_transaction'] = True


def _first_line(error: Exception) -> str:
    cause = getattr(error, 'orig', None) or getattr(error, 'inner_exception', None) or error
    return (str(getattr(cause, 'orig', None) or cause).splitlines() or ['?'])[0]


def sqlite_url(file: str | os.PathLike[str]) -> str:
    """Return the URL of an SQLite file, with any characters in its name."""
    url = sa.URL.create('sqlite', database=os.fspath(file))
    return url.render_as_string(hide_password=False)


def _complete(url: str) -> str:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() in ('mysql', 'mariadb') and 'charset' not in parsed.query:
        parsed = parsed.update_query_dict({'charset': 'utf8mb4'})
    return parsed.render_as_string(hide_password=False)


def _keep_connections(engine: sa.Engine) -> None:
    """Give an engine on an SQLite file a pool.

    oslo.db opens a connection for each transaction there, and closing the last one checkpoints the
    write-ahead log each time.
    """
    old = engine.pool
    engine.pool = pool.QueuePool(
        old._creator, pool_size=10, max_overflow=20, dialect=engine.dialect, _dispatch=old.dispatch
    )


def _tune_mysql(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED')
    with contextlib.suppress(Exception):  # a variable of MariaDB
        cursor.execute(f'SET SESSION idle_transaction_timeout = {IDLE_SECONDS}')
    cursor.close()


#: Settings of connections to PostgreSQL. The driver would otherwise send the isolation level with
#: each BEGIN. Every statement here has an index, and uses it from the first row on, whatever the
#: statistics of a table that has just begun to fill; its plan is made once.
POSTGRESQL = {
    'default_transaction_isolation': "'read committed'",
    'idle_in_transaction_session_timeout': str(1000 * IDLE_SECONDS),
    'enable_seqscan': 'off',
    'enable_hashjoin': 'off',
    'enable_mergejoin': 'off',
    'jit': 'off',
    'plan_cache_mode': 'force_generic_plan',
}


def _tune_postgresql(connection: Any, record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(';'.join(f'SET {name} = {value}' for name, value in POSTGRESQL.items()))
    connection.commit()


def _sqlite_reset(connection: Any, record: Any, state: Any) -> None:
    record.info.pop('in_transaction', None)


def _sqlite_pragmas(connection: Any, record: Any) -> None:
    connection.execute(f'PRAGMA busy_timeout = {SQLITE_BUSY_MS}')
    connection.execute('PRAGMA journal_mode = WAL')
    # Survives the death of any process. Only a power failure may lose the newest transactions, and
    # never corrupts one.
    connection.execute('PRAGMA synchronous = NORMAL')
