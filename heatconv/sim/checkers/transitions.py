"""Checks transitions: rows follow the transition table, and their versions never decrease."""

from __future__ import annotations

from heatconv.convergence import states
from heatconv.convergence.model import Action, Resource, Stack, Status
from heatconv.convergence.step import Commit, Outcome
from heatconv.convergence.traversal import Plan
from heatconv.sim.moves import Running
from heatconv.sim.script import Request
from heatconv.sim.snapshot import Snapshot
from heatconv.sim.watcher import Simulation, Watcher

#: States in which a row may be deleted: never begun, or with its delete begun. A resource that is
#: retained is no exception here, because scenarios do not retain resources.
MAY_GO = (states.INIT, states.DELETING)


class TransitionChecker(Watcher):
    """Compares rows and stack before and after each request, preparation and commit."""

    def requested(
        self, world: Simulation, request: Request, before: Snapshot | None, after: Snapshot
    ) -> None:
        if before is not None:
            self._check_rows(world, before, after)

    def prepared(
        self, world: Simulation, running: Running, plan: Plan, before: Snapshot, after: Snapshot
    ) -> None:
        self._check_rows(world, before, after)
        self._check_stack(world, before.stack, after.stack)

    def committed(
        self,
        world: Simulation,
        running: Running,
        commit: Commit,
        outcome: Outcome,
        before: Snapshot,
        after: Snapshot,
    ) -> None:
        self._check_rows(world, before, after, commit)
        self._check_stack(world, before.stack, after.stack)

    def _check_rows(
        self, world: Simulation, before: Snapshot, after: Snapshot, commit: Commit | None = None
    ) -> None:
        for row_id, old in before.rows.items():
            new = after.rows.get(row_id)
            if new is old:
                continue
            state = states.state(old)
            if commit is not None and commit.fused and commit.row and commit.row.read.id == row_id:
                # A fused commit also begins the operation; its first event records the begin.
                begun = (commit.events[0].action, commit.events[0].status)
                if not states.allowed(state, begun) or begun[1] != Status.IN_PROGRESS:
                    world.violate(f'transition: {_describe(old)} became {begun}')
                state = begun
            if new is None:
                if state not in MAY_GO:
                    world.violate(f'transition: {_describe(old)} was deleted too early')
                continue
            if not states.allowed(state, states.state(new)):
                world.violate(f'transition: {_describe(old)} became {_state(new)}')
            if new.version < old.version:
                world.violate(f'transition: {_describe(old)} went back to version {new.version}')
            if old.claim is not None and new.claim not in (None, old.claim):
                world.violate(f'transition: {_describe(old)} was claimed again before its release')
        for row_id, new in after.rows.items():
            if row_id not in before.rows and states.begun(new):
                world.violate(f'transition: {_describe(new)} was inserted after its begin')

    def _check_stack(self, world: Simulation, before: Stack, after: Stack) -> None:
        """Check that a stack that is not in progress stays as it is, except for a rollback."""
        if after is before or before.status == Status.IN_PROGRESS:
            return
        if after.status == Status.IN_PROGRESS and after.action == Action.ROLLBACK:
            return
        if (before.action, before.status) != (after.action, after.status):
            world.violate(
                f'transition: a stack {before.action} {before.status} became '
                f'{after.action} {after.status} without a request'
            )


def _state(row: Resource) -> str:
    return f'{row.action} {row.status}'


def _describe(row: Resource) -> str:
    return f'row {row.id} of {row.name} ({_state(row)})'
