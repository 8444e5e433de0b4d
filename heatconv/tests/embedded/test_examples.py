"""Every example is created, signalled, updated and deleted, by the command and without servers."""

from __future__ import annotations

import io
import json
import logging
import os
import pathlib
import sqlite3
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import fixtures
import testtools
import yaml

from heatconv.cli.main import HeatconvApp
from heatconv.resources.records import MemoryRecords
from heatconv.resources.registry import Registry
from heatconv.runtime.ports import SystemClock
from heatconv.tests.embedded.examples import (
    DIRECTORY,
    EXAMPLES,
    WITHOUT,
    Example,
    Items,
    Signal,
)

TIMEOUT = 60


class ExamplesTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.state = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        root = logging.getLogger()
        self.addCleanup(setattr, root, 'handlers', root.handlers)
        self.addCleanup(root.setLevel, root.level)

    def run_command(self, *words: str) -> tuple[int, str, str]:
        """Run a command in this process, for speed; return exit code, stdout and stderr."""
        out, err = io.StringIO(), io.StringIO()
        with warnings.catch_warnings():
            app = HeatconvApp(io.StringIO(), out, err)
            code = app.run(['--state-dir', str(self.state), *words])
        return code, out.getvalue(), err.getvalue()

    def done(self, *words: str) -> str:
        """Run a command that must succeed; return what it prints."""
        code, out, err = self.run_command(*words)
        self.assertEqual(0, code, err)
        return out

    def signalled(self, action: str, signals: Sequence[Signal], *words: str) -> str:
        """Run a command that must succeed, in a process of its own if it waits for signals.

        :return: what it prints to stderr.
        """
        if not signals:
            code, _, shown = self.run_command(*words)
            self.assertEqual(0, code, shown)
            return shown
        command = [sys.executable, '-m', 'heatconv.cli.main', '--state-dir', str(self.state)]
        process = subprocess.Popen(
            [*command, *words],
            env={**os.environ, 'NO_COLOR': '1'},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(process.wait, TIMEOUT)
        self.addCleanup(process.kill)
        # A stack that waits for a signal in vain must not block the tests.
        timer = threading.Timer(TIMEOUT, process.kill)
        timer.start()
        self.addCleanup(timer.cancel)
        assert process.stderr is not None
        self.addCleanup(process.stderr.close)
        waiting = list(signals)
        lines = []
        for line in process.stderr:
            lines.append(line)
            while waiting and waiting[0].event.format(action) in ''.join(lines):
                signal = waiting.pop(0)
                self.done('stack', 'signal', words[2], signal.resource, '--data', signal.json)
        self.assertEqual((0, []), (process.wait(TIMEOUT), waiting), ''.join(lines))
        return ''.join(lines)

    def assert_outputs(self, stack: str, expected: Mapping[str, Any]) -> None:
        outputs = json.loads(self.done('stack', 'output', 'show', stack, '--all', '-f', 'json'))
        for name, value in expected.items():
            found = outputs[name]
            if isinstance(value, Items):
                self.assertEqual(value.number, len(found), found)
            else:
                self.assertEqual(value, found, f'{stack}: {name}')

    def assert_life(self, example: Example) -> None:
        template = ('-t', str(DIRECTORY / f'{example.name}.yaml'))
        words = ('stack', 'create', example.name, *template, *example.options, '--wait')
        shown = self.signalled('CREATE', example.signals, *words)
        self.assertIn(f'{example.name} CREATE_COMPLETE', shown)
        self.assertNotIn('correct-horse', shown)
        self.assert_outputs(example.name, example.outputs)
        for resource in example.later:
            self.done('stack', 'signal', example.name, resource)
        self.assert_outputs(example.name, example.scaled)
        if example.change:
            words = ('stack', 'update', example.name, '--existing', *example.change, '--wait')
            shown = self.signalled('UPDATE', example.again, *words)
            self.assertIn(f'{example.name} UPDATE_COMPLETE', shown)
            self.assert_outputs(example.name, example.changed)

    def test_life_of_every_example(self) -> None:
        for example in EXAMPLES:
            self.assert_life(example)
        names = [example.name for example in EXAMPLES]
        listed = json.loads(self.done('stack', 'list', '-f', 'json'))
        self.assertEqual(sorted(names), sorted(one['stack_name'] for one in listed))
        self.done('stack', 'delete', *names, '--yes')
        with sqlite3.connect(self.state / 'heatconv.sqlite') as connection:
            count = 'SELECT COUNT(*) FROM {}'
            (left,) = connection.execute(count.format('virtual_resource')).fetchone()
            # The master key of the secrets is retained: that is what its template says.
            self.assertEqual(1, left)
            for table in ('software', 'signal'):
                self.assertEqual((0,), connection.execute(count.format(table)).fetchone(), table)

    def test_every_file_is_an_example_or_a_part_of_one(self) -> None:
        files = {path.name for path in DIRECTORY.iterdir()}
        templates = {name for name in files if not name.endswith(('.env.yaml', '.template'))}
        self.assertEqual(templates, {f'{example.name}.yaml' for example in EXAMPLES})
        used = {pathlib.Path(word).name for example in EXAMPLES for word in example.options}
        named = ''.join((DIRECTORY / name).read_text() for name in templates)
        self.assertEqual(set(), {name for name in files - templates - used if name not in named})

    def test_every_type_is_in_an_example(self) -> None:
        shipped = set(Registry.installed(MemoryRecords(), SystemClock()).types)
        found = {
            type_
            for path in DIRECTORY.iterdir()
            for type_ in types_of(yaml.safe_load(path.read_text()))
        }
        self.assertEqual(shipped - WITHOUT, shipped & found)
        # They are the hidden types, and no others.
        listed = json.loads(self.done('resource', 'type', 'list', '-f', 'json'))
        self.assertEqual(shipped - WITHOUT, {one['resource_type'] for one in listed})


def types_of(value: Any) -> Iterator[str]:
    """Yield the types of the resources of a template, at any level."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ('type', 'Type') and isinstance(item, str):
                yield item
            yield from types_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from types_of(item)
