"""Composition: build the parts of a daemon from its configuration."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import oslo_messaging
from oslo_config import cfg
from oslo_db import options as db_options
from oslo_log import log

from heatconv import conf as heatconv_conf
from heatconv.coordination.coordinator import PartitionCoordinator
from heatconv.coordination.membership import GROUP, GroupMembership, Slot
from heatconv.db import migration
from heatconv.db.database import Database
from heatconv.db.records import DatabaseRecords
from heatconv.db.store import DatabaseStore
from heatconv.engine.nested_stacks import NestedStacks
from heatconv.engine.requests.core import Limits, Requests
from heatconv.engine.service import Engine
from heatconv.engine.software_configs import StoredConfigs
from heatconv.resources.registry import Registry
from heatconv.rpc.announcer import RpcAnnouncer
from heatconv.rpc.api import Topics
from heatconv.rpc.transport import transport
from heatconv.runtime.context import LOG_FORMAT
from heatconv.runtime.ports import SystemClock, SystemIds
from heatconv.storage.base import StoreUnavailable
from heatconv.templates.cache import TemplateCache
from heatconv.version import VERSION
from heatconv.worker.lease import LeaseKeeper, beat
from heatconv.worker.service import Worker, WorkerOptions

LOG = log.getLogger(__name__)

#: Loggers that are too verbose for operators.
QUIET = ('alembic=WARN', 'cotyledon=WARN', 'amqp=ERROR')

#: Seconds between two attempts to reach a database that is down.
WAIT_SECONDS = 1.0

#: Options of oslo.db that configure the engine of SQLAlchemy.
DATABASE_OPTIONS = (
    'connection_recycle_time',
    'max_pool_size',
    'max_overflow',
    'pool_timeout',
    'max_retries',
    'retry_interval',
    'mysql_sql_mode',
)


def configure(
    argv: Sequence[str] | None,
    prog: str,
    description: str,
    conf: cfg.ConfigOpts | None = None,
) -> cfg.ConfigOpts:
    """Read the command line and the configuration files, and set up logging.

    Exit with 2 if they cannot be read.

    :param conf: has further options registered.
    """
    conf = conf or cfg.ConfigOpts()
    heatconv_conf.register_opts(conf)
    conf.register_opts(db_options.database_opts, group='database')
    log.register_options(conf)
    log.set_defaults(
        logging_context_format_string=LOG_FORMAT,
        default_log_levels=[*log.get_default_log_levels(), *QUIET],
    )
    try:
        conf(
            list(sys.argv[1:] if argv is None else argv),
            project='heatconv',
            prog=prog,
            version=VERSION,
            description=description,
        )
    except cfg.Error as error:
        sys.stderr.write(f'{prog}: error: {error}\n')
        raise SystemExit(2) from None
    log.setup(conf, 'heatconv')
    return conf


def database(conf: cfg.ConfigOpts) -> Database:
    """Return the configured database."""
    if not conf.database.connection:
        sys.stderr.write(
            'error: no database is configured: set [database] connection, for example to '
            'postgresql+psycopg2://user:password@host/heatconv\n'
        )
        raise SystemExit(2)
    options = {name: getattr(conf.database, name) for name in DATABASE_OPTIONS}
    return Database(
        conf.database.connection,
        **{name: value for name, value in options.items() if value is not None},
    )


def check_schema(database: Database) -> None:
    """Exit if the database does not have the schema of this release.

    A server that is down is waited for: it may be starting too.
    """
    current, required = _current(database), migration.head()
    if current != required:
        sys.stderr.write(
            f'error: the database has schema {current or "none"}, this release needs {required}: '
            'run "heatconv-manage db sync" with the same configuration\n'
        )
        raise SystemExit(1)


def _current(database: Database) -> str | None:
    waits = False
    while True:
        try:
            return migration.current(database)
        except StoreUnavailable as error:
            if not waits:
                LOG.warning('Waiting for the database, which does not answer: %s', error)
            waits = True
            time.sleep(WAIT_SECONDS)


@dataclass
class Parts:
    """The parts that engine and worker share."""

    bus: oslo_messaging.Transport
    topics: Topics
    database: Database
    store: DatabaseStore
    registry: Registry
    templates: TemplateCache
    announcer: RpcAnnouncer
    clock: SystemClock
    ids: SystemIds
    slot: Slot
    partition: GroupMembership | None

    @property
    def server(self) -> str:
        """Return the name that messages to this process alone are sent to."""
        return self.slot.name

    def close(self) -> None:
        self.announcer.flush()
        if self.partition is not None:
            self.partition.stop()
        self.slot.release()
        self.bus.cleanup()
        self.database.close()


def parts(conf: cfg.ConfigOpts, kind: str) -> Parts:
    """Build the parts that engine and worker share; after the fork, not before.

    :param kind: engine or worker.
    """
    clock, ids = SystemClock(), SystemIds()
    base = database(conf)
    check_schema(base)
    store = DatabaseStore(base, clock, ids)
    registry = Registry.installed(DatabaseRecords(base), clock)
    bus = transport(conf)
    topics = Topics(conf.engine.topic)
    slot = Slot(f'{topics.engine}-{kind}', socket.gethostname())
    partition = None
    if conf.coordination.backend_url:
        name = slot.name if kind == 'worker' else f'engine-{ids.fresh()}'
        partition = GroupMembership(
            PartitionCoordinator(name, conf),
            GROUP + topics.engine,
            kind == 'worker',
            conf.coordination.heartbeat,
        )
        partition.start()
    return Parts(
        bus=bus,
        topics=topics,
        database=base,
        store=store,
        registry=registry,
        templates=TemplateCache(store, registry, max_template_size=conf.engine.max_template_size),
        announcer=RpcAnnouncer(bus, topics, shares=partition),
        clock=clock,
        ids=ids,
        slot=slot,
        partition=partition,
    )


def limits(conf: cfg.ConfigOpts) -> Limits:
    """Return the upper bounds of requests."""
    return Limits(
        max_stacks_per_project=conf.engine.max_stacks_per_project,
        max_resources_per_stack=conf.engine.max_resources_per_stack,
        timeout_mins=conf.engine.stack_timeout_mins,
        abandon=conf.engine.enable_stack_abandon,
        adopt=conf.engine.enable_stack_adopt,
    )


def engine(conf: cfg.ConfigOpts, shared: Parts) -> Engine:
    """Build an engine."""
    return Engine(
        shared.store,
        shared.templates,
        shared.announcer,
        shared.clock,
        shared.ids,
        limits(conf),
        conf.engine.max_template_size,
    )


def presence(conf: cfg.ConfigOpts, shared: Parts) -> Callable[[], None]:
    """List an engine among the services; return a function that ends that.

    It claims nothing: its lease only shows that it is alive.
    """
    lease = LeaseKeeper(
        shared.store, shared.clock, shared.ids, conf.worker.lease_duration, 'engine', shared.server
    )
    lease.start()
    over = threading.Event()
    thread = threading.Thread(
        target=beat, args=(lease, conf.worker.heartbeat_interval, over), daemon=True
    )
    thread.start()

    def end() -> None:
        over.set()
        thread.join()
        with contextlib.suppress(StoreUnavailable):
            lease.release()

    return end


def worker(conf: cfg.ConfigOpts, shared: Parts) -> Worker:
    """Build a worker."""
    options = WorkerOptions(
        **{name: getattr(conf.worker, name) for name in WorkerOptions.__dataclass_fields__}
    )
    worker = Worker(
        shared.store,
        shared.registry,
        shared.templates,
        shared.announcer,
        shared.clock,
        shared.ids,
        options,
        shared.server,
        shared.partition,
        in_store=True,
    )
    shared.announcer.accept = worker.accept
    requests = Requests(
        shared.store, shared.templates, shared.announcer, shared.clock, shared.ids, limits(conf)
    )
    shared.registry.nest(
        NestedStacks(
            shared.store,
            shared.templates,
            requests,
            conf.engine.max_template_size,
            conf.engine.max_nested_stack_depth,
        ),
        StoredConfigs(shared.store, shared.clock),
    )
    return worker
