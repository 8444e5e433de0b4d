"""What a scenario asks for, message by message, in the order it was written.

Running a scenario file only records; a world carries it out afterwards.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from heatconv.sim.language import GetAtt, GetRes, RsrcDef, Template


@dataclass(frozen=True)
class Request:
    """A user asks for something.

    :ivar verb: create, update, delete, rollback, cancel or clear.
    """

    verb: str
    stack: str
    template: Template | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Noop:
    """Nothing happens so many times."""

    count: int


@dataclass(frozen=True)
class Call:
    """A function of the scenario is called."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


@dataclass(frozen=True)
class Check:
    """A node is checked though nobody announced it."""

    key: Any


@dataclass(frozen=True)
class Trouble:
    """Operations on a name fail from now on, or take long.

    :ivar polls: how many looks they take; None if they fail.
    :ivar verb: create, update or delete; None for all.
    :ivar half: what fails is done half-way.
    :ivar busy: they cannot be done just now, rather than fail.
    """

    name: str
    polls: float | None = None
    verb: str | None = None
    times: float = float('inf')
    half: bool = False
    busy: bool = False


@dataclass(frozen=True)
class Wait:
    """Time goes by; who is alive shows it meanwhile, and one sweeps at the end."""

    seconds: float


Entry = Request | Noop | Call | Check | Trouble | Wait


class Verifier(Protocol):
    """What scenarios call to have reality compared with a template."""

    def __call__(self, template: Template) -> None: ...


@dataclass
class Script:
    """The messages of a scenario.

    :ivar engine: for the engine, first in first out.
    :ivar worker: those that a scenario sends the worker itself.
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
        """Cancel what is under way."""
        self._entries.append(Request('cancel', name, options={'with_rollback': rollback}))

    def clear_hook(self, name: str, resource: str, hook: str) -> None:
        """Let a resource go on from a hook."""
        self._entries.append(Request('clear', name, options={'resource': resource, 'hook': hook}))

    def noop(self, count: int = 1) -> None:
        """Let the worker take some messages first."""
        self._entries.append(Noop(count))

    def wait(self, seconds: float) -> None:
        """Let some seconds go by; then a worker looks for what came too late."""
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

    #: What the world hands in beside these: reality, verify, test.
    LANGUAGE: ClassVar[Mapping[str, Any]] = {
        'Template': Template,
        'RsrcDef': RsrcDef,
        'GetRes': GetRes,
        'GetAtt': GetAtt,
    }

    def record(self, reality: Any, verify: Verifier, test: Any) -> Script:
        """Run the file and return what it asked for.

        A scenario is a Python program that its reader wrote: it may do anything.
        Globals and locals are separate, as its functions expect.
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
