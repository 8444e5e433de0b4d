"""Build the parts of a daemon from its configuration."""

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

#: What says more than an operator wants to read.
QUIET = ('alembic=WARN', 'cotyledon=WARN', 'amqp=ERROR')

#: Seconds between two tries to reach a database that is away.
WAIT_SECONDS = 1.0

#: Options of oslo.db that go into the engine of SQLAlchemy.
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
    """Read command line and configuration files, and set up logging.

    Ends the process with 2 if they cannot be read.

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
    """End the process if the database has not the schema of this release.

    A server that is away is waited for: it may be starting too.
    """
    found, wanted = _current(database), migration.head()
    if found != wanted:
        sys.stderr.write(
            f'error: the database has schema {found or "none"}, this release needs {wanted}: '
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
    """What engine and worker are built from."""

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
        """Return the name that messages for this process alone go to."""
        return self.slot.name

    def close(self) -> None:
        self.announcer.flush()
        if self.partition is not None:
            self.partition.stop()
        self.slot.release()
        self.bus.cleanup()
        self.database.close()


def parts(conf: cfg.ConfigOpts, kind: str) -> Parts:
    """Build what engine and worker share; after the fork, not before.

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
    """Return what users may ask for at most."""
    return Limits(
        max_stacks_per_project=conf.engine.max_stacks_per_project,
        max_resources_per_stack=conf.engine.max_resources_per_stack,
        timeout_mins=conf.engine.stack_timeout_mins,
        abandon=conf.engine.enable_stack_abandon,
        adopt=conf.engine.enable_stack_adopt,
    )


def engine(conf: cfg.ConfigOpts, made: Parts) -> Engine:
    """Build an engine."""
    return Engine(
        made.store,
        made.templates,
        made.announcer,
        made.clock,
        made.ids,
        limits(conf),
        conf.engine.max_template_size,
    )


def presence(conf: cfg.ConfigOpts, made: Parts) -> Callable[[], None]:
    """Have an engine listed among the services; return what ends that.

    It claims nothing: its lease only tells that it is there.
    """
    lease = LeaseKeeper(
        made.store, made.clock, made.ids, conf.worker.lease_duration, 'engine', made.server
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


def worker(conf: cfg.ConfigOpts, made: Parts) -> Worker:
    """Build a worker."""
    options = WorkerOptions(
        **{name: getattr(conf.worker, name) for name in WorkerOptions.__dataclass_fields__}
    )
    worker = Worker(
        made.store,
        made.registry,
        made.templates,
        made.announcer,
        made.clock,
        made.ids,
        options,
        made.server,
        made.partition,
        in_store=True,
    )
    made.announcer.accept = worker.accept
    requests = Requests(
        made.store, made.templates, made.announcer, made.clock, made.ids, limits(conf)
    )
    made.registry.nest(
        NestedStacks(
            made.store,
            made.templates,
            requests,
            conf.engine.max_template_size,
            conf.engine.max_nested_stack_depth,
        ),
        StoredConfigs(made.store, made.clock),
    )
    return worker
