"""The parts of a world, and the types of its possible moves."""

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
    """Ids for a simulation: short, and ascending in the order of their creation."""

    def __init__(self) -> None:
        self.last = 0

    def fresh(self) -> str:
        self.last += 1
        return f'{self.last:06d}'


@dataclass(eq=False)
class SimWorker:
    """One worker process.

    :ivar lease: keeps its lease.
    :ivar caller: makes its plugin calls.
    :ivar sweep_due: time of its next sweep.
    :ivar parked: its lease has expired and it is taken for dead: it receives no messages, and its
        tasks continue late.
    :ivar parked_at: time after the expiry of its lease.
    :ivar sent: messages that its last step sent: a crash of the worker may lose them.
    """

    name: str
    lease: LeaseKeeper
    caller: PluginCaller
    sweep_due: float
    parked: bool = False
    parked_at: float = 0.0
    sent: list[Message] = field(default_factory=list)


@dataclass(eq=False)
class Running:
    """A running task and its pending effect. The move answers the effect.

    :ivar serial: a number in the order of creation, shared with messages and pauses.
    :ivar worker: the worker that runs it; None for a task of an engine.
    :ivar admitted: whether the lease has admitted the pending plugin call.
    :ivar due: time when a sleeping task wakes up; None while it is awake.
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
    """A message in transit. The move delivers it.

    :ivar subject: a NodeKey for a worker, the id of a stack for an engine.
    """

    serial: int
    subject: NodeKey | str


@dataclass(eq=False)
class Pause:
    """A node paused at a hook. The move is that a user clears the hook; it is always possible."""

    serial: int
    key: NodeKey


@dataclass(frozen=True)
class Next:
    """The move that carries out the next entry of the script."""


@dataclass(frozen=True)
class Timer:
    """The move that advances the clock to the next timer, and runs it.

    :ivar due: whether the timer is due already, so that no time passes.
    """

    due: bool = False


NEXT = Next()
LATER = Timer()
NOW = Timer(due=True)

Choice = Running | Message | Pause | Next | Timer
