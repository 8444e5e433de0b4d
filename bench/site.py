"""A deployment to measure: servers, one engine and workers, as an operator starts them."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from bench import servers, waits
from bench.processes import cpu_seconds, forget_peak, peak_bytes, tree
from heatconv.rpc.client import EngineClient, connect

#: Size limit of templates in bytes, above the size of any measured template.
MAX_TEMPLATE_SIZE = 1_000_000_000
#: Timeout of a call of the engine, in seconds.
ANSWER_SECONDS = 900


class Site:
    """Engine, workers, database and broker of one measurement.

    :param directory: where configuration, logs and plugins are written.
    :param workers: number of worker processes.
    :param options: further options of the section ``[worker]``.
    """

    def __init__(
        self,
        directory: pathlib.Path,
        database: Any,
        broker: Any,
        workers: int,
        options: dict[str, Any],
    ) -> None:
        self.directory = directory
        self.database = database
        self.broker = broker
        self.config = directory / 'heatconv.conf'
        self.workers = workers
        self.config.write_text(
            '\n'.join(
                [
                    '[DEFAULT]',
                    f'transport_url = {broker.url}',
                    f'rpc_response_timeout = {ANSWER_SECONDS}',
                    '[database]',
                    f'connection = {database.url}',
                    '[engine]',
                    f'max_template_size = {MAX_TEMPLATE_SIZE}',
                    'max_resources_per_stack = -1',
                    'max_stacks_per_project = -1',
                    'stack_timeout_mins = 1440',
                    '[coordination]',
                    f'backend_url = file://{directory}/coordination',
                    '[worker]',
                    f'workers = {workers}',
                    *(f'{name} = {value}' for name, value in options.items()),
                    '',
                ]
            )
        )
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Create the schema, start the daemons, and wait until they serve."""
        plugins = self.directory / 'plugins'
        waits.install(plugins)
        root = str(pathlib.Path(__file__).parents[1])
        cloud = self.directory / 'cloud'
        cloud.mkdir()
        environment = {
            **os.environ,
            'PYTHONPATH': os.pathsep.join([root, str(plugins)]),
            waits.CLOUD: str(cloud),
        }
        arguments = ['--config-file', str(self.config)]
        manage = [sys.executable, '-m', 'heatconv.cmd.manage', *arguments, 'db', 'sync']
        subprocess.run(manage, check=True, stdout=subprocess.DEVNULL)
        for name in ('engine', 'worker'):
            with open(self.directory / f'{name}.log', 'ab') as output:
                self._daemons[name] = subprocess.Popen(
                    [sys.executable, '-m', f'heatconv.cmd.{name}', *arguments],
                    stdout=output,
                    stderr=output,
                    env=environment,
                )
        self.client = self.connected()
        servers.wait_until(self._all_serve, 'the start of the daemons')

    def connected(self) -> EngineClient:
        """Return a new client of the engine."""
        return connect([str(self.config)], project_id='bench')

    def stop(self) -> None:
        """Stop the daemons."""
        for process in self._daemons.values():
            process.terminate()
        for process in self._daemons.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()

    def log(self) -> str:
        """Return the logs of the daemons."""
        return ''.join((self.directory / f'{kind}.log').read_text() for kind in self._daemons)

    def cpu(self) -> dict[str, float]:
        """Return the CPU seconds that each part has used so far, by its name."""
        engine, *_ = self._forked('engine')
        used = {'engine': cpu_seconds(engine)}
        for number, pid in enumerate(self._forked('worker'), 1):
            used[f'worker-{number}'] = cpu_seconds(pid)
        used['database'] = cpu_seconds(self.database._process.pid)
        used['broker'] = cpu_seconds(self.broker._process.pid)
        return used

    def peaks(self) -> dict[str, int]:
        """Return the peak resident size of each process of the daemons, in bytes, by its name."""
        peaks = {'engine': peak_bytes(self._forked('engine')[0])}
        for number, pid in enumerate(self._forked('worker'), 1):
            peaks[f'worker-{number}'] = peak_bytes(pid)
        return peaks

    def forget_peaks(self) -> None:
        """Reset the peak resident sizes of all processes of the daemons."""
        for name in self._daemons:
            for pid in self._forked(name):
                forget_peak(pid)

    @contextlib.contextmanager
    def rows(self) -> Iterator[sa.Connection]:
        """Yield a connection to the database, for reading."""
        engine = sa.create_engine(self.database.url, poolclass=sa.pool.NullPool)
        with engine.connect() as connection:
            yield connection

    def _forked(self, name: str) -> list[int]:
        """Return the ids of the processes that a daemon has forked; these do its work."""
        return tree(self._daemons[name].pid)[1:]

    def _all_serve(self) -> bool:
        """Say whether all processes serve.

        :raises RuntimeError: if a daemon has ended.
        """
        for name, process in self._daemons.items():
            if process.poll() is not None:
                raise RuntimeError(f'{name} has ended:\n{self.log()[-3000:]}')
        # Call no process before it serves: the call would be lost, and wait for its timeout.
        if self.log().count('Serving') < 1 + self.workers:
            return False
        with self.rows() as connection:
            kinds = list(connection.execute(sa.text('SELECT kind FROM lease')).scalars())
        return kinds.count('worker') == self.workers and kinds.count('engine') == 1


@contextlib.contextmanager
def site(store: str, workers: int, **options: Any) -> Iterator[Site]:
    """Start a deployment; stop it and remove its files at the end.

    After a failure, the files are copied to the directory that the environment variable BENCH_KEEP
    names.

    :param store: postgresql or mariadb.
    :param workers: number of worker processes.
    :param options: options of the section ``[worker]``.
    """
    with tempfile.TemporaryDirectory(prefix='heatconv-bench-') as name:
        directory = pathlib.Path(name)
        os.chmod(directory, 0o755)
        with contextlib.ExitStack() as stack:
            database = servers.start(servers.DATABASES[store], directory / 'database')
            stack.callback(database.stop)
            broker = servers.start(servers.Rabbitmq, directory / 'broker')
            stack.callback(broker.stop)
            deployment = Site(directory, database, broker, workers, options)
            stack.callback(deployment.stop)
            try:
                deployment.start()
                yield deployment
            except BaseException:
                kept_directory = os.environ.get('BENCH_KEEP')
                if kept_directory:
                    shutil.copytree(directory, kept_directory, ignore_dangling_symlinks=True)
                raise
