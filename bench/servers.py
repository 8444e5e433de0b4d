"""Private database and broker servers for a measurement, which also count their work.

They are the installed programs, with their default durability settings.
"""

from __future__ import annotations

import contextlib
import pathlib
import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from heatconv.tests import servers


@dataclass(frozen=True)
class Traffic:
    """The work of a database since its start.

    :ivar statements: number of statements, without those that begin or end transactions, and
        without pings.
    :ivar transactions: number of transactions that ended.
    :ivar round_trips: number of requests that were answered.
    :ivar bytes_sent: bytes sent to the clients.
    :ivar bytes_received: bytes received from the clients.
    """

    statements: int = 0
    transactions: int = 0
    round_trips: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0

    def since(self, before: Traffic) -> Traffic:
        """Return the work since an earlier value."""
        return Traffic(
            *(
                getattr(self, counter.name) - getattr(before, counter.name)
                for counter in fields(Traffic)
            )
        )


#: Statements that control transactions and sessions.
CONTROLS = re.compile(r'\s*(BEGIN|COMMIT|ROLLBACK|START TRANSACTION|SET|SHOW)\b', re.I)
#: The statement that tests a pooled connection.
PING = re.compile(r'\s*SELECT (\$1|1)\s*;?\s*$', re.I)


class Postgresql(servers.Postgresql):
    def command(self) -> Sequence[str]:
        """Return the command line, with statistics of statements and times of commits."""
        return [
            *super().command(),
            *('-c', 'shared_preload_libraries=pg_stat_statements'),
            *('-c', 'pg_stat_statements.max=2000'),
            *('-c', 'track_commit_timestamp=on'),
        ]

    def start(self) -> None:
        """Start the server, and count statements."""
        super().start()
        with self.cursor() as cursor:
            cursor.execute('CREATE EXTENSION IF NOT EXISTS pg_stat_statements')

    @contextlib.contextmanager
    def cursor(self) -> Iterator[Any]:
        """Yield a cursor of a new connection in autocommit mode."""
        import psycopg2

        connection = psycopg2.connect(self.url.replace('+psycopg2', ''))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    def traffic(self) -> Traffic:
        """Return the work since the start."""
        sent, received, requests = sockets(self.port)
        with self.cursor() as cursor:
            cursor.execute('SELECT query, calls FROM pg_stat_statements')
            rows = cursor.fetchall()
            cursor.execute(
                'SELECT xact_commit + xact_rollback FROM pg_stat_database '
                'WHERE datname = current_database()'
            )
            (transactions,) = cursor.fetchone()
        measuring = 'pg_stat_statements'
        rows = [(query, calls) for query, calls in rows if measuring not in query]
        return Traffic(
            statements=sum(
                calls
                for query, calls in rows
                if not CONTROLS.match(query) and not PING.match(query)
            ),
            transactions=transactions,
            # Several statements may be sent in one request.
            round_trips=requests,
            bytes_sent=sent,
            bytes_received=received,
        )

    def costliest(self, limit: int = 25) -> list[tuple[Any, ...]]:
        """Return calls, milliseconds, rows and text of the most expensive statements."""
        with self.cursor() as cursor:
            cursor.execute(
                'SELECT calls, total_exec_time, rows, query FROM pg_stat_statements '
                'ORDER BY total_exec_time DESC LIMIT %s',
                (limit,),
            )
            return list(cursor.fetchall())


class Mariadb(servers.Mariadb):
    @contextlib.contextmanager
    def cursor(self) -> Iterator[Any]:
        """Yield a cursor of a new connection in autocommit mode."""
        import pymysql

        with pymysql.connect(
            host='127.0.0.1', port=self.port, user='root', database='heatconv', autocommit=True
        ) as connection:
            with connection.cursor() as cursor:
                yield cursor

    def traffic(self) -> Traffic:
        """Return the work since the start."""
        with self.cursor() as cursor:
            cursor.execute('SHOW GLOBAL STATUS')
            status = dict(cursor.fetchall())
        controls = ('Com_begin', 'Com_commit', 'Com_rollback', 'Com_set_option', 'Com_show_status')
        # MariaDB counts a ping of the protocol as a question.
        pings = int(status['Com_admin_commands'])
        questions = int(status['Questions'])
        return Traffic(
            statements=questions - pings - sum(int(status[control]) for control in controls),
            transactions=int(status['Com_commit']),
            round_trips=questions,
            bytes_sent=int(status['Bytes_sent']),
            bytes_received=int(status['Bytes_received']),
        )


class Rabbitmq(servers.Rabbitmq):
    def messages(self) -> int:
        """Return the number of messages received since the start."""
        completed = subprocess.run(
            [
                servers.program('/usr/lib/rabbitmq/bin/rabbitmqctl', 'rabbitmqctl'),
                'eval',
                'maps:get(messages_received_total, '
                'maps:get([{protocol, amqp091}], rabbit_global_counters:overview())).',
            ],
            capture_output=True,
            text=True,
            user=self._user,
            cwd=self.directory,
            env={'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', **self.environment()},
        )
        if completed.returncode:
            raise RuntimeError(completed.stdout + completed.stderr)
        return int(completed.stdout.strip().splitlines()[-1])


def sockets(port: int) -> tuple[int, int, int]:
    """Return the bytes that a server has sent and received, and the number of received segments.

    They are the sums of its open connections. On loopback, a request up to 64 KiB is one segment.
    """
    completed = subprocess.run(
        ['ss', '-tinH', f'sport = :{port}'], capture_output=True, text=True, check=True
    )

    def total(field: str) -> int:
        """Return the sum of a field of ss(8) over all connections."""
        return sum(int(number) for number in re.findall(rf'\b{field}:(\d+)', completed.stdout))

    return total('bytes_acked'), total('bytes_received'), total('data_segs_in')


def wait_until(holds: Any, what: str, seconds: float = 120.0) -> None:
    """Poll until a condition holds.

    :param holds: says whether the condition holds.
    :param what: name of the condition, for the error.
    :raises RuntimeError: if it does not hold in time.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError(f'{what}: not within {seconds} s')
        time.sleep(0.1)


DATABASES = {'postgresql': Postgresql, 'mariadb': Mariadb}


def start(kind: type[servers.Server], directory: pathlib.Path) -> Any:
    """Start a server, which keeps its files in a directory, and return it."""
    server = kind(directory)
    server.start()
    return server
