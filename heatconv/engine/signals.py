"""Signals that users send to resources."""

from __future__ import annotations

from typing import Any

from heatconv import exception
from heatconv.convergence.events import event
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Action, Event, Resource, Stack, Status
from heatconv.convergence.step import Commit
from heatconv.hot import source
from heatconv.hot.errors import TemplateError
from heatconv.resources import plugin as plugins
from heatconv.storage.base import Store
from heatconv.templates.cache import Types

#: A resource whose latest action is one of these accepts no signal (heat/engine/resource.py).
DEAF = (Action.INIT, Action.DELETE, Action.SUSPEND)


class Signals:
    """Delivers signals to the plugins of resources."""

    def __init__(self, store: Store, types: Types) -> None:
        self._store = store
        self._types = types

    def take(self, stack: Stack, row: Resource, details: Any) -> dict[str, Any]:
        """Send a signal to a resource; return all signals that it has received.

        :param details: the data of the signal, any JSON value.
        :raises ResourceActionNotSupported: if the type of the resource accepts no signals.
        :raises NotSupported: if the resource accepts no signal in its present state.
        :raises StackValidationFailed: if the signal is not valid.
        """
        plugin = self._types.plugin(row.type)
        if plugin is None or not plugin.takes_signals:
            raise exception.ResourceActionNotSupported(action=f'Signal resource {row.shown_type}')
        if row.action in DEAF:
            raise exception.NotSupported(feature=f'Signal resource during {row.action}')
        resource = _resource(stack, row)
        try:
            source.bound(details, 'details')
            unsaved_event = plugin.take_signal(
                resource, details, lambda reason: _signal_event(row, reason)
            )
        except (ValueError, TemplateError) as error:
            raise exception.StackValidationFailed(message=f'signal: {error}') from None
        if unsaved_event is not None:
            self._store.commit([Commit(events=(unsaved_event,))])
        return dict(plugin.signals(resource))

    def received(self, stack: Stack, row: Resource) -> dict[str, Any]:
        """Return the received signals of a resource, in the form in which Heat shows its metadata.

        :return: empty if the type of the resource accepts no signals.
        """
        plugin = self._types.plugin(row.type)
        if plugin is None or not plugin.takes_signals:
            return {}
        return dict(plugin.signals(_resource(stack, row)))


def _signal_event(row: Resource, reason: str) -> Event:
    """Return the event for a signal.

    :param reason: the reason from the plugin.
    """
    return evolve(
        event(row), action=Action.SIGNAL, status=Status.COMPLETE, reason=f'Signal: {reason}'
    )


def _resource(stack: Stack, row: Resource) -> plugins.Resource:
    """Return a row as its plugin sees it."""
    return plugins.Resource(
        token=row.token,
        name=row.name,
        type=row.type,
        stack_id=stack.id,
        stack_name=stack.name,
        project_id=stack.project_id,
        properties=row.properties or {},
        physical_id=row.physical_id,
    )
