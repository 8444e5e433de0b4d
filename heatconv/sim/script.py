"""The recorded calls of a scenario, in the order in which it was written.

Running a scenario file only records them; a world carries them out afterwards.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from heatconv.sim.language import GetAtt, GetRes, RsrcDef, Template


@dataclass(frozen=True)
class Request:
    """A request of a user.

    :ivar verb: create, update, delete, rollback, cancel or clear.
    """

    verb: str
    stack: str
    template: Template | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Noop:
    """A delay of some messages."""

    count: int


@dataclass(frozen=True)
class Call:
    """A call of a function of the scenario."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


@dataclass(frozen=True)
class Check:
    """The check of a node that was not announced."""

    key: Any


@dataclass(frozen=True)
class Trouble:
    """Trouble with operations on a name: they fail from now on, or take long.

    :ivar polls: how many polls they take; None if they fail.
    :ivar verb: create, update or delete; None for all.
    :ivar half: a failing operation is done half-way.
    :ivar busy: they are busy rather than fail.
    """

    name: str
    polls: float | None = None
    verb: str | None = None
    times: float = float('inf')
    half: bool = False
    busy: bool = False


@dataclass(frozen=True)
class Wait:
    """Time passes; live workers renew their leases meanwhile, and one sweeps at the end."""

    seconds: float


Entry = Request | Noop | Call | Check | Trouble | Wait


class Verifier(Protocol):
    """The function ``verify`` of scenarios, which compares reality with a template."""

    def __call__(self, template: Template) -> None: ...


@dataclass
class Script:
    """The calls of a scenario.

    :ivar engine: for the engine, first in first out.
    :ivar worker: calls that a scenario sends to the worker itself.
    """

    engine: list[Entry] = field(default_factory=list)
    worker: list[Entry] = field(default_factory=list)


class EngineCalls:
    """The global ``engine`` of a scenario: every call only enqueues."""

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = entries

    def create_stack(self, name: str, template: Template, **options: Any) -> None:
        """Create a stack.

        :param options: ``disable_rollback`` and ``timeout_mins``, as in Heat's API.
        """
        self._entries.append(Request('create', name, template, options))

    def update_stack(self, name: str, template: Template, **options: Any) -> None:
        """Update a stack."""
        self._entries.append(Request('update', name, template, options))

    def delete_stack(self, name: str) -> None:
        """Delete a stack."""
        self._entries.append(Request('delete', name))

    def rollback_stack(self, name: str) -> None:
        """Roll a stack back to its last good template."""
        self._entries.append(Request('rollback', name))

    def cancel_stack(self, name: str, rollback: bool = True) -> None:
        """Cancel the action in progress."""
        self._entries.append(Request('cancel', name, options={'with_rollback': rollback}))

    def clear_hook(self, name: str, resource: str, hook: str) -> None:
        """Let a resource continue after a hook."""
        self._entries.append(Request('clear', name, options={'resource': resource, 'hook': hook}))

    def noop(self, count: int = 1) -> None:
        """Let the worker handle some messages first."""
        self._entries.append(Noop(count))

    def wait(self, seconds: float) -> None:
        """Let some seconds pass; then a worker sweeps."""
        self._entries.append(Wait(seconds))

    def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Call a function of the scenario."""
        self._entries.append(Call(function, args, kwargs))


class WorkerCalls:
    """The global ``converger`` (or ``worker``) of a scenario."""

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = entries

    def check_resource(self, key: Any, *unused: Any, **also_unused: Any) -> None:
        """Check a node."""
        self._entries.append(Check(key))

    def noop(self, count: int = 1) -> None:
        """Take up the worker's time."""
        self._entries.append(Noop(count))

    def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Call a function of the scenario."""
        self._entries.append(Call(function, args, kwargs))


@functools.lru_cache(256)
def _compiled(source: str, path: str) -> Any:
    return compile(source, path, 'exec')


@dataclass
class Scenario:
    """A scenario file.

    :ivar name: the base name of the file.
    """

    name: str
    path: str
    source: str

    #: Further globals that the world passes in: reality, verify, test.
    LANGUAGE: ClassVar[Mapping[str, Any]] = {
        'Template': Template,
        'RsrcDef': RsrcDef,
        'GetRes': GetRes,
        'GetAtt': GetAtt,
    }

    def record(self, reality: Any, verify: Verifier, test: Any) -> Script:
        """Run the file and return its calls.

        A scenario is a Python program that its reader wrote: it may do anything. Globals and
        locals are separate, as its functions expect.
        """
        script = Script()
        worker = WorkerCalls(script.worker)
        names = {
            **self.LANGUAGE,
            'engine': EngineCalls(script.engine),
            'converger': worker,
            'worker': worker,
            'reality': reality,
            'verify': verify,
            'test': test,
            '__name__': self.name,
        }
        exec(_compiled(self.source, self.path), names, {})  # noqa: S102 - that is what a scenario is
        return script
