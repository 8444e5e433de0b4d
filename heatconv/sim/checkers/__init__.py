"""The checkers of a simulation: each module checks one family of properties."""

from __future__ import annotations

from heatconv.sim.checkers.deadline import DeadlineChecker
from heatconv.sim.checkers.exclusion import ExclusionChecker
from heatconv.sim.checkers.graph import GraphChecker
from heatconv.sim.checkers.identity import IdentityChecker
from heatconv.sim.checkers.last_good import LastGoodChecker
from heatconv.sim.checkers.order import OrderChecker
from heatconv.sim.checkers.outcome import OutcomeChecker
from heatconv.sim.checkers.quiescence import RestChecker
from heatconv.sim.checkers.reality import RealityChecker
from heatconv.sim.checkers.supersession import SupersessionChecker
from heatconv.sim.checkers.transitions import TransitionChecker
from heatconv.sim.watcher import Watcher

CHECKERS: tuple[type[Watcher], ...] = (
    GraphChecker,
    TransitionChecker,
    SupersessionChecker,
    ExclusionChecker,
    OrderChecker,
    IdentityChecker,
    LastGoodChecker,
    DeadlineChecker,
    OutcomeChecker,
    RestChecker,
    RealityChecker,
)


def every() -> list[Watcher]:
    """Return a new checker of each family, for one world."""
    return [checker() for checker in CHECKERS]
