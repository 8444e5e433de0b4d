"""Let everything go wrong, and see that nobody notices: ``python -m heatconv.tests.chaos``.

Starts servers and daemons of its own. Users ask for stacks all the time while daemons,
bus and database die at random; then all of it is left alone, and everything must be as
the users last asked, nothing lost, doubled or left over. Exits with 1 if it is not.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from heatconv.db import migration
from heatconv.db.database import Database
from heatconv.db.store import DatabaseStore
from heatconv.rpc.client import EngineClient, connect
from heatconv.runtime.ports import SystemClock, SystemIds
from heatconv.storage.stack_query import StackQuery
from heatconv.tests import servers
from heatconv.tests.chaos import verdict
from heatconv.tests.chaos.fleet import Fleet
from heatconv.tests.chaos.monkey import Monkey
from heatconv.tests.chaos.scaling_users import ScalingUser
from heatconv.tests.chaos.thing import World
from heatconv.tests.chaos.users import User

#: How long everything may take to come to rest once it is left alone.
REST_SECONDS = 180.0

#: One of so many users has a group that scales.
SCALING = 3

#: What a worker needs to notice the death of another, shorter than by default.
WORKER = {
    'lease_duration': 5.0,
    'heartbeat_interval': 1.0,
    'action_timeout': 2.5,
    'sweep_interval': 2.0,
    'poll_interval': 0.5,
}


def parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='python -m heatconv.tests.chaos', description=__doc__.split('\n\n')[0]
    )
    parser.add_argument(
        '--minutes',
        type=float,
        default=float(os.environ.get('CHAOS_MINUTES', 2)),
        help='how long things go wrong (default: CHAOS_MINUTES, or 2)',
    )
    parser.add_argument(
        '--seed',
        default=os.environ.get('CHAOS_SEED', str(random.randrange(10**6))),
        help='what is drawn: the same requests and the same faults (default: at random)',
    )
    parser.add_argument(
        '--database',
        choices=sorted(servers.DATABASES),
        help='which one (default: each, one after the other, for its share of the time)',
    )
    parser.add_argument('--stacks', type=int, default=20, help='how many users (default: 20)')
    parser.add_argument('--interval', type=float, default=2.5, help='seconds between two faults')
    parser.add_argument('--keep', action='store_true', help='keep all files')
    return parser.parse_args(argv)


class Chaos:
    """One run."""

    def __init__(self, args: argparse.Namespace, directory: pathlib.Path) -> None:
        self._args = args
        self._directory = directory
        self._began = time.monotonic()
        self._signal_port = servers.free_port()

    def tell(self, text: str) -> None:
        print(f'{time.monotonic() - self._began:7.1f}  {text}', flush=True)

    def run(self) -> list[str]:
        args = self._args
        with contextlib.ExitStack() as stack:
            running = self._servers(stack)
            fleet = Fleet(
                self._directory / 'fleet',
                running['database'].url,
                running['bus'].url,
                engines=2,
                workers=3,
                options=self._options(running),
            )
            database = Database(running['database'].url)
            stack.callback(database.close)
            migration.upgrade(database)
            self._store = DatabaseStore(database, SystemClock(), SystemIds())
            self._world = World(fleet.reality)
            for daemon in fleet.daemons:
                fleet.start(daemon)
                stack.callback(fleet.kill, daemon)
            self._wait(lambda: len(self._store.leases()) >= 3, 60)
            self.tell('all is up')
            users = [
                (ScalingUser if n % SCALING == 0 else User)(n, args.seed, self._connect(fleet))
                for n in range(args.stacks)
            ]
            for user in users:
                user.start()
            monkey = Monkey(
                fleet, running, args.seed, args.interval, WORKER['lease_duration'], self.tell
            )
            monkey.run(60 * args.minutes)
            for user in users:
                user.stop()
            # The last requests too are made while things go wrong.
            monkey.run(10)
            self.tell('left alone')
            left_alone = time.monotonic()
            for user in users:
                user.join(max(1.0, left_alone + REST_SECONDS - time.monotonic()))
            rested = self._wait(self._at_rest, REST_SECONDS)
            seconds = time.monotonic() - left_alone
            wrong = verdict.judge(users, self._store, self._world, WORKER['action_timeout'])
            wrong += [f'{one.name} is still asking' for one in users if one.is_alive()]
            if not rested:
                wrong.append('something is still under way')
            self._report(users, monkey, seconds)
            return wrong + self._farewell(users)

    def _servers(self, stack: contextlib.ExitStack) -> dict[str, servers.Server]:
        kinds: dict[str, Callable[[pathlib.Path], servers.Server]] = {
            'database': servers.DATABASES[self._args.database],
            'bus': servers.Rabbitmq,
            'coordination': servers.Redis,
        }
        running = {}
        for name, kind in kinds.items():
            made = running[name] = kind(self._directory / name)
            stack.callback(made.stop)
            made.start()
            self.tell(f'{made.name} listens on {made.port}')
        return running

    def _options(self, running: dict[str, servers.Server]) -> dict[str, dict[str, Any]]:
        return {
            'DEFAULT': {'transport_url': running['bus'].url, 'debug': False},
            'worker': WORKER,
            'signal': {
                'endpoint': f'http://127.0.0.1:{self._signal_port}',
                'port': self._signal_port,
                'key': 'chaos' * 8,
            },
            'coordination': {'backend_url': running['coordination'].url},
        }

    def _connect(self, fleet: Fleet) -> Callable[[], EngineClient]:
        def connected() -> EngineClient:
            return connect([str(fleet.config)], project_id='project', timeout=5.0)

        return connected

    def _wait(self, holds: Callable[[], bool], seconds: float) -> bool:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if holds():
                return True
            time.sleep(0.25)
        return False

    def _at_rest(self) -> bool:
        stacks = self._store.stacks(StackQuery(None))
        if any(one.status == 'IN_PROGRESS' or one.wish_id for one in stacks):
            return False
        return not self._store.claims() and not self._store.unsettled_rows(1)

    def _report(self, users: Sequence[User], monkey: Monkey, seconds: float) -> None:
        asked: Counter[str] = Counter()
        for user in users:
            asked += user.asked
        operations = self._world.operations()
        self.tell(f'at rest {seconds:.1f} s after it was left alone')
        for title, counts in (('faults', monkey.done), ('requests', asked)):
            listed = ', '.join(f'{count} {name}' for name, count in counts.most_common())
            self.tell(f'{title}: {listed}')
        self.tell(f'{len(operations)} operations on {len({one[3] for one in operations})} things')
        late = [one for one in self._world.refused() if one.is_late(WORKER['action_timeout'])]
        if late:
            self.tell(f'{len(late)} calls of stopped processes were refused')

    def _farewell(self, users: Sequence[User]) -> list[str]:
        """Delete all stacks: nothing may be left."""
        for user in users:
            identity = user.identity()
            if identity is not None:
                user.call('delete_stack', stack_identity=identity)
        if not self._wait(lambda: not self._store.stacks(StackQuery(None)), REST_SECONDS):
            return ['not all stacks can be deleted']
        return [f'{one.id} is left after all stacks are gone' for one in self._world.rows()]


def main(argv: Sequence[str] | None = None) -> int:
    """Run; return the exit code."""
    args = parsed(argv)
    # What the clients log of the outages is no news.
    logging.disable()
    databases = [args.database] if args.database else sorted(servers.DATABASES)[::-1]
    args.minutes /= len(databases)
    failed = 0
    for args.database in databases:
        failed |= _one(args)
    return failed


def _one(args: argparse.Namespace) -> int:
    """Run on one database; return 1 if something is wrong."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix='heatconv-chaos-'))
    directory.chmod(0o755)
    print(
        f'{args.database}, {args.minutes:g} minutes; the same faults and requests again: '
        f'--database {args.database} --minutes {args.minutes:g} --seed {args.seed}',
        flush=True,
    )
    wrong: list[str] = ['it was broken off']
    try:
        wrong = Chaos(args, directory).run()
    except servers.NotInstalled as error:
        wrong = [f'{error} is not installed on this machine']
    finally:
        if args.keep or wrong:
            print(f'files: {directory}')
        else:
            shutil.rmtree(directory, ignore_errors=True)
    for what in wrong:
        print(f'WRONG: {what}')
    print('something is wrong' if wrong else 'all is as the users last asked')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
