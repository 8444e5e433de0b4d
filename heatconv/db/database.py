"""Connect to a database and run transactions on it, through oslo.db.

What each database needs to be told is here and nowhere else: READ COMMITTED on
the servers; on SQLite a write-ahead log, one writer at a time, and a pool.
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

#: A process that stands still in a transaction keeps its locks no longer than that.
IDLE_SECONDS = 10


#: A plan for more rows than that may take a good part of it.
PATIENT_ROWS = 20_000


#: What is raised where a database cannot be used at all.
UNUSABLE = (db_exception.DBError, sa.exc.SQLAlchemyError, StoreUnavailable)

#: What servers say that are going, coming or away, where the driver does not tell that
#: the connection is lost.
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
    """Say whether the server is away, or has left."""
    if isinstance(error, db_exception.DBConnectionError):
        return True
    text = str(error)
    return any(one in text for one in AWAY)


def _retry(again: Callable[[Exception], bool]) -> Callable[[F], F]:
    # Some seconds in all: as long as a server needs that starts again, and shorter than
    # those who ask will wait.
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


#: Around every transaction that may be run again from its beginning: what was lost
#: before the commit has changed nothing.
retried = _retry(_untouched)

#: The same, for what may also be repeated when it is not known whether the
#: last try was committed.
repeated = _retry(lambda error: _locked(error) or isinstance(error, StoreUnavailable))


#: How many links are put by at most.
IDLE_CONNECTIONS = 4


class Database:
    """One database.

    :param url: of SQLAlchemy: ``sqlite:///FILE``, ``postgresql+psycopg2://...``
        or ``mysql+pymysql://...``.
    :param options: further options of oslo.db's ``[database]`` section.
    """

    def __init__(self, url: str, **options: Any) -> None:
        self._local = threading.local()
        #: Those that nobody uses just now: cheaper than the way through the pool.
        self._idle: collections.deque[PostgresqlConnection] = collections.deque()
        self._backend = sa.make_url(url).get_backend_name()
        self._is_server = self._backend != 'sqlite'
        self._manager = enginefacade.transaction_context()
        # Threads of the system need no yield of ours at the end of each transaction.
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
        :raises CommitUnknown: if it is lost at the commit.
        """
        self._local.writes = True
        try:
            with self._guarded(self.engine.begin) as connection:
                yield connection
        finally:
            self._local.writes = False

    @contextlib.contextmanager
    def batch(self) -> Iterator[Script]:
        """Run a transaction that writes, in as few round trips as it takes.

        What is added to the script last is sent together with the commit.

        :raises StoreUnavailable: if the connection is lost, or there is none.
        :raises CommitUnknown: if it is lost at the commit.
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
        # Said before the connection is handed out: see `_begin_sqlite`.
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
        """Let a transaction stand still for as long as it takes to plan for so many rows.

        Who does so for longer than `IDLE_SECONDS` is cut off else: it may have died.
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
        # MariaDB has it for whole sessions, and not every server of its kind has it.
        with contextlib.suppress(db_exception.DBError):
            script.add(f'SET SESSION idle_transaction_timeout = {seconds}')
            script.run()
        yield
        with contextlib.suppress(db_exception.DBError):
            script.add(f'SET SESSION idle_transaction_timeout = {IDLE_SECONDS}')
            script.run()

    @contextlib.contextmanager
    def single_trip(self) -> Iterator[Script]:
        """Run a script, once, that is a transaction; on PostgreSQL in one round trip.

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
        """Return a link that lives: this thread's, one put by, or a new one."""
        driver: PostgresqlConnection | None = getattr(self._local, 'driver', None)
        self._local.driver = None  # nobody else's while it is in use
        while driver is None or not driver.lives:
            if driver is not None:
                driver.close()
            try:
                driver = self._idle.pop()
            except IndexError:
                return PostgresqlConnection(self.engine)
        return driver

    def _release(self, driver: PostgresqlConnection) -> None:
        """Keep a link for whoever comes next; if it is lost, so are the others."""
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
        """Have this thread keep its connection, to spare it the way to the pool.

        For a thread that talks to the database all the time.
        """
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
        """Read with statements of the driver's, each what is committed when it begins.

        :raises StoreUnavailable: if the connection is lost, or there is none.
        """
        with self._guarded(self._driver_context) as driver:
            yield driver

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Run a transaction that only reads.

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
        # Whatever keeps a server from being connected to, it may do so later.
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
        # oslo.db asks each connection whether it lives before each use. Ours may be dead:
        # every transaction is tried again where nothing was changed.
        engine.pool._pre_ping = False
        if engine.dialect.name == 'mysql':
            event.listen(engine, 'connect', _tune_mysql)
            engine.dispose()
        elif engine.dialect.name == 'postgresql':
            event.listen(engine, 'connect', _tune_postgresql)
            # oslo.db has tried one connection already, which was told nothing.
            engine.dispose()
        elif engine.dialect.name == 'sqlite':
            event.listen(engine, 'connect', _sqlite_pragmas)
            if isinstance(engine.pool, pool.NullPool):
                _keep_connections(engine)
            event.listen(engine, 'checkout', self._begin_sqlite)
            event.listen(engine, 'reset', _sqlite_reset)

    def _begin_sqlite(self, connection: Any, record: Any, proxy: Any) -> None:
        """Take the write lock at once where it will be needed.

        Two transactions that read and then want to write would otherwise both
        be refused at once, whatever the busy timeout. oslo.db begins a
        transaction in a listener of its own, always before ours; so we begin
        when the connection is handed out, and set the mark by which oslo.db
        knows that a transaction was begun.
        """
        if getattr(self._local, 'writes', False):
            connection.execute('BEGIN IMMEDIATE')
            record.info['in_transaction'] = True


def _first_line(error: Exception) -> str:
    cause = getattr(error, 'orig', None) or getattr(error, 'inner_exception', None) or error
    return (str(getattr(cause, 'orig', None) or cause).splitlines() or ['?'])[0]


def sqlite_url(file: str | os.PathLike[str]) -> str:
    """Return the URL of a file, whatever characters its name has."""
    url = sa.URL.create('sqlite', database=os.fspath(file))
    return url.render_as_string(hide_password=False)


def _complete(url: str) -> str:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() in ('mysql', 'mariadb') and 'charset' not in parsed.query:
        parsed = parsed.update_query_dict({'charset': 'utf8mb4'})
    return parsed.render_as_string(hide_password=False)


def _keep_connections(engine: sa.Engine) -> None:
    """Give an engine on an SQLite file a pool.

    oslo.db opens a connection for each transaction there, and closing the last
    one copies the write-ahead log back into the file each time.
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


#: What connections to PostgreSQL are told once. The driver would tell the isolation it is
#: asked for with each BEGIN. Every statement of ours has an index to go by, and goes by it
#: from the first row on, whatever statistics say of a table that has just begun to fill;
#: its plan is made once.
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
    # Survives the death of any process. Only a power cut may lose the newest
    # transactions, and never tears one.
    connection.execute('PRAGMA synchronous = NORMAL')
