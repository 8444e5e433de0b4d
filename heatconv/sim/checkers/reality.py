"""Reality is what the template says: names, properties, references, attributes."""

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
    found: list[str] = []
    for name, copies in sorted(by_name.items()):
        if name not in template.resources:
            found.append(f'{name} is not in the template, and there')
        elif len(copies) > 1:
            found.append(f'there are {len(copies)} of {name}')
    for name, definition in template.resources.items():
        if name not in by_name:
            found.append(f'{name} is not there')
            continue
        have = by_name[name][0].properties
        desired = {key: _value(value, by_name) for key, value in definition.properties.items()}
        if have != desired:
            found.append(f'{name} is {have}, not {desired}')
    return found


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
    """Compares them at rest, and rows with what is there."""

    def __init__(self) -> None:
        #: Rows that came into doubt while they were worked on, and in which
        #: traversal: that must look again before it ends.
        self._doubted: dict[str, str] = {}

    def committed(
        self,
        world: Simulation,
        one: Running,
        commit: Commit,
        outcome: Outcome,
        before: Snapshot,
        after: Snapshot,
    ) -> None:
        row = after.rows.get(commit.suspects or '')
        if row is None:
            return
        known = before.rows[row.id]
        if one.name == 'sweep':
            # That comes too late to be what makes the traversal look again.
            if states.healthy(known) and not (known.suspect or known.claim or _excused(world)):
                self._row(world, known)
            return
        self._doubted.pop(row.id, None)
        for key, node in after.nodes.items():
            if node.subject == row.id and node.status == 'running' and key.kind == Kind.UPDATE:
                self._doubted[row.id] = key.traversal_id

    def acting(self, world: Simulation, one: Running, effect: CallPlugin) -> None:
        """Who lives makes up for what it did too late, and leaves it to nobody else."""
        row = effect.call.row
        undoes = one.name == 'sweep' and effect.call.verb == 'delete'
        if undoes and world.reality.by_token(row.token) and not _excused(world):
            world.violate(f'reality: nobody has made up for {row.id}')

    def acted(
        self, world: Simulation, one: Running, effect: CallPlugin, seen: Observation
    ) -> None:
        if one.worker is not None and one.worker.parked:
            # What it does now is another matter than what it did before.
            self._doubted.pop(effect.call.row.id, None)

    def rested(self, world: Simulation) -> None:
        for snapshot in world.snapshots.values():
            stack = snapshot.stack
            done = stack.status == Status.COMPLETE and stack.action != Action.DELETE
            # What somebody taken for dead did after the end is known to the rows,
            # and mended by the next request.
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
        """A row that is in no doubt says what is real."""
        physical = world.reality.by_token(row.token)
        there = None if physical is None else physical.uuid
        if row.physical_id != there:
            world.violate(f'reality: row {row.id} of {row.name} says {row.physical_id}')
        elif physical is not None:
            if dict(row.properties or {}) != physical.properties:
                world.violate(f'reality: the properties of {row.name} are not real')
            if dict(row.attributes) != physical.properties:
                world.violate(f'reality: the attributes of {row.name} are not real')


def _excused(world: Simulation) -> bool:
    """Say whether somebody may not have made up yet for what it did too late."""
    return world.died or any(one.worker and one.worker.parked for one in world.running)
