"""Scripts: the recorded calls of a scenario, in their order in the file.

Running a scenario file only records its calls. A world carries them out afterwards.
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
    :ivar stack: name of the stack.
    :ivar options: options of the request, as in Heat's API; for clear, the resource and the hook.
    """

    verb: str
    stack: str
    template: Template | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Noop:
    """A delay by a number of messages of the worker."""

    count: int


@dataclass(frozen=True)
class Call:
    """A call of a function of the scenario."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


@dataclass(frozen=True)
class Check:
    """A check that the scenario itself sends to the worker.

    :ivar key: key of the node.
    """

    key: Any


@dataclass(frozen=True)
class Trouble:
    """Trouble with operations on a resource name: from now on they fail, take long or are busy.

    :ivar polls: number of polls that an operation takes; None if operations fail or are busy.
    :ivar verb: the operation: create, update or delete, or observe for busy; None for all.
    :ivar times: number of operations that have the trouble.
    :ivar half: whether a failing operation is done half-way.
    :ivar busy: whether operations are busy: they may succeed when they are retried.
    """

    name: str
    polls: float | None = None
    verb: str | None = None
    times: float = float('inf')
    half: bool = False
    busy: bool = False


@dataclass(frozen=True)
class Wait:
    """Time passes. Live workers renew their leases meanwhile, and one worker sweeps at the end."""

    seconds: float


Entry = Request | Noop | Call | Check | Trouble | Wait


class Verifier(Protocol):
    """The global function ``verify`` of scenarios, which compares reality with a template."""

    def __call__(self, template: Template) -> None: ...


@dataclass
class Script:
    """The calls of a scenario.

    :ivar engine: the queue of the engine, first in first out.
    :ivar worker: the queue of calls that the scenario itself sends to the worker.
    """

    engine: list[Entry] = field(default_factory=list)
    worker: list[Entry] = field(default_factory=list)


class EngineCalls:
    """The global ``engine`` of a scenario: every call only adds an entry to the queue."""

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
        """Roll back a stack to its last good template."""
        self._entries.append(Request('rollback', name))

    def cancel_stack(self, name: str, rollback: bool = True) -> None:
        """Cancel the action in progress.

        :param rollback: whether to roll back, or only to stop.
        """
        self._entries.append(Request('cancel', name, options={'with_rollback': rollback}))

    def clear_hook(self, name: str, resource: str, hook: str) -> None:
        """Clear a hook that a resource waits at.

        :param hook: name of the hook, like ``pre-create``.
        """
        self._entries.append(Request('clear', name, options={'resource': resource, 'hook': hook}))

    def noop(self, count: int = 1) -> None:
        """Let the worker handle ``count`` messages first."""
        self._entries.append(Noop(count))

    def wait(self, seconds: float) -> None:
        """Let some seconds pass, and a worker sweep afterwards."""
        self._entries.append(Wait(seconds))

    def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Call a function of the scenario."""
        self._entries.append(Call(function, args, kwargs))


class WorkerCalls:
    """The global ``converger`` of a scenario, also named ``worker``: the queue of the worker."""

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = entries

    def check_resource(self, key: Any, *unused: Any, **also_unused: Any) -> None:
        """Check a node."""
        self._entries.append(Check(key))

    def noop(self, count: int = 1) -> None:
        """Let the worker do nothing for ``count`` ticks."""
        self._entries.append(Noop(count))

    def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Call a function of the scenario."""
        self._entries.append(Call(function, args, kwargs))


@functools.lru_cache(256)
def _compiled(source: str, path: str) -> Any:
    """Return the code of a scenario file."""
    return compile(source, path, 'exec')


@dataclass
class Scenario:
    """A scenario file.

    :ivar name: base name of the file, without suffix.
    :ivar path: path of the file, for tracebacks.
    :ivar source: text of the file.
    """

    name: str
    path: str
    source: str

    #: The constant globals of scenarios; `record` adds those that depend on the world.
    LANGUAGE: ClassVar[Mapping[str, Any]] = {
        'Template': Template,
        'RsrcDef': RsrcDef,
        'GetRes': GetRes,
        'GetAtt': GetAtt,
    }

    def record(self, reality: Any, verify: Verifier, test: Any) -> Script:
        """Run the file and return its calls.

        A scenario is a Python program that the caller trusts: it is not restricted. Its globals
        and locals are separate, as in the prototype: functions that share a variable declare
        it ``global``.

        :param reality: the global ``reality``.
        :param verify: the global ``verify``.
        :param test: the global ``test``, which provides assertions.
        """
        script = Script()
        worker = WorkerCalls(script.worker)
        variables = {
            **self.LANGUAGE,
            'engine': EngineCalls(script.engine),
            'converger': worker,
            'worker': worker,
            'reality': reality,
            'verify': verify,
            'test': test,
            '__name__': self.name,
        }
        exec(_compiled(self.source, self.path), variables, {})  # noqa: S102 - scenarios are trusted
        return script
