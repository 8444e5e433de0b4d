"""The RPC methods of exports and snapshots of stacks."""

from __future__ import annotations

from typing import Any

import oslo_messaging

from heatconv import exception
from heatconv.convergence.model import Stack, Status
from heatconv.engine import archive
from heatconv.engine.archive import Exports
from heatconv.engine.endpoints.rpc_method import rpc_method
from heatconv.engine.lookup import Lookup
from heatconv.engine.requests.core import Requests
from heatconv.engine.requests.delete import abandon_stack
from heatconv.engine.requests.snapshot import take_snapshot
from heatconv.engine.requests.update import restore_stack
from heatconv.rpc import api
from heatconv.storage.values import Snapshot

#: Maximum length of the name of a snapshot, as in Heat.
NAME_LENGTH = 255


class ArchiveEndpoint:
    """Exports, abandons, snapshots and restores stacks."""

    target = oslo_messaging.Target(version=api.ENGINE_VERSION)

    def __init__(self, requests: Requests, lookup: Lookup) -> None:
        self._requests = requests
        self._store = requests.store
        self._lookup = lookup
        self._exports = Exports(requests.store, requests.templates)

    @rpc_method
    def export_stack(self, context: Any, stack_identity: Any) -> dict[str, Any]:
        """Return the export of a stack."""
        return self._exports.stack(self._lookup.stack(context, stack_identity))

    @rpc_method
    def abandon_stack(
        self, context: Any, stack_identity: Any, abandon: bool = True
    ) -> dict[str, Any]:
        """Delete a stack but keep its physical resources; return its export.

        :param abandon: if false, only return the export.
        """
        stack = self._lookup.stack(context, stack_identity)
        export = self._exports.stack(stack)
        if abandon:
            abandon_stack(self._requests, stack)
        return export

    @rpc_method
    def stack_snapshot(
        self, context: Any, stack_identity: Any, name: str | None = None
    ) -> dict[str, Any]:
        """Take a snapshot of a stack."""
        if not isinstance(name, str | None) or len(name or '') > NAME_LENGTH:
            raise exception.StackValidationFailed(
                message=f'name: it must be a string of {NAME_LENGTH} characters at most'
            )
        stack = self._lookup.stack(context, stack_identity)
        snapshot = take_snapshot(self._requests, stack, name or '')
        return archive.snapshot(snapshot, self._snapshot_data(stack, snapshot))

    @rpc_method
    def show_snapshot(self, context: Any, stack_identity: Any, snapshot_id: str) -> dict[str, Any]:
        """Return a snapshot."""
        stack = self._lookup.stack(context, stack_identity)
        snapshot = self._snapshot(stack, snapshot_id)
        return archive.snapshot(snapshot, self._snapshot_data(stack, snapshot))

    @rpc_method
    def delete_snapshot(self, context: Any, stack_identity: Any, snapshot_id: str) -> None:
        """Delete a snapshot."""
        stack = self._lookup.stack(context, stack_identity)
        self._snapshot(stack, snapshot_id)
        self._store.drop_snapshot(stack.id, snapshot_id)

    @rpc_method
    def stack_list_snapshots(self, context: Any, stack_identity: Any) -> list[dict[str, Any]]:
        """List the snapshots of a stack, oldest first."""
        stack = self._lookup.stack(context, stack_identity)
        return [
            archive.snapshot(snapshot, self._snapshot_data(stack, snapshot))
            for snapshot in self._store.snapshots(stack.id)
        ]

    @rpc_method
    def stack_restore(self, context: Any, stack_identity: Any, snapshot_id: str) -> None:
        """Restore a stack to the template of a snapshot."""
        stack = self._lookup.stack(context, stack_identity)
        snapshot = self._snapshot(stack, snapshot_id)
        restore_stack(self._requests, stack, snapshot.template_id)

    def _snapshot(self, stack: Stack, snapshot_id: Any) -> Snapshot:
        """Return a snapshot of a stack.

        :raises EntityNotFound: if the stack has no such snapshot.
        """
        for snapshot in self._store.snapshots(stack.id):
            if snapshot.id == snapshot_id:
                return snapshot
        raise exception.EntityNotFound(entity='Snapshot', name=str(snapshot_id)[:255])

    def _snapshot_data(self, stack: Stack, snapshot: Snapshot) -> dict[str, Any]:
        """Return the export of a stack with the template and the resources of a snapshot."""
        content = self._store.template(snapshot.template_id or '') or {}
        export = archive.exported(stack, content, snapshot.resources)
        return {**export, 'status': Status.COMPLETE.value}
