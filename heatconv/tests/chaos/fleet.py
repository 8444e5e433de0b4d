"""The daemons: started as an operator starts them, and killed as nobody would."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from heatconv.tests.chaos import thing

DIST_INFO = """[heatconv.resources]
{type} = heatconv.tests.chaos.thing:Thing
"""


@dataclass
class Daemon:
    """One daemon: a process that starts others, and those.

    :ivar kind: engine, worker or signal.
    """

    name: str
    kind: str
    process: subprocess.Popen[bytes] | None = None
    stopped: bool = field(default=False)

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Fleet:
    """All daemons of a set-up.

    :param options: further sections and their options.
    """

    def __init__(
        self,
        directory: pathlib.Path,
        database_url: str,
        bus_url: str,
        engines: int,
        workers: int,
        options: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self.directory = directory
        directory.mkdir()
        self.reality = directory / 'reality.sqlite'
        self.config = directory / 'heatconv.conf'
        sections: dict[str, dict[str, Any]] = {
            'DEFAULT': {'transport_url': bus_url},
            'database': {'connection': database_url},
            **{name: dict(section) for name, section in options.items()},
        }
        self.config.write_text(
            '\n'.join(
                f'[{name}]\n' + ''.join(f'{key} = {value}\n' for key, value in section.items())
                for name, section in sections.items()
            )
        )
        self._install_plugin()
        self.daemons = [Daemon(f'engine-{n}', 'engine') for n in range(engines)]
        self.daemons += [Daemon(f'worker-{n}', 'worker') for n in range(workers)]
        self.daemons.append(Daemon('signal', 'signal'))

    def _install_plugin(self) -> None:
        """Have stevedore find the type, in the daemons only."""
        site = self.directory / 'site'
        found = site / 'heatconv_chaos-1.0.dist-info'
        found.mkdir(parents=True)
        (found / 'METADATA').write_text('Name: heatconv-chaos\nVersion: 1.0\n')
        (found / 'entry_points.txt').write_text(DIST_INFO.format(type=thing.TYPE))
        root = pathlib.Path(thing.__file__).parents[3]
        paths = [str(site), str(root), os.environ.get('PYTHONPATH', '')]
        self.environment = {
            **os.environ,
            'PYTHONPATH': os.pathsep.join(path for path in paths if path),
            thing.PLACE: str(self.reality),
        }

    def manage(self, *words: str) -> str:
        """Run heatconv-manage."""
        command = [sys.executable, '-m', 'heatconv.cmd.manage', '--config-file', str(self.config)]
        return subprocess.run(
            [*command, *words], env=self.environment, capture_output=True, text=True, check=True
        ).stdout

    def start(self, daemon: Daemon) -> None:
        """Start a daemon."""
        with open(self.directory / f'{daemon.name}.log', 'ab') as output:
            daemon.process = subprocess.Popen(
                [
                    *(sys.executable, '-m', f'heatconv.cmd.{daemon.kind}'),
                    *('--config-file', str(self.config)),
                ],
                stdout=output,
                stderr=output,
                env=self.environment,
                start_new_session=True,
            )
        daemon.stopped = False

    def signal(self, daemon: Daemon, number: signal.Signals) -> None:
        """Send a signal to all processes of a daemon."""
        assert daemon.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(daemon.process.pid, number)
        daemon.stopped = number == signal.SIGSTOP

    def kill(self, daemon: Daemon) -> None:
        """Kill all processes of a daemon at once."""
        self.signal(daemon, signal.SIGKILL)
        assert daemon.process is not None
        daemon.process.wait()

    def kill_child(self, daemon: Daemon) -> bool:
        """Kill the process that works, not the one that looks after it."""
        assert daemon.process is not None
        children = children_of(daemon.process.pid)
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return bool(children)

    def terminate(self, daemon: Daemon, seconds: float = 60) -> int:
        """Stop a daemon as an operator does; return its exit code."""
        assert daemon.process is not None
        daemon.process.terminate()
        try:
            return daemon.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill(daemon)
            return -9

    def log(self) -> str:
        """Return what all daemons have logged."""
        return '\n'.join(
            (self.directory / f'{one.name}.log').read_text(errors='replace')
            for one in self.daemons
        )


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    text = pathlib.Path(f'/proc/{pid}/task/{pid}/children').read_text()
    return [int(one) for one in text.split()]
