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

"""Commands that send signals to resources, and take signals by HTTP."""

from __future__ import annotations

import argparse
import json
import signal
import threading
from typing import Any

from heatconv.cli.commands.base import INTERRUPTED_TIMEOUT, STACK, StackCommand
from heatconv.cli.errors import CommandError, UsageError


class Signal(StackCommand):
    """Send a signal to a resource: a handle, a scaling policy or a deployment.

    The data of a handle is a map with status (SUCCESS or FAILURE), reason, data and id, each of
    them optional. A scaling policy needs no data.
    """

    examples = """heatconv stack signal demo handle --data '{"status": "SUCCESS", "data": "42"}'
heatconv stack signal demo scale_up"""
    stack_help = STACK

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            'resource', metavar='RESOURCE', help='Name or physical id of the resource.'
        )
        parser.add_argument('--data', metavar='JSON', help='Data of the signal.')
        return parser

    def take_action(self, args: argparse.Namespace) -> int:
        """Send the signal; an embedded engine then finishes what the signal has begun."""
        details = _data(args.data)
        with self.session() as session:
            identity = session.identify(args.stack)
            before = session.in_progress() if session.in_progress is not None else frozenset()
            answer = session.call(
                'resource_signal',
                stack_identity=identity,
                resource_name=args.resource,
                details=details,
                sync_call=True,
            )
            if isinstance(answer, dict) and 'ignored' in answer:
                self.notice(f'The signal has no effect: {answer["ignored"]}.')
            # A stack that was in progress before may wait for more signals. If no other process
            # continues it, it was interrupted.
            self.settle(session, wait_timeout=INTERRUPTED_TIMEOUT)
            if session.wait_idle is not None:
                session.wait_idle(INTERRUPTED_TIMEOUT, before)
        return 0


class Serve(StackCommand):
    """Take signals by HTTP on loopback, with an embedded engine, until it is interrupted.

    The signed URLs of the stacks of the state directory work while it runs.
    """

    examples = 'heatconv signal serve'

    def take_action(self, args: argparse.Namespace) -> int:
        """Serve until SIGINT or SIGTERM."""
        from heatconv.embedded import SIGNAL_PORT

        with self.session() as session:
            if session.serve_signals is None:
                raise UsageError(
                    'the daemons take signals themselves',
                    remedy='Run heatconv-signal on their host, or leave out the options that '
                    'choose the daemons.',
                )
            try:
                stop = session.serve_signals()
            except OSError as error:
                raise CommandError(
                    f'cannot listen on 127.0.0.1:{SIGNAL_PORT}: {error.strerror}',
                    remedy='Stop the process that uses the port.',
                ) from error
            try:
                self.notice(f'Taking signals on http://127.0.0.1:{SIGNAL_PORT}. Ctrl-C ends it.')
                _wait_for_the_end()
            finally:
                stop()
        return 0


def _data(text: str | None) -> Any:
    """Return the data of a signal.

    :raises UsageError: if it is not valid JSON.
    """
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(
            f'the data is not valid JSON: {error}',
            where='--data',
            remedy="""Write for example --data '{"status": "SUCCESS"}'.""",
        ) from error


def _wait_for_the_end() -> None:
    """Wait for SIGINT or SIGTERM."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    while not ended.wait(1.0):
        pass
