"""Embedded mode: engine and worker in this process, on SQLite and ``fake://``, without servers."""

from __future__ import annotations

import contextlib
import os
import pathlib
import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from oslo_config import cfg

import heatconv.runtime.threads  # noqa: F401 - before oslo.messaging
from heatconv.convergence.model import Stack, Status
from heatconv.db import migration
from heatconv.db.database import UNUSABLE, Database, sqlite_url
from heatconv.db.records import DatabaseRecords
from heatconv.db.store import DatabaseStore
from heatconv.engine.nested_stacks import NestedStacks
from heatconv.engine.requests.core import Requests
from heatconv.engine.service import Engine
from heatconv.engine.software_configs import StoredConfigs
from heatconv.hot.limits import MAX_TEMPLATE_SIZE
from heatconv.resources.registry import Registry
from heatconv.rpc import api
from heatconv.rpc.announcer import RpcAnnouncer
from heatconv.rpc.client import EngineClient
from heatconv.rpc.transport import server, transport
from heatconv.runtime import ports
from heatconv.signals.signatures import Signatures
from heatconv.signals.urls import SignedUrls
from heatconv.storage.stack_query import StackQuery
from heatconv.templates.cache import TemplateCache
from heatconv.worker.at_once import AtOnce
from heatconv.worker.endpoint import WorkerEndpoint
from heatconv.worker.service import Worker, WorkerOptions

#: Short intervals: there is no other host to wait for, and what a killed process left is
#: detected immediately.
OPTIONS = WorkerOptions(
    threads=4, poll_interval=0.2, lease_duration=10.0, action_timeout=4.0, sweep_interval=1.0
)


#: Port of the signal URLs, on which ``heatconv signal serve`` listens.
SIGNAL_PORT = 8006

#: Size limit of the body of a signal, in bytes.
SIGNAL_BODY_SIZE = 1_048_576

#: Name of the file with the key of signal URLs in the state directory.
KEY_FILE = 'signal.key'

#: Name of the database file in the state directory.
FILE = 'heatconv.sqlite'


class StateUnusable(Exception):
    """The state directory or its database cannot be used."""


class Embedded:
    """An engine and a worker in this process, which run from `start` to `stop`.

    :param state_dir: directory of the database; created if it does not exist.
    """

    client: EngineClient

    def __init__(self, state_dir: str | os.PathLike[str], project_id: str = 'default') -> None:
        self._state_dir = pathlib.Path(state_dir)
        self._project_id = project_id
        self._started: list[Any] = []
        self._interrupted: list[str] = []

    def start(self) -> None:
        """Start the engine and the worker, and continue the work that a killed process left.

        :raises StateUnusable: if the state cannot be read or written.
        """
        try:
            self._start()
        except (*UNUSABLE, OSError) as error:
            cause: BaseException = error.__cause__ or error
            message = str(getattr(cause, 'orig', None) or cause)
            raise StateUnusable((message.splitlines() or ['?'])[0]) from error

    def _start(self) -> None:
        self._state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = self._state_dir / FILE
        # The file may contain secrets, and an existing directory may have any mode.
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        database = Database(sqlite_url(file), max_retries=1)
        self._started.append(database.close)
        if migration.current(database) != migration.head():
            migration.upgrade(database)
        clock, ids = ports.SystemClock(), ports.SystemIds()
        self.store = DatabaseStore(database, clock, ids)
        registry = Registry.installed(DatabaseRecords(database), clock)
        templates = TemplateCache(self.store, registry)
        self._note_interrupted()

        conf = cfg.ConfigOpts()
        conf([], project='heatconv', default_config_files=[])
        # A unique exchange: the exchanges of the fake driver are global to the process.
        bus = transport(conf, 'fake://', exchange=ids.fresh())
        self._started.append(bus.cleanup)
        announcer = RpcAnnouncer(bus)
        self.worker = Worker(
            self.store, registry, templates, announcer, clock, ids, OPTIONS, in_store=True
        )
        announcer.accept = self.worker.accept
        requests = Requests(self.store, templates, announcer, clock, ids)
        at_once = AtOnce(registry, clock)
        children = NestedStacks(
            self.store, templates, requests, MAX_TEMPLATE_SIZE, at_once=at_once
        )
        self.signatures = Signatures([signal_key(self._state_dir / KEY_FILE)])
        registry.nest(
            children,
            StoredConfigs(self.store, clock),
            SignedUrls(f'http://127.0.0.1:{SIGNAL_PORT}', self.signatures),
        )
        self.registry = registry
        engine = Engine(self.store, templates, announcer, clock, ids)
        announcer.accept_wish = engine.wishes.accept
        self._started.append(engine.wishes.stop)
        self.worker.start()
        self._started.append(self.worker.stop)
        topics = api.DEFAULT_TOPICS
        for topic, endpoints in (
            (topics.engine, engine.endpoints),
            (topics.prepare, [engine.prepare]),
            (topics.check, [WorkerEndpoint(self.worker)]),
        ):
            rpc_server = server(bus, topic, 'embedded', endpoints)
            rpc_server.start()
            self._started.append(_stopper(rpc_server))
        self.client = EngineClient(bus, self._project_id, _user(), timeout=600)
        if self._interrupted:
            self.worker.sweep(lost_after=0.0)

    def serve_signals(self) -> Callable[[], None]:
        """Take signals by HTTP on loopback; return a function that ends it.

        :raises OSError: if the port is in use.
        """
        from heatconv.cmd.signing import application
        from heatconv.signals.rate import RateLimit
        from heatconv.signals.server import SignalServer

        served = application(
            self.store, self.registry, self.signatures, RateLimit(0, 1), SIGNAL_BODY_SIZE
        )
        # Another process may have another state directory: it must not get these signals.
        server = SignalServer(served, '127.0.0.1', SIGNAL_PORT, OPTIONS.threads)
        server.start()
        return server.stop

    def interrupted(self) -> list[str]:
        """Return the names of the stacks that a killed process left in progress.

        A nested stack is listed only if its owner was at rest: then a signal has begun the action.
        """
        return self._interrupted

    def in_progress(self) -> frozenset[str]:
        """Return the ids of the stacks that are in progress, nested ones too."""
        return frozenset(stack.id for stack in self._in_progress())

    def wait_idle(
        self, timeout: float | None = None, besides: frozenset[str] = frozenset()
    ) -> bool:
        """Wait until no stack is in progress.

        :param timeout: in seconds; None to wait without a limit.
        :param besides: ids of stacks that may be in progress.
        :return: False if the timeout has passed.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.in_progress() <= besides:
            if deadline is not None and time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def stop(self) -> None:
        """Stop everything that was started, in reverse order."""
        while self._started:
            self._started.pop()()

    def _in_progress(self) -> Sequence[Stack]:
        query = StackQuery(
            None, statuses=(Status.IN_PROGRESS,), sort=(('name', False),), nested=True
        )
        return self.store.stacks(query)

    def _note_interrupted(self) -> None:
        """Void the leases of dead processes of this host, and note the interrupted stacks.

        While another process still holds a lease, no stack counts as interrupted.
        """
        host = socket.gethostname()
        leases = self.store.leases()
        dead = [lease.id for lease in leases if lease.host == host and not _alive(lease.pid)]
        if dead:
            self.store.void_leases(0.0, dead)
        if len(dead) == len(leases):
            stacks = self._in_progress()
            ids = {stack.id for stack in stacks}
            # A nested stack is a part of the action on its owner.
            self._interrupted = [stack.name for stack in stacks if stack.owner_id not in ids]


def signal_key(file: pathlib.Path) -> str:
    """Return the key of signal URLs; create it at the first call.

    :raises OSError: if the file cannot be read or written.
    """
    if not file.exists():
        # A link never replaces a file: of two processes at the same time, one wins.
        draft = file.with_name(f'{file.name}.{os.getpid()}')
        with open(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), 'w') as opened:
            opened.write(secrets.token_hex(32))
            opened.flush()
            os.fsync(opened.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
        draft.unlink()
    return file.read_text()


def _alive(pid: int) -> bool:
    """Say whether a process of this host exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _stopper(rpc_server: Any) -> Any:
    """Return a function that stops a server without waiting for its next poll of the bus.

    No work is lost: the next command finds the nodes that are cast from now on.
    """
    return threading.Thread(target=rpc_server.stop, daemon=True).start


def _user() -> str:
    return os.environ.get('USER') or ''
