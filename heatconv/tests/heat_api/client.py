"""The stock openstack client, run as a user runs it."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: How long a command may take, in seconds.
WAIT_SECONDS = 60


def openstack() -> str:
    """Return the program: HEATCONV_TEST_CLIENT, or that of the venv within this one."""
    beside = pathlib.Path(sys.prefix, 'client', 'bin', 'openstack')
    return os.environ.get('HEATCONV_TEST_CLIENT') or str(beside)


@dataclass(frozen=True)
class Answer:
    """What a command has said.

    :ivar code: the exit code.
    """

    command: str
    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Return standard output and standard error in one."""
        return self.out + self.err

    def json(self) -> Any:
        """Read standard output as JSON."""
        return json.loads(self.out)

    def __str__(self) -> str:
        return f'$ {self.command}\n{self.out}{self.err}[{self.code}]'


class Client:
    """Runs commands for one user.

    :param variables: OS_... of the user; those of whoever runs the tests do not count.
    :param home: where the client looks for files, and commands run.
    """

    def __init__(self, variables: Mapping[str, str], home: pathlib.Path) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith('OS_')}
        self.home = home
        self._environment = {**kept, 'HOME': str(home), 'COLUMNS': '250', **variables}
        self._program = openstack()

    def run(self, *words: str) -> Answer:
        """Run a command; it may fail."""
        done = subprocess.run(
            [self._program, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS,
            env=self._environment,
            cwd=self.home,
        )
        return Answer(' '.join(['openstack', *words]), done.returncode, done.stdout, done.stderr)
