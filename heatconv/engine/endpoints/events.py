"""The RPC methods of events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import oslo_messaging

from heatconv.convergence.model import Stack
from heatconv.engine import wire_format
from heatconv.engine.ancestry import descendants, owners
from heatconv.engine.endpoints.filters import matches_filters, nested_levels
from heatconv.engine.endpoints.rpc_method import rpc_method
from heatconv.engine.lookup import Lookup
from heatconv.rpc import api
from heatconv.storage.base import Store, StoredEvent


class EventsEndpoint:
    """Lists the events of a stack and of the stacks nested in it."""

    target = oslo_messaging.Target(version=api.ENGINE_VERSION)

    def __init__(self, store: Store, lookup: Lookup) -> None:
        self._store = store
        self._lookup = lookup

    @rpc_method
    def list_events(
        self,
        context: Any,
        stack_identity: Any,
        filters: Mapping[str, Any] | None = None,
        limit: int | None = None,
        marker: str | None = None,
        sort_keys: Sequence[str] | None = None,
        sort_dir: str | None = None,
        nested_depth: int | None = None,
    ) -> list[dict[str, Any]]:
        """List the events of a stack, oldest first unless ``sort_dir`` is desc.

        :param filters: see `heatconv.engine.endpoints.filters.matches_filters`.
        :param marker: id of the event after which to begin.
        :param nested_depth: number of levels of nested stacks whose events are included. If it is
            set, each event also has the identity of the root stack.
        """
        stack = self._lookup.stack(context, stack_identity, show_deleted=True)
        depth = nested_levels(nested_depth)
        root = None
        if nested_depth is not None:
            *_, root = owners(self._store, stack)
        if sort_dir == 'desc' or depth:
            events = self._all_events(stack, depth)
            if sort_dir == 'desc':
                events.reverse()
            if marker is not None:
                ids = [event.id for _, event in events]
                events = events[ids.index(marker) + 1 :] if marker in ids else []
        else:
            # The store does not filter, so the limit applies after the filters.
            store_limit = None if filters else limit
            events = [
                (stack, event) for event in self._store.events(stack.id, marker, store_limit)
            ]
        answer = [wire_format.event(event, owner, root) for owner, event in events]
        answer = [event for event in answer if matches_filters(event, filters or {})]
        return answer if limit is None else answer[:limit]

    def _all_events(self, stack: Stack, depth: int) -> list[tuple[Stack, StoredEvent]]:
        """Return the events of a stack and of nested stacks, each with its stack, oldest first."""
        stacks = [stack, *(descendants(self._store, stack, depth) if depth else ())]
        events = [(owner, event) for owner in stacks for event in self._store.events(owner.id)]
        return sorted(events, key=lambda pair: (pair[1].at, pair[1].id)) if depth else events
