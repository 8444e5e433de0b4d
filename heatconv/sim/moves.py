"""The parts of a world, and the moves that may happen next in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from heatconv.convergence.model import NodeKey
from heatconv.runtime.effects import Effect, Task
from heatconv.worker.lease import LeaseKeeper
from heatconv.worker.plugin_caller import PluginCaller


class SimClock:
    """A clock that the world advances."""

    def __init__(self) -> None:
        self.time = 1_000.0

    def now(self) -> float:
        return self.time


class SimIds:
    """Short ids in the order of their creation."""

    def __init__(self) -> None:
        self.last = 0

    def fresh(self) -> str:
        self.last += 1
        return f'{self.last:06d}'


@dataclass(eq=False)
class SimWorker:
    """One worker process.

    :ivar parked: it is taken for dead: it receives no messages, and its tasks continue late.
    :ivar parked_at: when its lease expired.
    :ivar told: the messages of its last step: they may be lost when it dies.
    """

    name: str
    lease: LeaseKeeper
    caller: PluginCaller
    sweep_due: float
    parked: bool = False
    parked_at: float = 0.0
    told: list[Message] = field(default_factory=list)


@dataclass(eq=False)
class Running:
    """A task, and its pending effect.

    :ivar worker: None for a task of an engine.
    :ivar admitted: the lease has admitted the pending plugin call.
    :ivar due: when it wakes up, None while it is awake.
    """

    serial: int
    name: str
    task: Task
    effect: Effect
    worker: SimWorker | None
    admitted: bool = False
    due: float | None = None


@dataclass(eq=False)
class Message:
    """A message in transit.

    :ivar subject: a NodeKey for a worker, the id of a stack for an engine.
    """

    serial: int
    subject: NodeKey | str


@dataclass(eq=False)
class Pause:
    """A resource that waits at a hook: a user may clear it at any time."""

    serial: int
    key: NodeKey


@dataclass(frozen=True)
class Next:
    """The next request of the script."""


@dataclass(frozen=True)
class Timer:
    """Time advances to the next timer.

    :ivar due: the timer is due now.
    """

    due: bool = False


NEXT = Next()
LATER = Timer()
NOW = Timer(due=True)

Choice = Running | Message | Pause | Next | Timer
