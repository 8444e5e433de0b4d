"""The user of a simulation: the requests of a script to the engine."""

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

    :param templates: maps contents to ids.
    :param names: filled with the ids of stacks, by the name that the script gives them.
    :param written: filled with the template of each request, by content id.
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
        """Send a request; return its stack.

        :raises HeatconvException: if it is refused.
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
        """Let a resource continue after a hook.

        :raises HeatconvException: if the resource does not exist.
        """
        rows = [r for r in self._store.resources(stack.id) if r.name == resource]
        if not rows:
            raise HeatconvException(f'there is no resource {resource}')
        clear_hook(self._requests, rows, rows[-1], hook)

    def _content(self, entry: script.Request) -> StackContent:
        assert entry.template is not None
        content = entry.template.content
        self._written[self._templates.id_of(content)] = entry.template
        return StackContent(content, entry.options)
