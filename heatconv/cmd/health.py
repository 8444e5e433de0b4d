"""The health check: test each part on the path of a request."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass

from oslo_config import cfg

from heatconv.cmd import composition
from heatconv.db import migration
from heatconv.db.store import DatabaseStore
from heatconv.exception import HeatconvException
from heatconv.rpc.api import Topics
from heatconv.rpc.client import EngineClient
from heatconv.rpc.transport import transport
from heatconv.runtime.ports import SystemClock, SystemIds
from heatconv.storage.base import StoreUnavailable
from heatconv.storage.values import Lease

#: Timeout of a call of an engine, in seconds.
ANSWER_SECONDS = 5.0


@dataclass(frozen=True)
class Finding:
    """The result of the check of one part.

    :ivar what: the part: database, engine, worker, signal or bus.
    :ivar well: whether the part works.
    :ivar detail: figures; if the part does not work, the fault and its remedy.
    """

    what: str
    well: bool
    detail: str


def look(conf: cfg.ConfigOpts) -> list[Finding]:
    """Check the database, the services that hold a lease, and a call of an engine on the bus."""
    database = composition.database(conf)
    try:
        version, required = migration.current(database), migration.head()
        if version != required:
            detail = f'schema {version or "none"}, not {required}: run "heatconv-manage db sync"'
            return [Finding('database', False, detail)]
        leases = DatabaseStore(database, SystemClock(), SystemIds()).leases()
    except StoreUnavailable as error:
        return [Finding('database', False, str(error))]
    finally:
        database.close()
    return [
        Finding('database', True, f'schema {version}'),
        *_services(conf, leases),
        _answer(conf),
    ]


def _services(conf: cfg.ConfigOpts, leases: list[Lease]) -> list[Finding]:
    """Check that at least one process of each daemon is alive."""
    now = time.time()
    takes_signals = conf.signal.endpoint and conf.signal.key
    alive = Counter(lease.kind for lease in leases if lease.expires_at > now)
    dead = Counter(lease.kind for lease in leases if lease.expires_at <= now)
    return [
        Finding(kind, alive[kind] > 0, f'{alive[kind]} alive, {dead[kind]} dead')
        for kind in ('engine', 'worker', *(('signal',) if takes_signals else ()))
    ]


def _answer(conf: cfg.ConfigOpts) -> Finding:
    """Call an engine on the bus."""
    bus = transport(conf)
    client = EngineClient(bus, 'health', timeout=ANSWER_SECONDS, topics=Topics(conf.engine.topic))
    began = time.monotonic()
    try:
        client.call('list_stacks', limit=1)
    except HeatconvException as error:
        return Finding('bus', False, str(error))
    finally:
        client.close()
    return Finding('bus', True, f'an engine answers in {time.monotonic() - began:.3f} s')
