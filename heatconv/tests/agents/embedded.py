"""The command ``heatconv`` with stacks in a directory of their own, for tests."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
from typing import Any

import fixtures

TIMEOUT = 60


def template(resources: Any, **outputs: Any) -> dict[str, Any]:
    """Return a template."""
    return {
        'heat_template_version': '2021-04-16',
        'resources': resources,
        'outputs': {name: {'value': value} for name, value in outputs.items()},
    }


class Embedded(fixtures.Fixture):
    """Runs commands with a state of their own."""

    def _setUp(self) -> None:
        self.directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self._command(*words), capture_output=True, text=True, timeout=TIMEOUT, check=False
        )

    def works(self, *words: str) -> str:
        """Run a command that must succeed; return what it prints."""
        ended = self.run(*words)
        if ended.returncode:
            raise AssertionError(f'{words}: {ended.returncode}\n{ended.stdout}{ended.stderr}')
        return ended.stdout

    def file(self, made: Any, name: str = 'template.yaml') -> str:
        """Write a template as JSON, which is YAML too; return its path."""
        path = self.directory / name
        path.write_text(json.dumps(made))
        return str(path)

    def output(self, stack: str, name: str) -> str:
        """Return an output of a stack, as text."""
        shown = ('-f', 'value', '-c', 'output_value')
        # The command ends the line.
        return self.works('stack', 'output', 'show', stack, name, *shown).removesuffix('\n')

    def _command(self, *words: str) -> list[str]:
        state = str(self.directory / 'state')
        return [sys.executable, '-m', 'heatconv.cli.main', '--state-dir', state, *words]
