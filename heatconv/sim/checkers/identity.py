"""Checks identity: no resource is replaced that could have been kept.

The desired state is computed independently, from the template as the scenario wrote it, so that a
fault of the core is not repeated here.
"""

from __future__ import annotations

from typing import Any

from heatconv.convergence.model import Kind, NodeKey, Resource
from heatconv.convergence.step import Commit, Outcome
from heatconv.convergence.traversal import Plan
from heatconv.sim.language import GetAtt, GetRes
from heatconv.sim.moves import Running
from heatconv.sim.snapshot import Snapshot
from heatconv.sim.watcher import Simulation, Watcher

_GONE = object()


class IdentityChecker(Watcher):
    """Checks each choice of a row, each replacement and each create."""

    def prepared(
        self, world: Simulation, running: Running, plan: Plan, before: Snapshot, after: Snapshot
    ) -> None:
        for key, node in after.nodes.items():
            row = after.rows.get(node.subject or '')
            if key.kind == Kind.UPDATE and row is not None and row.action == 'DELETE':
                world.violate(f'identity: {key.name} is to be served by a row that goes')

    def committed(
        self,
        world: Simulation,
        running: Running,
        commit: Commit,
        outcome: Outcome,
        before: Snapshot,
        after: Snapshot,
    ) -> None:
        write = commit.node
        if write is None or write.key.kind != Kind.UPDATE or outcome.verdict != 'stands':
            return
        if commit.inserts and commit.row is not None:
            self._replaced(world, write.key, commit.row.read, commit.inserts[0].id, after)
        elif write.now == 'running' and commit.row is not None:
            saved = commit.row.saved
            if saved is not None and (saved.action, saved.status) == ('CREATE', 'IN_PROGRESS'):
                self._created(world, write.key, saved, after)

    def _replaced(
        self, world: Simulation, key: NodeKey, old: Resource, new: str, after: Snapshot
    ) -> None:
        desired = wanted_properties(world, key, after)
        if desired is not None and _good(old) and keeps(old, desired):
            world.violate(f'identity: {key.name} is replaced though it could be kept')
        self._beside(world, key, old.id, desired, after)
        for row in after.rows.values():
            # The only row never begun is the one that this commit wrote.
            others = (old.id, new)
            if row.name == key.name and row.action == 'INIT' and row.id not in others:
                world.violate(f'identity: {key.name} gets a row though {row.id} was never begun')

    def _created(self, world: Simulation, key: NodeKey, new: Resource, after: Snapshot) -> None:
        self._beside(world, key, new.id, wanted_properties(world, key, after), after)

    def _beside(
        self,
        world: Simulation,
        key: NodeKey,
        but: str,
        desired: dict[str, Any] | None,
        after: Snapshot,
    ) -> None:
        if desired is None:
            return
        for row in after.rows.values():
            if row.name != key.name or row.id == but or row.action not in ('CREATE', 'UPDATE'):
                continue
            if row.status != 'FAILED' and keeps(row, desired):
                world.violate(f'identity: {key.name} is made anew beside row {row.id} that fits')


def _good(row: Resource) -> bool:
    return row.status == 'COMPLETE' and row.action in ('CREATE', 'UPDATE')


def keeps(row: Resource, desired: dict[str, Any]) -> bool:
    """Say whether a row can reach the desired state without a replacement."""
    have = row.properties or {}
    return all(have.get(name, _GONE) == value for name, value in desired.items() if '!' in name)


def wanted_properties(
    world: Simulation, key: NodeKey, snapshot: Snapshot
) -> dict[str, Any] | None:
    """Resolve a definition against the rows that serve now; None if it does not resolve."""
    template = world.written.get(snapshot.stack.template_id)
    if template is None or key.name not in template.resources:
        return None
    resolved: dict[str, Any] = {}
    for name, value in template.resources[key.name].properties.items():
        if isinstance(value, GetRes | GetAtt):
            node = snapshot.nodes.get(NodeKey(key.traversal_id, Kind.UPDATE, value.target_name))
            row = snapshot.rows.get(node.subject or '') if node is not None else None
            if row is None:
                return None
            if isinstance(value, GetRes):
                resolved[name] = row.physical_id
            else:
                resolved[name] = row.attributes.get(value.attr)
        else:
            resolved[name] = value
    return resolved
