"""Composition: build the parts of a process from its configuration, and connect them."""

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
from heatconv.cmd import signing
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
from heatconv.worker.at_once import AtOnce
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

    :param argv: the arguments; None for those of the process.
    :param prog: name of the program.
    :param description: description of the program for its help.
    :param conf: a ConfigOpts with further options registered; None for a new one.
    :return: the configuration.
    :raises SystemExit: with 2, if the command line or a file cannot be read.
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
    """Return the configured database.

    :raises SystemExit: with 2, if none is configured.
    """
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
    """Check that the database has the schema of this release.

    Wait for a database server that is down: it may be starting too.

    :raises SystemExit: with 1, if the schema is another one.
    """
    current, required = _current(database), migration.head()
    if current != required:
        sys.stderr.write(
            f'error: the database has schema {current or "none"}, this release needs {required}: '
            'run "heatconv-manage db sync" with the same configuration\n'
        )
        raise SystemExit(1)


def _current(database: Database) -> str | None:
    """Return the schema version of the database; None without a schema. Wait for the server."""
    warned = False
    while True:
        try:
            return migration.current(database)
        except StoreUnavailable as error:
            if not warned:
                LOG.warning('Waiting for the database, which does not answer: %s', error)
            warned = True
            time.sleep(WAIT_SECONDS)


@dataclass
class Parts:
    """The parts that both an engine and a worker need.

    :ivar bus: the transport of oslo.messaging.
    :ivar topics: the topics of this deployment.
    :ivar slot: the server name of this process, reserved on this host.
    :ivar partition: the group of processes that share the work; None without coordination.
    """

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
        """Return the name of the RPC server: messages to it reach this process alone."""
        return self.slot.name

    def close(self) -> None:
        """Send the announcements that wait, leave the group, and close all connections."""
        self.announcer.flush()
        if self.partition is not None:
            self.partition.stop()
        self.slot.release()
        self.bus.cleanup()
        self.database.close()


def parts(conf: cfg.ConfigOpts, kind: str) -> Parts:
    """Build the parts that both an engine and a worker need.

    It must be called after the fork: processes cannot share threads and connections.

    :param kind: engine or worker.
    """
    clock, ids = SystemClock(), SystemIds()
    db = database(conf)
    check_schema(db)
    store = DatabaseStore(db, clock, ids)
    registry = Registry.installed(DatabaseRecords(db), clock)
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
        database=db,
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
    """Return the configured limits of requests."""
    return Limits(
        max_stacks_per_project=conf.engine.max_stacks_per_project,
        max_resources_per_stack=conf.engine.max_resources_per_stack,
        timeout_mins=conf.engine.stack_timeout_mins,
        abandon=conf.engine.enable_stack_abandon,
        adopt=conf.engine.enable_stack_adopt,
        hidden_tags=tuple(conf.engine.hidden_stack_tags),
    )


def engine(conf: cfg.ConfigOpts, shared: Parts) -> Engine:
    """Build an engine; it asks the plugins of nested stacks what an update would change."""
    nest(conf, shared)
    return Engine(
        shared.store,
        shared.templates,
        shared.announcer,
        shared.clock,
        shared.ids,
        limits(conf),
        conf.engine.max_template_size,
    )


def nest(conf: cfg.ConfigOpts, shared: Parts, at_once: AtOnce | None = None) -> None:
    """Let the resource types that need them reach nested stacks and software configurations.

    :param at_once: converges small nested stacks; None if this process makes no plugin calls.
    """
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
            at_once,
        ),
        StoredConfigs(shared.store, shared.clock),
        signing.urls(conf),
        conf.engine.region_name,
    )


def presence(conf: cfg.ConfigOpts, shared: Parts, kind: str = 'engine') -> Callable[[], None]:
    """List a process among the services, with a lease; return a function that removes it.

    It claims no rows: its lease only shows that it is alive.

    :param kind: engine or signal.
    """
    lease = LeaseKeeper(
        shared.store, shared.clock, shared.ids, conf.worker.lease_duration, kind, shared.server
    )
    lease.start()
    stopping = threading.Event()
    thread = threading.Thread(
        target=beat, args=(lease, conf.worker.heartbeat_interval, stopping), daemon=True
    )
    thread.start()

    def end() -> None:
        stopping.set()
        thread.join()
        with contextlib.suppress(StoreUnavailable):
            lease.release()

    return end


def worker(conf: cfg.ConfigOpts, shared: Parts) -> Worker:
    """Build a worker; its plugins may request nested stacks."""
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
    nest(conf, shared, AtOnce(shared.registry, shared.clock))
    return worker
