"""Checks the graph of a traversal after every commit."""

from __future__ import annotations

from heatconv.convergence import invariants
from heatconv.convergence.step import Commit, Outcome
from heatconv.convergence.traversal import Plan
from heatconv.sim.moves import Running
from heatconv.sim.script import Request
from heatconv.sim.snapshot import Snapshot
from heatconv.sim.watcher import Simulation, Watcher


class GraphChecker(Watcher):
    """Checks the invariants of rows and nodes, see `heatconv.convergence.invariants`."""

    def requested(
        self, world: Simulation, request: Request, before: Snapshot | None, after: Snapshot
    ) -> None:
        self._check(world, after)

    def prepared(
        self, world: Simulation, running: Running, plan: Plan, before: Snapshot, after: Snapshot
    ) -> None:
        self._check(world, after)

    def committed(
        self,
        world: Simulation,
        running: Running,
        commit: Commit,
        outcome: Outcome,
        before: Snapshot,
        after: Snapshot,
    ) -> None:
        # Only a commit that abandons a row adds edges.
        self._check(world, after, edges=commit.abandons is not None)

    def _check(self, world: Simulation, after: Snapshot, edges: bool = True) -> None:
        for problem in invariants.violations(
            after.stack, after.rows.values(), after.nodes.values(), edges
        ):
            world.violate(f'graph: {problem}')
