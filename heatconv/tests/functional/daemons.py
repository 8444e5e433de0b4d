"""Real daemons, as an operator starts them, each set-up with its own database."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

import fixtures

from heatconv.db.records import DatabaseRecords
from heatconv.db.store import DatabaseStore
from heatconv.rpc.client import EngineClient, connect
from heatconv.runtime.ports import SystemClock, SystemIds
from heatconv.storage.values import Lease
from heatconv.tests.servers import free_port

RABBIT_URL = os.environ.get('HEATCONV_TEST_RABBIT_URL', 'rabbit://guest:guest@127.0.0.1:5672/')

STARTS_SECONDS = 60


class Daemons(fixtures.Fixture):
    """One engine and a worker daemon of two processes.

    :param database: makes the fixture of the database.
    :param signals: whether ``heatconv-signal`` runs too.
    :param options: lines of the section ``[worker]``.
    """

    def __init__(self, database: Callable[[], Any], signals: bool = False, **options: Any) -> None:
        super().__init__()
        self._database = database
        self._signals = signals
        self.signal_port = free_port()
        self._options = {'workers': 2, 'poll_interval': 0.2, 'sweep_interval': 1.0, **options}

    def _setUp(self) -> None:
        self.database = self.useFixture(self._database())
        self.store = DatabaseStore(self.database.database, SystemClock(), SystemIds())
        self.records = DatabaseRecords(self.database.database)
        self.directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.topic = 'heatconv_test_' + uuid.uuid4().hex[:12]
        self.config = self.directory / 'heatconv.conf'
        lines = [f'{name} = {value}' for name, value in self._options.items()]
        self.config.write_text(
            '\n'.join(
                [
                    '[DEFAULT]',
                    f'transport_url = {RABBIT_URL}',
                    f'control_exchange = {self.topic}',
                    '[oslo_messaging_rabbit]',
                    'amqp_auto_delete = true',
                    '[database]',
                    f'connection = {self.database.url}',
                    '[engine]',
                    f'topic = {self.topic}',
                    '[coordination]',
                    f'backend_url = file://{self.directory}/coordination',
                    '[signal]',
                    *(self._signal_options() if self._signals else ()),
                    '[worker]',
                    *lines,
                    '',
                ]
            )
        )
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.addCleanup(self._stop_all)
        self.daemons = ('engine', 'worker', *(('signal',) if self._signals else ()))
        for name in self.daemons:
            self.start(name)
        self.wait(lambda: len(self.workers()) == self._options['workers'], 'the workers')
        self.client = self.connected()
        self.wait(self._answers, 'the engine')

    def _signal_options(self) -> list[str]:
        key = uuid.uuid4().hex
        return [
            f'endpoint = http://127.0.0.1:{self.signal_port}',
            f'key = {key}',
            f'port = {self.signal_port}',
            'max_rate = 0',
        ]

    def workers(self) -> list[Lease]:
        """Return the leases of workers."""
        return [one for one in self.store.leases() if one.kind == 'worker']

    def start(self, name: str) -> None:
        """Start a daemon."""
        with open(self.directory / f'{name}.log', 'ab') as output:
            self.processes[name] = subprocess.Popen(
                [sys.executable, '-m', f'heatconv.cmd.{name}', '--config-file', str(self.config)],
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def log(self, name: str) -> str:
        """Return what a daemon has logged."""
        return (self.directory / f'{name}.log').read_text()

    def stop(self, name: str, seconds: float = 60) -> int:
        """Stop a daemon with SIGTERM and return its exit code."""
        process = self.processes.pop(name)
        process.terminate()
        return process.wait(seconds)

    def kill(self, name: str) -> None:
        """Kill a daemon with all its processes, as a power cut would."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def connected(self, project_id: str = 'project') -> EngineClient:
        """Return a client."""
        client = connect([str(self.config)], project_id=project_id)
        self.addCleanup(client.close)
        return client

    def wait(self, holds: Callable[[], Any], what: str, seconds: float = STARTS_SECONDS) -> Any:
        """Wait until something holds."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            found = holds()
            if found:
                return found
            time.sleep(0.1)
        logs = '\n'.join(f'{name}:\n{self.log(name)[-3000:]}' for name in self.daemons)
        raise AssertionError(f'{what}: not within {seconds} s\n{logs}')

    def at_rest(self, identity: Any, seconds: float = 60) -> str:
        """Wait until a stack is not under way; return action and status."""

        def status() -> str | None:
            stack = self.store.stack(identity['stack_id'])
            assert stack is not None
            return None if stack.status == 'IN_PROGRESS' else f'{stack.action}_{stack.status}'

        return str(self.wait(status, f'the rest of {identity["stack_name"]}', seconds))

    def _answers(self) -> bool:
        from heatconv.exception import Unavailable

        client = connect([str(self.config)], project_id='project')
        with contextlib.closing(client):
            client._client = client._client.prepare(timeout=2)
            with contextlib.suppress(Unavailable):
                client.call('list_stacks')
                return True
        return False

    def _stop_all(self) -> None:
        for name in list(self.processes):
            process = self.processes.pop(name)
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
