"""Engine and worker in this process, on SQLite and ``fake://``: no server needed."""

from __future__ import annotations

import os
import pathlib
import socket
import threading
import time
from typing import Any

from oslo_config import cfg

import heatconv.runtime.threads  # noqa: F401 - before oslo.messaging
from heatconv.convergence.model import Status
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
from heatconv.storage.base import StackQuery
from heatconv.templates.cache import TemplateCache
from heatconv.worker.endpoint import WorkerEndpoint
from heatconv.worker.service import Worker, WorkerOptions

#: Nobody waits for another host here: what a killed process left is seen at once.
OPTIONS = WorkerOptions(
    threads=4, poll_interval=0.2, lease_duration=10.0, action_timeout=4.0, sweep_interval=1.0
)


#: The database, in the state directory.
FILE = 'heatconv.sqlite'


class StateUnusable(Exception):
    """The state directory, or what is in it, cannot be used."""


class Embedded:
    """Runs everything between `start` and `stop`.

    :param state_dir: where the database is; made if it is not there.
    """

    client: EngineClient

    def __init__(self, state_dir: str | os.PathLike[str], project_id: str = 'default') -> None:
        self._state_dir = pathlib.Path(state_dir)
        self._project_id = project_id
        self._started: list[Any] = []
        self._interrupted: list[str] = []

    def start(self) -> None:
        """Start engine and worker, and take up what a killed process left.

        :raises StateUnusable: if the state cannot be read or written.
        """
        try:
            self._start()
        except (*UNUSABLE, OSError) as error:
            cause: BaseException = error.__cause__ or error
            text = str(getattr(cause, 'orig', None) or cause)
            raise StateUnusable((text.splitlines() or ['?'])[0]) from error

    def _start(self) -> None:
        self._state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = self._state_dir / FILE
        # What is in it may be secret, whoever made the directory.
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
        # An exchange of its own: the fake driver's are those of the process.
        bus = transport(conf, 'fake://', exchange=ids.fresh())
        self._started.append(bus.cleanup)
        announcer = RpcAnnouncer(bus)
        self.worker = Worker(
            self.store, registry, templates, announcer, clock, ids, OPTIONS, in_store=True
        )
        announcer.accept = self.worker.accept
        requests = Requests(self.store, templates, announcer, clock, ids)
        children = NestedStacks(self.store, templates, requests, MAX_TEMPLATE_SIZE)
        registry.nest(children, StoredConfigs(self.store, clock))
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
            serving = server(bus, topic, 'embedded', endpoints)
            serving.start()
            self._started.append(_stopper(serving))
        self.client = EngineClient(bus, self._project_id, _user(), timeout=600)
        if self._interrupted:
            self.worker.sweep(patience=0.0)

    def interrupted(self) -> list[str]:
        """Return the names of the stacks that a killed process left under way."""
        return self._interrupted

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Wait until no stack is under way; return False if that takes too long."""
        ends = None if timeout is None else time.monotonic() + timeout
        while self._under_way():
            if ends is not None and time.monotonic() > ends:
                return False
            time.sleep(0.05)
        return True

    def stop(self) -> None:
        """Stop everything that was started, the last first."""
        while self._started:
            self._started.pop()()

    def _under_way(self) -> list[str]:
        query = StackQuery(
            None, statuses=(Status.IN_PROGRESS,), sort=(('name', False),), nested=True
        )
        return [stack.name for stack in self.store.stacks(query)]

    def _note_interrupted(self) -> None:
        """Void the leases of processes of this host that are no more."""
        here = socket.gethostname()
        leases = self.store.leases()
        dead = [one.id for one in leases if one.host == here and not _alive(one.pid)]
        if dead:
            self.store.void_leases(0.0, dead)
        if len(dead) == len(leases):
            self._interrupted = self._under_way()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _stopper(serving: Any) -> Any:
    """Return what stops a server, without waiting for its next look at the bus.

    Nothing is lost: what is cast from now on is found by the next command.
    """
    return threading.Thread(target=serving.stop, daemon=True).start


def _user() -> str:
    return os.environ.get('USER') or ''
