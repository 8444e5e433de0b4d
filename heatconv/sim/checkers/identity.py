"""Checks identity: no resource is replaced that could have been kept.

The desired state is computed independently of the core, from the template as the scenario wrote
it. So a fault of the core is not repeated here.
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
    """Checks which row each update node gets, each replacement and each create."""

    def prepared(
        self, world: Simulation, running: Running, plan: Plan, before: Snapshot, after: Snapshot
    ) -> None:
        for key, node in after.nodes.items():
            row = after.rows.get(node.subject or '')
            if key.kind == Kind.UPDATE and row is not None and row.action == 'DELETE':
                world.violate(f'identity: {key.name} gets a row whose delete has begun')

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
            self._check_replacement(world, write.key, commit.row.read, commit.inserts[0].id, after)
        elif write.now == 'running' and commit.row is not None:
            saved = commit.row.saved
            if saved is not None and (saved.action, saved.status) == ('CREATE', 'IN_PROGRESS'):
                self._check_create(world, write.key, saved, after)

    def _check_replacement(
        self, world: Simulation, key: NodeKey, replaced: Resource, new_id: str, after: Snapshot
    ) -> None:
        """Check that a replacement was necessary.

        :param replaced: the row that is replaced.
        :param new_id: id of the row that replaces it.
        """
        desired = wanted_properties(world, key, after)
        if desired is not None and _good(replaced) and keeps(replaced, desired):
            world.violate(f'identity: {key.name} is replaced although it could be kept')
        self._check_alternatives(world, key, replaced.id, desired, after)
        for row in after.rows.values():
            # The replacement must reuse another row of the name that was never begun.
            expected_ids = (replaced.id, new_id)
            if row.name == key.name and row.action == 'INIT' and row.id not in expected_ids:
                world.violate(
                    f'identity: {key.name} gets a new row although {row.id} was never begun'
                )

    def _check_create(
        self, world: Simulation, key: NodeKey, created: Resource, after: Snapshot
    ) -> None:
        self._check_alternatives(
            world, key, created.id, wanted_properties(world, key, after), after
        )

    def _check_alternatives(
        self,
        world: Simulation,
        key: NodeKey,
        excluded_id: str,
        desired: dict[str, Any] | None,
        after: Snapshot,
    ) -> None:
        """Check that no other row of the name could have been kept.

        :param excluded_id: id of the row that is created or replaced.
        :param desired: the desired properties; None if they do not resolve.
        """
        if desired is None:
            return
        for row in after.rows.values():
            if (
                row.name != key.name
                or row.id == excluded_id
                or row.action not in ('CREATE', 'UPDATE')
            ):
                continue
            if row.status != 'FAILED' and keeps(row, desired):
                world.violate(
                    f'identity: {key.name} is created although row {row.id} could be kept'
                )


def _good(row: Resource) -> bool:
    """Say whether the create or update of a row has succeeded."""
    return row.status == 'COMPLETE' and row.action in ('CREATE', 'UPDATE')


def keeps(row: Resource, desired: dict[str, Any]) -> bool:
    """Say whether a row can reach the desired state without a replacement.

    :param desired: the desired properties; a change of one with ``!`` in its name needs a
        replacement.
    """
    current = row.properties or {}
    return all(current.get(name, _GONE) == value for name, value in desired.items() if '!' in name)


def wanted_properties(
    world: Simulation, key: NodeKey, snapshot: Snapshot
) -> dict[str, Any] | None:
    """Resolve the properties of a definition against the current subjects of the update nodes.

    :param key: the update node of the definition.
    :return: None if the template does not define the name, or a referenced row does not exist.
    """
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
