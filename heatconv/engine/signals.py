"""Signals that users send to resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heatconv import exception
from heatconv.convergence.events import event
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Action, Event, Resource, Stack, Status
from heatconv.convergence.step import Commit
from heatconv.engine.plugin_view import as_plugin_sees
from heatconv.hot import source
from heatconv.hot.errors import TemplateError
from heatconv.storage.base import Store
from heatconv.templates.cache import Types


class Signals:
    """Delivers signals to the plugins of resources."""

    def __init__(self, store: Store, types: Types) -> None:
        self._store = store
        self._types = types

    def take(self, stack: Stack, row: Resource, details: Any) -> None:
        """Send a signal to a resource.

        :param details: the data of the signal, any JSON value.
        :raises ResourceActionNotSupported: if the type of the resource accepts no signals.
        :raises NotSupported: if the resource accepts no signal in its present state.
        :raises StackValidationFailed: if the signal is not valid.
        :raises SignalIgnored: if the signal has no effect at the moment.
        """
        plugin = self._types.plugin(row.type)
        if plugin is None or not plugin.takes_signals:
            raise exception.ResourceActionNotSupported(action=f'Signal resource {row.shown_type}')
        if row.action in plugin.deaf_actions:
            if row.action != Action.INIT:
                # As in Heat, users see that the signal came.
                reason = f'Cannot signal resource during {row.action}'
                self._store.commit([Commit(events=(evolve(event(row), reason=reason),))])
            raise exception.NotSupported(feature=f'Signal resource during {row.action}')
        resource = as_plugin_sees(stack, row)
        try:
            source.bound(details, 'details')
            unsaved_event = plugin.take_signal(
                resource, details, lambda reason: _signal_event(row, reason)
            )
        except (ValueError, TemplateError) as error:
            raise exception.StackValidationFailed(message=f'signal: {error}') from None
        if unsaved_event is not None:
            self._store.commit([Commit(events=(unsaved_event,))])

    def hears_until_the_end(self, row: Resource) -> bool:
        """Say whether a resource takes signals even while it is deleted: a deployment does."""
        plugin = self._types.plugin(row.type)
        return plugin is not None and Action.DELETE not in plugin.deaf_actions

    def received(self, stack: Stack, row: Resource) -> dict[str, Any]:
        """Return the signals that a resource has received, in the form of Heat."""
        plugin = self._types.plugin(row.type)
        return {} if plugin is None else dict(plugin.signals(as_plugin_sees(stack, row)))

    def metadata(self, stack: Stack, row: Resource, declared: Mapping[str, Any]) -> dict[str, Any]:
        """Return the metadata of a resource that users see.

        The received signals serve as the metadata of a definition without metadata.

        :param declared: the metadata of its definition.
        """
        plugin = self._types.plugin(row.type)
        if plugin is None:
            return dict(declared)
        resource = as_plugin_sees(stack, row)
        if not declared and plugin.takes_signals:
            declared = plugin.signals(resource)
        return dict(plugin.metadata(resource, declared))


def _signal_event(row: Resource, reason: str) -> Event:
    """Return the event for a signal.

    :param reason: the reason from the plugin.
    """
    return evolve(
        event(row), action=Action.SIGNAL, status=Status.COMPLETE, reason=f'Signal: {reason}'
    )
