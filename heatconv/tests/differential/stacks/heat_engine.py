"""Heat's own engine in this process: a database in memory, no messages, no threads of its own.

Calls between engines are calls of functions. Casts and threads become jobs, which take turns
in a fixed order. A task of Heat that sleeps ends its turn.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable, Collection
from typing import Any

from heatconv.tests.differential.heat_side import PROJECT
from heatconv.tests.differential.stacks import turns
from heatconv.tests.differential.stacks.engines import Refused, StackEngine, Stuck

#: How many turns the work of one call may take.
_TURNS = 1_000


class HeatEngine(StackEngine):
    """Heat's engine and worker. There can be one in a process: Heat's state is global.

    :ivar errors: exceptions that ended a check or a thread.
    """

    name = 'Heat'

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            self._configure()
            self._start()

    def _configure(self) -> None:
        from oslo_service import backend

        backend.init_backend(backend.BackendType.THREADING)
        from heat.common import config, messaging  # noqa: F401
        from heat.db import api as db_api
        from heat.db import models
        from heat.engine import scheduler
        from heat.engine.clients.os.keystone import KeystoneClientPlugin, fake_keystoneclient
        from heat.objects import service
        from oslo_config import cfg
        from oslo_db import options

        logging.getLogger('heat').setLevel(logging.CRITICAL)
        cfg.CONF([], project='heat', default_config_files=[], default_config_dirs=[])
        for name, value in (
            ('convergence_engine', True),
            ('deferred_auth_method', 'password'),
            ('reauthentication_auth_method', ''),
            ('auth_encryption_key', 'x' * 32),
            ('error_wait_time', None),
            ('max_stacks_per_tenant', -1),
        ):
            cfg.CONF.set_override(name, value)
        options.set_defaults(cfg.CONF, connection='sqlite://')
        database = db_api.get_engine()
        for table in models.BASE.metadata.tables.values():
            # As other databases do: no id is used again.
            table.dialect_options['sqlite']['autoincrement'] = True
        models.BASE.metadata.create_all(database)
        messaging.setup('fake://', optional=True)
        messaging.get_rpc_client = lambda **target: _Client(self, target['topic'])
        scheduler.ENABLE_SLEEP = False
        scheduler.TaskRunner._sleep = lambda runner, seconds: turns.pause()
        # Heat limits concurrent chains to the number of its engines.
        service.Service.active_service_count = classmethod(lambda cls, context: 100)
        keystone = fake_keystoneclient.FakeKeystoneClient()
        KeystoneClientPlugin._create = lambda plugin, version=None: keystone

    def _start(self) -> None:
        from heat.common import context
        from heat.engine import service, worker
        from heat.objects import resource
        from heat.rpc import api, worker_api

        self._resource = resource.Resource
        self._context = context.RequestContext.from_dict(
            {
                'project_id': PROJECT,
                'tenant': PROJECT,
                'username': 'user',
                'user_id': 'user',
                'password': 'password',
                'roles': ['member'],
                'auth_url': 'http://keystone.invalid',
                'auth_token': 'token',
            }
        )
        self._expected = service.messaging.ExpectedException
        threads = _jobs(service.ThreadGroupManager, self._start_job)
        engine = service.EngineService('host', api.ENGINE_TOPIC)
        engine.engine_id = 'engine'
        engine.thread_group_mgr = threads
        engine.worker_service = worker.WorkerService(
            'host', worker_api.TOPIC, engine.engine_id, threads
        )
        self._endpoints = {
            api.ENGINE_TOPIC: engine,
            worker_api.TOPIC: engine.worker_service,
        }
        self._engine = engine
        self.errors: list[BaseException] = []
        self._jobs: list[tuple[str, Callable[[], object]]] = []

    def call(self, method: str, **arguments: Any) -> Any:
        try:
            return self._invoke(self._engine, self._context, method, arguments)
        except Exception as error:
            raise Refused(type(error).__name__, str(error)) from error

    def settle(self, last: Collection[str] = ()) -> None:
        paused: list[turns.Job] = []
        for _ in range(_TURNS):
            ready = self._next(but=last)
            if ready is None and self._advance(paused):
                continue
            ready = ready or self._next()
            if ready is not None:
                self._take_turn(turns.Job(ready), paused)
            elif not paused:
                return
        self._jobs.clear()
        raise Stuck('the jobs of Heat do not end')

    def _advance(self, paused: list[turns.Job]) -> bool:
        """Give each paused job a turn; return whether anything came of it."""
        before = len(paused), len(self._jobs)
        for job in [paused.pop(0) for _ in range(len(paused))]:
            self._take_turn(job, paused)
        return (len(paused), len(self._jobs)) != before

    def _take_turn(self, job: turns.Job, paused: list[turns.Job]) -> None:
        if not job.take_turn():
            paused.append(job)
        elif job.error is not None:
            # Heat logs it and goes on.
            self.errors.append(job.error)

    def _next(self, but: Collection[str] = ()) -> Callable[[], object] | None:
        """Take the next job out.

        They are taken in the order of their names: that of Heat's casts depends on hashes.
        """
        ready = [index for index, (name, _) in enumerate(self._jobs) if name not in but]
        if not ready:
            return None
        return self._jobs.pop(min(ready, key=lambda index: self._jobs[index][0]))[1]

    def _start_job(self, name: str, function: Callable[[], object]) -> None:
        self._jobs.append((name, function))

    def cast(self, context: Any, topic: str, method: str, arguments: Any) -> None:
        """Let a method be called later."""
        name = ''
        if method == 'check_resource':
            name = self._resource.get_obj(context, arguments['resource_id']).name
        endpoint = self._endpoints[topic]
        self._start_job(name, lambda: self._invoke(endpoint, context, method, arguments))

    def remote_call(self, context: Any, topic: str, method: str, arguments: Any) -> Any:
        """Call a method as if it were that of another process.

        The caller gets an exception as oslo.messaging delivers it.
        """
        from oslo_messaging._drivers import common

        try:
            return _plain(self._invoke(self._endpoints[topic], context, method, arguments))
        except Exception:
            sent = common.serialize_remote_exception(sys.exc_info())
        raise common.deserialize_remote_exception(sent, ['heat.common.exception'])

    def _invoke(self, endpoint: Any, context: Any, method: str, arguments: Any) -> Any:
        own = type(self._context).from_dict(context.to_dict())
        try:
            return getattr(endpoint, method)(own, **_plain(arguments))
        except self._expected as expected:
            raise expected.exc_info[1] from None


class _Client:
    """Stands for an RPC client of oslo.messaging."""

    def __init__(self, engine: HeatEngine, topic: str) -> None:
        self._engine = engine
        self._topic = topic

    def prepare(self, **options: Any) -> _Client:
        return self

    def call(self, context: Any, method: str, **arguments: Any) -> Any:
        return self._engine.remote_call(context, self._topic, method, arguments)

    def cast(self, context: Any, method: str, **arguments: Any) -> None:
        self._engine.cast(context, self._topic, method, arguments)


def _jobs(manager: type, start_job: Callable[[str, Callable[[], object]], None]) -> Any:
    """Make a manager of threads that starts jobs in place of threads."""

    class Jobs(manager):  # type: ignore[misc]
        def start(self, stack_id: Any, function: Any, *args: Any, **kwargs: Any) -> None:
            start_job('', lambda: function(*args, **kwargs))

    return Jobs()


def _plain(value: Any) -> Any:
    """Return a value as a message would deliver it."""
    from oslo_serialization import jsonutils

    return jsonutils.loads(jsonutils.dumps(value))
