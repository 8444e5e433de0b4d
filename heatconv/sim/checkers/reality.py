"""Checks reality against the template: names, properties, references, attributes."""

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
    """Compare physical resources with a template, in its order."""
    by_name: dict[str, list[PhysicalResource]] = {}
    for row in physical:
        by_name.setdefault(row.logical_name, []).append(row)
    differing: list[str] = []
    for name, copies in sorted(by_name.items()):
        if name not in template.resources:
            differing.append(f'{name} is not in the template, and there')
        elif len(copies) > 1:
            differing.append(f'there are {len(copies)} of {name}')
    for name, definition in template.resources.items():
        if name not in by_name:
            differing.append(f'{name} is not there')
            continue
        have = by_name[name][0].properties
        desired = {key: _value(value, by_name) for key, value in definition.properties.items()}
        if have != desired:
            differing.append(f'{name} is {have}, not {desired}')
    return differing


def _value(value: Any, by_name: Mapping[str, list[PhysicalResource]]) -> Any:
    if isinstance(value, GetRes):
        return next((row.uuid for row in by_name.get(value.target_name, ())), None)
    if isinstance(value, GetAtt):
        rows = by_name.get(value.target_name, ())
        return next((row.properties.get(value.attr) for row in rows), None)
    return value


def of_stack(reality: Reality, snapshot: Snapshot) -> list[PhysicalResource]:
    """Return the physical resources of a stack."""
    return [row for row in reality.rows.values() if row.token in snapshot.rows]


class RealityChecker(Watcher):
    """Compares them at the end, and rows with physical resources after commits."""

    def __init__(self) -> None:
        #: Rows that became suspect while an operation was in progress, with their traversal: it
        #: must observe them again before it ends.
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
            # Too late to let the traversal observe again.
            if states.healthy(earlier) and not (
                earlier.suspect or earlier.claim or _excused(world)
            ):
                self._row(world, earlier)
            return
        self._doubted.pop(row.id, None)
        for key, node in after.nodes.items():
            if node.subject == row.id and node.status == 'running' and key.kind == Kind.UPDATE:
                self._doubted[row.id] = key.traversal_id

    def acting(self, world: Simulation, running: Running, effect: CallPlugin) -> None:
        """A live worker compensates for what it did too late."""
        row = effect.call.row
        undoes = running.name == 'sweep' and effect.call.verb == 'delete'
        if undoes and world.reality.by_token(row.token) and not _excused(world):
            world.violate(f'reality: nobody has made up for {row.id}')

    def acted(
        self, world: Simulation, running: Running, effect: CallPlugin, observation: Observation
    ) -> None:
        if running.worker is not None and running.worker.parked:
            # The present action is unrelated to the earlier one.
            self._doubted.pop(effect.call.row.id, None)

    def rested(self, world: Simulation) -> None:
        for snapshot in world.snapshots.values():
            stack = snapshot.stack
            done = stack.status == Status.COMPLETE and stack.action != Action.DELETE
            # What a zombie did after the end is recorded in the rows, and repaired by the next
            # request.
            if done and not world.zombie_acted:
                template = world.written[stack.template_id]
                for wrong in differences(template, of_stack(world.reality, snapshot)):
                    world.violate(f'reality: {stack.name}: {wrong}')
            if done:
                self._looked_again(world, snapshot)
            for row in world.store.resources(stack.id):
                if row.status == Status.COMPLETE and states.begun(row):
                    self._row(world, row)

    def _looked_again(self, world: Simulation, snapshot: Snapshot) -> None:
        template = world.written[snapshot.stack.template_id]
        for row_id, traversal_id in self._doubted.items():
            row = snapshot.rows.get(row_id)
            if row is None or traversal_id != snapshot.stack.traversal_id:
                continue
            for name, value in template.resources[row.name].properties.items():
                real = (row.properties or {}).get(name)
                if not isinstance(value, GetRes | GetAtt) and real != value:
                    world.violate(f'reality: nobody looked again at {row.name} in doubt')

    def _row(self, world: Simulation, row: Resource) -> None:
        """A settled row matches reality."""
        physical = world.reality.by_token(row.token)
        uuid = None if physical is None else physical.uuid
        if row.physical_id != uuid:
            world.violate(f'reality: row {row.id} of {row.name} says {row.physical_id}')
        elif physical is not None:
            if dict(row.properties or {}) != physical.properties:
                world.violate(f'reality: the properties of {row.name} are not real')
            if dict(row.attributes) != physical.properties:
                world.violate(f'reality: the attributes of {row.name} are not real')


def _excused(world: Simulation) -> bool:
    """Say whether a zombie may not have compensated yet."""
    return world.died or any(running.worker and running.worker.parked for running in world.running)
