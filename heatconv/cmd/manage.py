"""The command of operators: ``heatconv-manage``."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any

from oslo_config import cfg

from heatconv import concurrency  # noqa: F401


def _db_sync(conf: cfg.ConfigOpts) -> int:
    """Bring the database to the schema of this release."""
    from heatconv.cmd import composition
    from heatconv.db import migration

    database = composition.database(conf)
    before = migration.current(database)
    migration.upgrade(database)
    print(f'{before or "empty"} -> {migration.current(database)}')
    return 0


def _db_version(conf: cfg.ConfigOpts) -> int:
    """Print the schema of the database; exit 1 if this release needs another."""
    from heatconv.cmd import composition
    from heatconv.db import migration

    found, wanted = migration.current(composition.database(conf)), migration.head()
    if found == wanted:
        print(found)
        return 0
    print(f'{found or "empty"} (this release needs {wanted}: run "heatconv-manage db sync")')
    return 1


def _service_list(conf: cfg.ConfigOpts) -> int:
    """List the workers that hold a lease."""
    now = time.time()
    store = _store(conf)
    row = '{:<36}  {:<8}  {:<24}  {:>8}  {:<6}  {:>8}  {:>6}'.format
    print(row('lease', 'kind', 'host', 'pid', 'state', 'age s', 'claims'))
    claims = store.claims()
    for lease in store.leases():
        state = 'alive' if lease.expires_at > now else 'dead'
        age = f'{now - lease.started_at:.0f}'
        print(
            row(lease.id, lease.kind, lease.host, lease.pid, state, age, claims.get(lease.id, 0))
        )
    return 0


def _purge_deleted(conf: cfg.ConfigOpts) -> int:
    """Forget stacks that were deleted some days ago."""
    before = time.time() - conf.command.days * 86_400
    print(f'{_store(conf).purge_deleted(before)} deleted stacks forgotten')
    return 0


def _store(conf: cfg.ConfigOpts) -> Any:
    from heatconv.cmd import composition
    from heatconv.db.store import DatabaseStore
    from heatconv.ports import SystemClock, SystemIds

    database = composition.database(conf)
    composition.check_schema(database)
    return DatabaseStore(database, SystemClock(), SystemIds())


def _add_commands(commands: Any) -> None:
    database = commands.add_parser('db', help='The schema of the database.')
    database = database.add_subparsers(dest='verb', required=True)
    database.add_parser('sync', help=_db_sync.__doc__).set_defaults(run=_db_sync)
    database.add_parser('version', help=_db_version.__doc__).set_defaults(run=_db_version)
    services = commands.add_parser('service', help='The processes at work.')
    services = services.add_subparsers(dest='verb', required=True)
    services.add_parser('list', help=_service_list.__doc__).set_defaults(run=_service_list)
    purge = commands.add_parser('purge-deleted', help=_purge_deleted.__doc__)
    purge.add_argument(
        'days',
        nargs='?',
        type=_days,
        default=90.0,
        help='Forget what was deleted more than so many days ago (default: 90).',
    )
    purge.set_defaults(run=_purge_deleted)


def _days(text: str) -> float:
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
        argv, 'heatconv-manage', 'Operate the database and look at the services.', conf
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
        why = (str(getattr(cause, 'orig', None) or cause).splitlines() or ['?'])[0]
        sys.stderr.write(
            f'error: the database cannot be used: {why}\n'
            'Is [database] connection right, and does the server run?\n'
        )
        return 1
    return code


if __name__ == '__main__':
    raise SystemExit(main())
