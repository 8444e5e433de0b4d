"""Checks reality against the template and the rows: names, properties, references, attributes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from heatconv.convergence import states
from heatconv.convergence.model import Action, Kind, Observation, Resource, Status
from heatconv.convergence.step import Commit, Outcome
from heatconv.runtime.effects import CallPlugin
from heatconv.sim.language import GetAtt, GetRes, Template
from heatconv.sim.moves import Running
from heatconv.sim.reality import PhysicalResource, Reality
from heatconv.sim.snapshot import Snapshot
from heatconv.sim.watcher import Simulation, Watcher


def differences(template: Template, physical: Iterable[PhysicalResource]) -> list[str]:
    """Compare physical resources with a template.

    :return: descriptions of the differences: first the names with superfluous resources, sorted,
        then the definitions in template order.
    """
    by_name: dict[str, list[PhysicalResource]] = {}
    for resource in physical:
        by_name.setdefault(resource.logical_name, []).append(resource)
    problems: list[str] = []
    for name, copies in sorted(by_name.items()):
        if name not in template.resources:
            problems.append(f'{name} exists, but is not in the template')
        elif len(copies) > 1:
            problems.append(f'there are {len(copies)} resources of {name}')
    for name, definition in template.resources.items():
        if name not in by_name:
            problems.append(f'{name} does not exist')
            continue
        actual = by_name[name][0].properties
        desired = {key: _resolve(value, by_name) for key, value in definition.properties.items()}
        if actual != desired:
            problems.append(f'{name} is {actual}, not {desired}')
    return problems


def _resolve(value: Any, by_name: Mapping[str, list[PhysicalResource]]) -> Any:
    """Resolve a property against reality; None if the referenced resource does not exist."""
    if isinstance(value, GetRes):
        return next((target.uuid for target in by_name.get(value.target_name, ())), None)
    if isinstance(value, GetAtt):
        targets = by_name.get(value.target_name, ())
        return next((target.properties.get(value.attr) for target in targets), None)
    return value


def of_stack(reality: Reality, snapshot: Snapshot) -> list[PhysicalResource]:
    """Return the physical resources of a stack."""
    return [physical for physical in reality.rows.values() if physical.token in snapshot.rows]


class RealityChecker(Watcher):
    """Compares reality with the template and the rows at the end of a run.

    A row is also compared with reality when an orphan check marks it suspect.
    """

    def __init__(self) -> None:
        #: Rows that were marked suspect while their update node was running: traversal id by row
        #: id. The traversal must observe them again before it ends.
        self._doubted: dict[str, str] = {}

    def committed(
        self,
        world: Simulation,
        running: Running,
        commit: Commit,
        outcome: Outcome,
        before: Snapshot,
        after: Snapshot,
    ) -> None:
        row = after.rows.get(commit.suspects or '')
        if row is None:
            return
        earlier = before.rows[row.id]
        if running.name == 'sweep':
            # An orphan check comes too late for the traversal to observe the row again. Reality
            # may differ from a healthy row only if a zombie may not have compensated yet.
            if states.healthy(earlier) and not (
                earlier.suspect or earlier.claim or _excused(world)
            ):
                self._check_row(world, earlier)
            return
        self._doubted.pop(row.id, None)
        for key, node in after.nodes.items():
            if node.subject == row.id and node.status == 'running' and key.kind == Kind.UPDATE:
                self._doubted[row.id] = key.traversal_id

    def acting(self, world: Simulation, running: Running, effect: CallPlugin) -> None:
        """Check that only a dead worker leaves an orphan: a live one compensates for it."""
        row = effect.call.row
        deletes_orphan = running.name == 'sweep' and effect.call.verb == 'delete'
        if deletes_orphan and world.reality.by_token(row.token) and not _excused(world):
            world.violate(f'reality: no worker has compensated for {row.id}')

    def acted(
        self, world: Simulation, running: Running, effect: CallPlugin, observation: Observation
    ) -> None:
        if running.worker is not None and running.worker.parked:
            # A zombie acts later than the operation that made the row suspect: an observation
            # because of that operation does not cover this one.
            self._doubted.pop(effect.call.row.id, None)

    def rested(self, world: Simulation) -> None:
        for snapshot in world.snapshots.values():
            stack = snapshot.stack
            complete = stack.status == Status.COMPLETE and stack.action != Action.DELETE
            # The operation of a zombie after the end is recorded in the rows, and repaired by the
            # next request.
            if complete and not world.zombie_acted:
                template = world.written[stack.template_id]
                for problem in differences(template, of_stack(world.reality, snapshot)):
                    world.violate(f'reality: {stack.name}: {problem}')
            if complete:
                self._check_observed_again(world, snapshot)
            for row in world.store.resources(stack.id):
                if row.status == Status.COMPLETE and states.begun(row):
                    self._check_row(world, row)

    def _check_observed_again(self, world: Simulation, snapshot: Snapshot) -> None:
        """Check that the doubted rows of a complete traversal have the desired properties.

        The traversal must have observed such a row again, and updated it if it differed.
        References are not compared.
        """
        template = world.written[snapshot.stack.template_id]
        for row_id, traversal_id in self._doubted.items():
            row = snapshot.rows.get(row_id)
            if row is None or traversal_id != snapshot.stack.traversal_id:
                continue
            for name, value in template.resources[row.name].properties.items():
                actual = (row.properties or {}).get(name)
                if not isinstance(value, GetRes | GetAtt) and actual != value:
                    world.violate(f'reality: the suspect row of {row.name} was not observed again')

    def _check_row(self, world: Simulation, row: Resource) -> None:
        """Check that a settled row matches reality."""
        physical = world.reality.by_token(row.token)
        uuid = None if physical is None else physical.uuid
        if row.physical_id != uuid:
            world.violate(
                f'reality: row {row.id} of {row.name} has the wrong physical id {row.physical_id}'
            )
        elif physical is not None:
            if dict(row.properties or {}) != physical.properties:
                world.violate(f'reality: the properties of {row.name} differ from its row')
            if dict(row.attributes) != physical.properties:
                world.violate(f'reality: the attributes of {row.name} differ from its row')


def _excused(world: Simulation) -> bool:
    """Say whether a zombie may not have compensated yet."""
    return world.died or any(running.worker and running.worker.parked for running in world.running)
