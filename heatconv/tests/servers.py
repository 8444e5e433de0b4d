"""Servers of our own, to be killed and started again without harm to anybody else.

Each keeps its files in a directory of its own and listens on loopback, on a port that
was free.
"""

from __future__ import annotations

import contextlib
import glob
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence

STARTS_SECONDS = 60.0


class NotInstalled(Exception):
    """There is no such server on this machine."""


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as made:
        made.bind(('127.0.0.1', 0))
        port: int = made.getsockname()[1]
        return port


def program(*patterns: str) -> str:
    """Return the first program that is there.

    :raises NotInstalled: if none is.
    """
    for pattern in patterns:
        found = shutil.which(pattern) or next(iter(sorted(glob.glob(pattern))[::-1]), None)
        if found:
            return found
    raise NotInstalled(patterns[0])


class Server:
    """One server.

    :param directory: for its files; made if it is not there.
    :param user: whom it runs as where we are root.
    """

    name = 'server'
    user: str | None = None

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        directory.mkdir(parents=True)
        self._user = self.user if os.geteuid() == 0 else None
        if self._user:
            entry = pwd.getpwnam(self._user)
            os.chown(directory, entry.pw_uid, entry.pw_gid)
        self.prepare()

    @property
    def url(self) -> str:
        """Return where clients find it."""
        raise NotImplementedError

    @property
    def pid(self) -> int | None:
        """Return its process, while it is started."""
        return None if self._process is None else self._process.pid

    def prepare(self) -> None:
        """Make what it needs before its first start."""

    def command(self) -> Sequence[str]:
        """Return how it is started in the foreground."""
        raise NotImplementedError

    def environment(self) -> Mapping[str, str]:
        """Return variables it needs."""
        return {}

    def answers(self) -> bool:
        """Say whether it takes connections."""
        with contextlib.suppress(OSError):
            with socket.create_connection(('127.0.0.1', self.port), 1):
                return True
        return False

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with open(self.directory / 'log', 'ab') as output:
            self._process = subprocess.Popen(
                self.command(),
                stdout=output,
                stderr=output,
                start_new_session=True,
                env={**os.environ, **self.environment()},
                user=self._user,
                cwd=self.directory,
            )
        ends = time.monotonic() + STARTS_SECONDS
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > ends:
                log = (self.directory / 'log').read_text(errors='replace')[-3_000:]
                raise RuntimeError(f'{self.name} does not start:\n{log}')
            time.sleep(0.1)

    def log(self) -> str:
        """Return what it has logged."""
        file = self.directory / 'log'
        return file.read_text(errors='replace') if file.exists() else ''

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop it with a signal; SIGKILL is as if the machine lost its power."""
        process, self._process = self._process, None
        if process is None:
            return
        if how == signal.SIGKILL:
            os.killpg(process.pid, how)
        else:
            process.send_signal(how)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    def run(self, *command: str) -> None:
        """Run a program as the user of the server."""
        done = subprocess.run(
            command, capture_output=True, text=True, user=self._user, cwd=self.directory
        )
        if done.returncode:
            raise RuntimeError(f'{command[0]}: {done.stderr[-2_000:]}')


class Postgresql(Server):
    name = 'PostgreSQL'
    user = 'postgres'

    def prepare(self) -> None:
        initdb = program('initdb', '/usr/lib/postgresql/*/bin/initdb')
        files = str(self.directory / 'files')
        how = ('-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale', 'C.UTF-8')
        self.run(initdb, *how, '-D', files)

    def command(self) -> Sequence[str]:
        postgres = program('/usr/lib/postgresql/*/bin/postgres', 'postgres')
        return [
            postgres,
            *('-D', str(self.directory / 'files'), '-p', str(self.port), '-h', '127.0.0.1'),
            *('-k', str(self.directory), '-c', 'max_connections=300'),
        ]

    def answers(self) -> bool:
        import psycopg2

        try:
            psycopg2.connect(self.url.replace('+psycopg2', ''), connect_timeout=1).close()
        except psycopg2.Error:
            return False
        return True

    @property
    def url(self) -> str:
        return f'postgresql+psycopg2://postgres@127.0.0.1:{self.port}/postgres'


class Mariadb(Server):
    name = 'MariaDB'
    user = 'mysql'

    def prepare(self) -> None:
        self.run(
            program('mariadb-install-db'),
            '--no-defaults',
            '--auth-root-authentication-method=normal',
            f'--datadir={self.directory / "files"}',
        )

    def command(self) -> Sequence[str]:
        return [
            program('mariadbd', '/usr/sbin/mariadbd'),
            '--no-defaults',
            f'--datadir={self.directory / "files"}',
            f'--port={self.port}',
            '--bind-address=127.0.0.1',
            f'--socket={self.directory / "socket"}',
            f'--pid-file={self.directory / "pid"}',
            '--max-connections=300',
        ]

    def answers(self) -> bool:
        import pymysql

        try:
            pymysql.connect(host='127.0.0.1', port=self.port, user='root').close()
        except pymysql.Error:
            return False
        return True

    @property
    def url(self) -> str:
        return f'mysql+pymysql://root@127.0.0.1:{self.port}/heatconv'

    def start(self) -> None:
        super().start()
        import pymysql

        with pymysql.connect(host='127.0.0.1', port=self.port, user='root') as connection:
            with connection.cursor() as cursor:
                cursor.execute('CREATE DATABASE IF NOT EXISTS heatconv')


class Rabbitmq(Server):
    name = 'RabbitMQ'
    user = 'rabbitmq'

    def prepare(self) -> None:
        self._distribution, self._epmd = free_port(), free_port()
        (self.directory / 'enabled_plugins').write_text('[].\n')
        (self.directory / 'rabbitmq.conf').write_text(f'listeners.tcp.1 = 127.0.0.1:{self.port}\n')

    def command(self) -> Sequence[str]:
        return [program('/usr/lib/rabbitmq/bin/rabbitmq-server', 'rabbitmq-server')]

    def environment(self) -> Mapping[str, str]:
        place = str(self.directory)
        return {
            'HOME': place,
            'ERL_EPMD_PORT': str(self._epmd),
            'ERL_EPMD_ADDRESS': '127.0.0.1',
            'RABBITMQ_NODENAME': f'chaos-{self.port}@localhost',
            'RABBITMQ_DIST_PORT': str(self._distribution),
            'RABBITMQ_MNESIA_BASE': place,
            'RABBITMQ_LOG_BASE': place,
            'RABBITMQ_PID_FILE': f'{place}/pid',
            'RABBITMQ_CONFIG_FILE': f'{place}/rabbitmq',
            'RABBITMQ_ENABLED_PLUGINS_FILE': f'{place}/enabled_plugins',
            # Busy waiting is not for a machine that it shares with everything else.
            'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS': '+sbwt none',
        }

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop it, and the daemon that it starts to be found by other nodes."""
        super().stop(how)
        with contextlib.suppress(NotInstalled):
            subprocess.run(
                [program('epmd', '/usr/lib/erlang/erts-*/bin/epmd'), '-kill'],
                env={**os.environ, **self.environment()},
                capture_output=True,
            )

    def answers(self) -> bool:
        """Greet it as a client does: its port is open before it takes logins."""
        with contextlib.suppress(OSError):
            with socket.create_connection(('127.0.0.1', self.port), 1) as made:
                made.settimeout(1)
                made.sendall(b'AMQP\x00\x00\x09\x01')
                return bool(made.recv(8))
        return False

    @property
    def url(self) -> str:
        return f'rabbit://guest:guest@127.0.0.1:{self.port}/'


class Redis(Server):
    name = 'Redis'

    def command(self) -> Sequence[str]:
        return [
            program('redis-server'),
            *('--port', str(self.port), '--bind', '127.0.0.1', '--save', ''),
            *('--dir', str(self.directory)),
        ]

    @property
    def url(self) -> str:
        return f'redis://127.0.0.1:{self.port}?timeout=5'


class Etcd(Server):
    name = 'etcd'

    def command(self) -> Sequence[str]:
        client, peer = f'http://127.0.0.1:{self.port}', f'http://127.0.0.1:{free_port()}'
        return [
            program('etcd'),
            *('--data-dir', str(self.directory / 'files')),
            *('--listen-client-urls', client, '--advertise-client-urls', client),
            *('--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer),
            *('--initial-cluster', f'default={peer}', '--force-new-cluster'),
        ]

    @property
    def url(self) -> str:
        return f'etcd3+http://127.0.0.1:{self.port}?timeout=3&membership_timeout=3'


class Memcached(Server):
    name = 'memcached'
    user = 'nobody'

    def command(self) -> Sequence[str]:
        return [program('memcached'), '-l', '127.0.0.1', '-p', str(self.port), '-U', '0']

    @property
    def url(self) -> str:
        return f'memcached://127.0.0.1:{self.port}?membership_timeout=3'


class Zookeeper(Server):
    name = 'ZooKeeper'

    def prepare(self) -> None:
        (self.directory / 'zoo.cfg').write_text(
            f'tickTime=500\ndataDir={self.directory}/files\nclientPort={self.port}\n'
            'clientPortAddress=127.0.0.1\nadmin.enableServer=false\nmaxClientCnxns=0\n'
        )

    def command(self) -> Sequence[str]:
        jars = ':'.join(sorted(glob.glob('/usr/share/java/*.jar')))
        if 'zookeeper' not in jars:
            raise NotInstalled('zookeeper')
        server = 'org.apache.zookeeper.server.quorum.QuorumPeerMain'
        return [program('java'), '-cp', jars, server, str(self.directory / 'zoo.cfg')]

    @property
    def url(self) -> str:
        return f'zookeeper://127.0.0.1:{self.port}?timeout=3'


#: What a coordinator may be kept by.
COORDINATIONS: dict[str, Callable[[pathlib.Path], Server]] = {
    'etcd': Etcd,
    'memcached': Memcached,
    'redis': Redis,
    'zookeeper': Zookeeper,
}

DATABASES: dict[str, Callable[[pathlib.Path], Server]] = {
    'postgresql': Postgresql,
    'mariadb': Mariadb,
}
