"""The user of a simulation, who sends the requests of a script to the engine."""

from __future__ import annotations

from typing import Any

from heatconv.convergence.model import Stack
from heatconv.engine.content import StackContent
from heatconv.engine.requests.cancel import cancel_update, rollback_stack
from heatconv.engine.requests.core import Requests
from heatconv.engine.requests.create import create_stack
from heatconv.engine.requests.delete import delete_stack
from heatconv.engine.requests.hooks import clear_hook
from heatconv.engine.requests.update import update_stack
from heatconv.exception import HeatconvException
from heatconv.sim import script

PROJECT = 'project'


class User:
    """Sends requests to the engine of a simulation.

    :param requests: the request functions of the engine.
    :param templates: the template cache, which computes content ids.
    :param names: is filled with the ids of stacks, by the name in the script.
    :param written: is filled with the template of each request, by content id.
    """

    def __init__(
        self,
        requests: Requests,
        templates: Any,
        names: dict[str, str],
        written: dict[str | None, Any],
    ) -> None:
        self._requests = requests
        self._store = requests.store
        self._templates = templates
        self._names = names
        self._written = written

    def ask(self, entry: script.Request) -> Stack:
        """Send a request and return its stack.

        :raises HeatconvException: if the engine refuses it, or the stack does not exist.
        """
        requests = self._requests
        if entry.verb == 'create':
            stack = create_stack(requests, PROJECT, '', entry.stack, self._content(entry))
            self._names[entry.stack] = stack.id
            return stack
        stack = self._store.stack_by_name(PROJECT, entry.stack)
        if stack is None:
            raise HeatconvException(f'there is no stack {entry.stack}')
        if entry.verb == 'update':
            update_stack(requests, stack, self._content(entry))
        elif entry.verb == 'delete':
            delete_stack(requests, stack)
        elif entry.verb == 'rollback':
            rollback_stack(requests, stack)
        elif entry.verb == 'clear':
            self.clear(stack, entry.options['resource'], entry.options['hook'])
        else:
            cancel_update(requests, stack, entry.options['with_rollback'])
        return stack

    def clear(self, stack: Stack, resource: str, hook: str) -> None:
        """Clear a hook that a resource waits at.

        :raises HeatconvException: if the resource does not exist.
        """
        rows = [row for row in self._store.resources(stack.id) if row.name == resource]
        if not rows:
            raise HeatconvException(f'there is no resource {resource}')
        clear_hook(self._requests, rows, rows[-1], hook)

    def _content(self, entry: script.Request) -> StackContent:
        """Return the content of a request, and record its template."""
        assert entry.template is not None
        content = entry.template.content
        self._written[self._templates.id_of(content)] = entry.template
        return StackContent(content, entry.options)
