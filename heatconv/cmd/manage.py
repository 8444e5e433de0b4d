"""The command of operators, ``heatconv-manage``: schema, services, health and purge."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from oslo_config import cfg

import heatconv.runtime.threads  # noqa: F401 - before oslo.messaging


def _db_sync(conf: cfg.ConfigOpts) -> int:
    """Migrate the database to the schema of this release."""
    from heatconv.cmd import composition
    from heatconv.db import migration

    database = composition.database(conf)
    before = migration.current(database)
    migration.upgrade(database)
    print(f'{before or "empty"} -> {migration.current(database)}')
    return 0


def _db_version(conf: cfg.ConfigOpts) -> int:
    """Print the schema version of the database; exit 1 if this release needs another one."""
    from heatconv.cmd import composition
    from heatconv.db import migration

    current, required = migration.current(composition.database(conf)), migration.head()
    if current == required:
        print(current)
        return 0
    print(f'{current or "empty"} (this release needs {required}: run "heatconv-manage db sync")')
    return 1


def _service_list(conf: cfg.ConfigOpts) -> int:
    """List engines and workers: alive or dead, uptime, lease, claims and queue."""
    now = time.time()
    store = _store(conf)
    head = ('lease', 'kind', 'server', 'pid', 'state', 'up s', 'lease s', 'claims', 'queue')
    claims = store.claims()
    rows = [
        (
            lease.id,
            lease.kind,
            lease.server or lease.host,
            lease.pid,
            'alive' if lease.expires_at > now else 'dead',
            f'{now - lease.started_at:.0f}',
            f'{lease.expires_at - now:.1f}',
            claims.get(lease.id, 0),
            lease.queued,
        )
        for lease in store.leases()
    ]
    if conf.command.format == 'json':
        print(json.dumps([dict(zip(head, row, strict=True)) for row in rows], indent=2))
        return 0
    format_line = '{:<36}  {:<6}  {:<24}  {:>8}  {:<5}  {:>8}  {:>7}  {:>6}  {:>6}'.format
    print(format_line(*head))
    for row in rows:
        print(format_line(*row))
    return 0


def _service_check(conf: cfg.ConfigOpts) -> int:
    """Check whether requests are served: database, bus, engine and worker; exit 1 if not."""
    from heatconv.cmd import health

    findings = health.look(conf)
    for finding in findings:
        print(f'{"ok" if finding.well else "FAILED":<8}{finding.what:<10}{finding.detail}')
    return 0 if all(finding.well for finding in findings) else 1


def _purge_deleted(conf: cfg.ConfigOpts) -> int:
    """Purge the stacks that were deleted more than some days ago."""
    before = time.time() - conf.command.days * 86_400
    print(f'{_store(conf).purge_deleted(before)} deleted stacks purged')
    return 0


def _store(conf: cfg.ConfigOpts) -> Any:
    """Return the store; exit if its schema is not that of this release."""
    from heatconv.cmd import composition
    from heatconv.db.store import DatabaseStore
    from heatconv.runtime.ports import SystemClock, SystemIds

    database = composition.database(conf)
    composition.check_schema(database)
    return DatabaseStore(database, SystemClock(), SystemIds())


def _add_commands(commands: Any) -> None:
    """Add the parsers of all commands."""
    database = commands.add_parser('db', help='Manage the schema of the database.')
    database = database.add_subparsers(dest='verb', required=True)
    database.add_parser('sync', help=_db_sync.__doc__).set_defaults(run=_db_sync)
    database.add_parser('version', help=_db_version.__doc__).set_defaults(run=_db_version)
    services = commands.add_parser('service', help='Inspect engines and workers.')
    services = services.add_subparsers(dest='verb', required=True)
    list_parser = services.add_parser('list', help=_service_list.__doc__)
    list_parser.add_argument('-f', '--format', choices=('table', 'json'), default='table')
    list_parser.set_defaults(run=_service_list)
    services.add_parser('check', help=_service_check.__doc__).set_defaults(run=_service_check)
    purge = commands.add_parser('purge-deleted', help=_purge_deleted.__doc__)
    purge.add_argument(
        'days',
        nargs='?',
        type=_days,
        default=90.0,
        help='Purge stacks that were deleted more than this many days ago (default: 90).',
    )
    purge.set_defaults(run=_purge_deleted)


def _days(text: str) -> float:
    """Return a number of days that is not negative."""
    days = float(text)
    if days < 0:
        raise ValueError('negative')
    return days


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code: 0, 1 if it failed, 2 for bad usage."""
    from heatconv.cmd import composition
    from heatconv.db.database import UNUSABLE

    conf = cfg.ConfigOpts()
    conf.register_cli_opt(cfg.SubCommandOpt('command', title='commands', handler=_add_commands))
    conf = composition.configure(
        argv, 'heatconv-manage', 'Manage the database and inspect the services.', conf
    )
    if conf.command.name is None:
        conf.print_help()
        return 2
    try:
        code: int = conf.command.run(conf)
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except UNUSABLE as error:
        cause = error.__cause__ or error
        reason = (str(getattr(cause, 'orig', None) or cause).splitlines() or ['?'])[0]
        sys.stderr.write(
            f'error: the database cannot be used: {reason}\n'
            'Check [database] connection, and that the server runs.\n'
        )
        return 1
    return code


if __name__ == '__main__':
    raise SystemExit(main())
