"""What goes wrong: daemons, the bus, the database and the coordination die at random."""

from __future__ import annotations

import heapq
import itertools
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Mapping

from heatconv.tests.chaos.fleet import Daemon, Fleet
from heatconv.tests.servers import Server

#: How often each thing happens, relative to each other.
WEIGHTS = {
    'kill a daemon': 60,
    'kill a child': 25,
    'stop a worker': 5,
    'restart a daemon': 4,
    'bus': 5,
    'database': 5,
    'coordination': 3,
}


class Monkey:
    """Does one thing after another, and puts it right a little later.

    :param interval: mean seconds between two things.
    :param lease: seconds of a lease: a stopped worker sleeps longer than that.
    :param tell: is told what happens.
    """

    def __init__(
        self,
        fleet: Fleet,
        servers: Mapping[str, Server],
        seed: str,
        interval: float,
        lease: float,
        tell: Callable[[str], None],
    ) -> None:
        self._fleet = fleet
        self._servers = servers
        self._source = random.Random(f'{seed}/monkey')
        self._interval = interval
        self._lease = lease
        self._tell = tell
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._serial = itertools.count()
        #: Servers that are down just now.
        self._down: set[str] = set()
        self.done: Counter[str] = Counter()

    def run(self, seconds: float) -> None:
        """Go on for some seconds; afterwards everything is up again."""
        ends = time.monotonic() + seconds
        next_at = time.monotonic()
        while time.monotonic() < ends:
            self._put_right(time.monotonic())
            if time.monotonic() >= next_at:
                self._do_something()
                next_at = time.monotonic() + self._source.expovariate(1 / self._interval)
            time.sleep(0.05)
        while self._due:
            self._put_right(time.monotonic())
            time.sleep(0.05)
        for daemon in self._fleet.daemons:
            if not daemon.alive:
                self._fleet.start(daemon)

    def _put_right(self, until: float) -> None:
        while self._due and self._due[0][0] <= until:
            heapq.heappop(self._due)[2]()

    def _later(self, seconds: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._due, (time.monotonic() + seconds, next(self._serial), what))

    def _do_something(self) -> None:
        what = self._source.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        if what in ('bus', 'database', 'coordination'):
            if what in self._servers and what not in self._down:
                self._outage(what)
            return
        up = [one for one in self._fleet.daemons if one.alive and not one.stopped]
        if what == 'stop a worker':
            up = [one for one in up if one.kind == 'worker']
        if not up:
            return
        daemon = self._source.choice(up)
        if what == 'kill a daemon':
            self._kill(daemon)
        elif what == 'kill a child':
            if self._fleet.kill_child(daemon):
                self._happened('kill -9', f'a process of {daemon.name}')
        elif what == 'stop a worker':
            self._freeze(daemon)
        else:
            self._fleet.signal(daemon, signal.SIGTERM)
            self._happened('SIGTERM', daemon.name)
            process = daemon.process
            self._later(1.0, lambda: self._restart(daemon, process))

    def _happened(self, kind: str, to: str) -> None:
        self.done[kind] += 1
        self._tell(f'{kind} {to}')

    def _kill(self, daemon: Daemon) -> None:
        self._fleet.kill(daemon)
        self._happened('kill -9', daemon.name)
        process = daemon.process
        self._later(self._source.uniform(0, 1.5), lambda: self._restart(daemon, process))

    def _restart(self, daemon: Daemon, old: subprocess.Popen[bytes] | None) -> None:
        if daemon.process is not old:
            return
        if daemon.alive:
            # It is still finishing what it has under way.
            self._later(0.5, lambda: self._restart(daemon, old))
            return
        self._fleet.start(daemon)

    def _freeze(self, daemon: Daemon) -> None:
        self._fleet.signal(daemon, signal.SIGSTOP)
        self._happened('SIGSTOP', daemon.name)
        process = daemon.process

        def thaw() -> None:
            if daemon.process is process:
                self._fleet.signal(daemon, signal.SIGCONT)
                self._tell(f'SIGCONT {daemon.name}')

        self._later(self._lease + self._source.uniform(0.5, 4.0), thaw)

    def _outage(self, name: str) -> None:
        server = self._servers[name]
        how = self._source.choice((signal.SIGKILL, signal.SIGTERM))
        if server.name == 'PostgreSQL' and how == signal.SIGTERM:
            # SIGTERM waits for its clients to leave.
            how = signal.SIGINT
        server.stop(how)
        self._down.add(name)
        self._happened(f'outage of the {name}', f'{server.name} ({how.name})')

        def start() -> None:
            server.start()
            self._down.discard(name)
            self._tell(f'{server.name} is back')

        self._later(self._source.uniform(0.0, 3.0), start)
