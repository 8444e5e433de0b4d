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

"""The connection to the stacks: through an engine in this process, or through running daemons.

The modules of both are imported only here, and only when a command connects.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from heatconv.cli.errors import CommandError, UsageError
from heatconv.cli.settings import Settings


@dataclasses.dataclass(frozen=True, slots=True)
class Session:
    """An open connection.

    :ivar call: calls a method of the engine API, by its name and keyword arguments.
    :ivar embedded: whether the engine runs in this process and stops with it.
    :ivar interrupted: names of stacks whose action a killed process left in progress; the
        embedded engine continues these actions.
    :ivar in_progress: returns the ids of the stacks that are in progress; None if the daemons go
        on.
    :ivar wait_idle: waits until no stack is in progress besides those with the given ids, at most
        for the given seconds, before an embedded engine stops with this process; None if the
        daemons go on.
    :ivar serve_signals: starts to take signals by HTTP and returns a function that ends it; None
        if the daemons do so.
    """

    call: Callable[..., Any]
    embedded: bool
    interrupted: tuple[str, ...] = ()
    in_progress: Callable[[], frozenset[str]] | None = None
    wait_idle: Callable[[float, frozenset[str]], bool] | None = None
    serve_signals: Callable[[], Callable[[], None]] | None = None

    def identify(self, name: str) -> dict[str, Any]:
        """Return the identity of a stack.

        :param name: name or id of the stack.
        :raises EntityNotFound: if the stack does not exist.
        """
        identity: dict[str, Any] = self.call('identify_stack', stack_name=name)
        return identity


def max_template_size(settings: Settings) -> int | None:
    """Return the size limit of a template in bytes, if the configuration files of daemons set it.

    :return: None without configuration files.
    :raises UsageError: if a configuration file is not valid.
    """
    if not settings.config_files:
        return None
    from oslo_config import cfg

    from heatconv import conf

    try:
        return int(conf.read_engine(settings.config_files).engine.max_template_size)
    except cfg.Error as error:
        raise UsageError(f'cannot read the configuration of the daemons: {error}') from error


@contextlib.contextmanager
def connect(settings: Settings, notice: Callable[[str], None]) -> Iterator[Session]:
    """Connect to the stacks, and disconnect when the context ends.

    :param notice: prints a line for the user.
    """
    with _embedded(settings, notice) if settings.embedded else _remote(settings) as session:
        yield session


@contextlib.contextmanager
def _embedded(settings: Settings, notice: Callable[[str], None]) -> Iterator[Session]:
    try:
        settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(
            f'cannot create the state directory: {error.strerror}',
            where=str(settings.state_dir),
            remedy='Choose another directory with --state-dir or HEATCONV_STATE_DIR.',
        ) from error

    from heatconv.embedded import Embedded

    runtime = Embedded(settings.state_dir, settings.project_id)
    try:
        _start(runtime, settings)
        interrupted = tuple(runtime.interrupted())
        if interrupted:
            noun = 'stack' if len(interrupted) == 1 else 'stacks'
            names = ', '.join(interrupted)
            notice(f'Resuming {len(interrupted)} interrupted {noun}: {names}')
        yield Session(
            runtime.client.call,
            embedded=True,
            interrupted=interrupted,
            in_progress=runtime.in_progress,
            wait_idle=runtime.wait_idle,
            serve_signals=runtime.serve_signals,
        )
    finally:
        runtime.stop()


def _start(runtime: Any, settings: Settings) -> None:
    """Start the embedded engine and worker.

    :raises CommandError: if the state directory or its database cannot be used.
    """
    from heatconv.embedded import StateUnusable

    try:
        runtime.start()
    except StateUnusable as error:
        raise CommandError(
            f'the state cannot be used: {error}',
            where=str(settings.state_dir),
            remedy='Make the directory and its heatconv.sqlite writable, or choose another '
            'directory with --state-dir or HEATCONV_STATE_DIR.',
        ) from error


@contextlib.contextmanager
def _remote(settings: Settings) -> Iterator[Session]:
    from oslo_config import cfg
    from oslo_messaging import exceptions as messaging

    from heatconv.rpc.client import connect as connect_rpc

    try:
        client = connect_rpc(
            config_files=list(settings.config_files),
            transport_url=settings.transport_url,
            project_id=settings.project_id,
        )
    except (cfg.Error, messaging.MessagingException) as error:
        # A usage error: a wrong option or configuration file fails again at the next attempt.
        raise UsageError(f'cannot connect to the daemons: {error}') from error
    try:
        yield Session(client.call, embedded=False)
    finally:
        client.close()
