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
from heatconv.engine.redaction import without_secrets
from heatconv.engine.wire_format import shown_properties
from heatconv.rpc import api
from heatconv.storage.base import Store
from heatconv.storage.values import StoredEvent


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
        """List the events of a stack, newest first unless the request sets an order.

        The key ``resource_properties`` of an event is null unless the request asks for one event.
        heat-api does not show it in a list; heat-api-cfn fails without the key.

        :param filters: see `heatconv.engine.endpoints.filters.matches_filters`. With ``uuid``,
            each event has the properties of its resource.
        :param marker: id of the event after which to begin.
        :param sort_keys: has no effect but that the order is ascending by default: events are
            always sorted by time.
        :param sort_dir: asc or desc.
        :param nested_depth: number of levels of nested stacks whose events are included. If it is
            set, each event also has the identity of the root stack.
        """
        stack = self._lookup.stack(context, stack_identity, show_deleted=True)
        depth = nested_levels(nested_depth)
        descending = sort_dir == 'desc' if sort_dir or sort_keys else True
        filters = filters or {}
        root = None
        if nested_depth is not None:
            *_, root = owners(self._store, stack)
        if depth:
            events = self._all_events(stack, depth)
            if descending:
                events.reverse()
            if marker is not None:
                ids = [event.id for _, event in events]
                events = events[ids.index(marker) + 1 :] if marker in ids else []
        else:
            # The store does not filter, so the limit applies after the filters.
            store_limit = None if filters else limit
            stored = self._store.events(stack.id, marker, store_limit, descending)
            events = [(stack, event) for event in stored]
        shown = [(owner, event, wire_format.event(event, owner, root)) for owner, event in events]
        matching = [parts for parts in shown if matches_filters(parts[2], filters)]
        answer = [
            {
                **described,
                'resource_properties': self._properties(owner, event)
                if 'uuid' in filters
                else None,
            }
            for owner, event, described in matching
        ]
        return answer if limit is None else answer[:limit]

    def _properties(self, stack: Stack, stored: StoredEvent) -> dict[str, Any]:
        """Return the properties of the resource of an event, as they are now.

        The values of hidden parameters are masked.
        """
        name = stored.event.resource_name
        row = None
        if name is not None:
            row = self._lookup.newest(self._store.resources(stack.id), name)
        properties = {} if row is None else shown_properties(row)
        content = self._store.template(stack.newest_template_id or '') or {}
        return without_secrets(properties, content)

    def _all_events(self, stack: Stack, depth: int) -> list[tuple[Stack, StoredEvent]]:
        """Return the events of a stack and of nested stacks, each with its stack, oldest first."""
        stacks = [stack, *(descendants(self._store, stack, depth) if depth else ())]
        events = [(owner, event) for owner in stacks for event in self._store.events(owner.id)]
        return sorted(events, key=lambda pair: (pair[1].at, pair[1].id)) if depth else events
