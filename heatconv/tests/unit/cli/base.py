#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""Run the command line in this process, against an engine that plays a script."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import logging
import pathlib
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import fixtures
import testtools

from heatconv.cli.connection import Session
from heatconv.cli.main import HeatconvApp
from heatconv.cli.settings import Settings
from heatconv.tests.unit.cli.scripted import ScriptedEngine

TEMPLATE = 'heat_template_version: 2021-04-16\nresources: {}\n'


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@dataclasses.dataclass(frozen=True)
class Result:
    """What a command line did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class CliTestCase(testtools.TestCase):
    """Runs command lines.

    :ivar embedded: whether the engine is said to be in this process.
    :ivar interrupted: names of stacks that are said to have been interrupted.
    """

    embedded = False
    interrupted: tuple[str, ...] = ()

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(fixtures.EnvironmentVariable('TERM', 'xterm'))
        self.engine = ScriptedEngine()
        self.settings: Settings | None = None
        self.sessions = 0
        self.slept: list[float] = []
        self.on_sleep: Callable[[], None] = lambda: None
        self.directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        names = ('STATE_DIR', 'TRANSPORT_URL', 'PROJECT')
        for name in ('NO_COLOR', *(f'HEATCONV_{name}' for name in names)):
            self.useFixture(fixtures.EnvironmentVariable(name))

    def file(self, name: str, text: str) -> str:
        """Write a file; return its path."""
        path = self.directory / name
        path.write_text(text)
        return str(path)

    def template(self) -> str:
        """Return the path of a valid template."""
        return self.file('template.yaml', TEMPLATE)

    def cli(self, *argv: str, stdin: str = '', terminal: bool = False) -> Result:
        """Run a command line."""
        stream = Terminal if terminal else io.StringIO
        out, err = io.StringIO(), stream()
        root = logging.getLogger()
        before = root.handlers, root.level
        try:
            with (
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(err),
                warnings.catch_warnings(),
            ):
                app = HeatconvApp(stream(stdin), connect=self._connect, sleep=self._sleep)
                code = app.run(list(argv))
        finally:
            root.handlers, root.level = before
        return Result(code, out.getvalue(), err.getvalue())

    @contextlib.contextmanager
    def _connect(self, settings: Settings, notice: Callable[[str], None]) -> Iterator[Session]:
        self.settings = settings
        self.sessions += 1
        yield Session(self.engine.call, self.embedded, self.interrupted)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) > 100:
            raise AssertionError('the command waits for ever')
        self.on_sleep()
