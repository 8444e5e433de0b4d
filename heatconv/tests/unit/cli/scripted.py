#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""An engine for tests of the command line: it plays what the test has written."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from typing import Any

from heatconv import exception

TIME = '2026-11-24T10:00:00Z'

EventOf = tuple[str, str, str, str]


@dataclasses.dataclass
class Scripted:
    """One stack and what is still to happen to it.

    :ivar frames: one is played at each look at the stack.
    :ivar nested: names of nested stacks by resource.
    """

    name: str
    stack_id: str
    action: str = 'CREATE'
    status: str = 'COMPLETE'
    reason: str = ''
    template: dict[str, Any] = dataclasses.field(default_factory=dict)
    resources: dict[str, tuple[str, str, str]] = dataclasses.field(default_factory=dict)
    events: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    frames: list[list[EventOf]] = dataclasses.field(default_factory=list)
    outputs: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    nested: dict[str, str] = dataclasses.field(default_factory=dict)


class ScriptedEngine:
    """Has the methods and shapes of the engine API.

    :ivar scripts: frames to play, by the action that a request begins. An
        entry of a frame is (resource or '' for the stack, action, status,
        reason).
    :ivar calls: all that was called, with its arguments.
    """

    def __init__(self) -> None:
        self.stacks: dict[str, Scripted] = {}
        self.scripts: dict[str, list[list[EventOf]]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.raises: dict[str, list[BaseException]] = {}

    def call(self, method: str, **arguments: Any) -> Any:
        """Call a method, as a client does."""
        self.calls.append((method, copy.deepcopy(arguments)))
        if self.raises.get(method):
            raise self.raises[method].pop(0)
        return getattr(self, '_' + method)(**arguments)

    def called(self, method: str) -> list[dict[str, Any]]:
        """Return the arguments of all calls of a method."""
        return [arguments for name, arguments in self.calls if name == method]

    def add(self, name: str, **fields: Any) -> Scripted:
        """Put a stack there."""
        stack = Scripted(name, f'id-of-{name}', **fields)
        self.stacks[name] = stack
        return stack

    def tell(self, stack: Scripted, told: EventOf) -> None:
        """Make something happen."""
        name, action, status, reason = told
        if name:
            stack.resources[name] = (action, status, reason)
        else:
            stack.action, stack.status, stack.reason = action, status, reason
        number = len(stack.events)
        stack.events.append(
            {
                'event_identity': {**_identity(stack), 'path': f'/resources/x/events/e{number}'},
                'stack_identity': _identity(stack),
                'stack_name': stack.name,
                'event_time': TIME,
                'resource_name': name or stack.name,
                'physical_resource_id': None if name else stack.stack_id,
                'resource_action': action,
                'resource_status': status,
                'resource_status_reason': reason,
                'resource_type': 'OS::Heat::TestResource' if name else 'OS::Heat::Stack',
            }
        )

    def begin(self, stack: Scripted, action: str) -> None:
        """Begin an action and queue its script."""
        self.tell(stack, ('', action, 'IN_PROGRESS', f'Stack {action} started'))
        default = [[('', action, 'COMPLETE', f'Stack {action} completed successfully')]]
        stack.frames = list(self.scripts.get(action, default))

    def _find(self, identity: dict[str, Any]) -> Scripted:
        stack = self.stacks.get(identity['stack_name'])
        if stack is None:
            raise exception.EntityNotFound(entity='Stack', name=identity['stack_name'])
        return stack

    def _identify_stack(self, stack_name: str) -> dict[str, Any]:
        return _identity(self._find({'stack_name': stack_name}))

    def _create_stack(
        self,
        stack_name: str,
        template: dict[str, Any],
        params: dict[str, Any],
        files: dict[str, Any],
        args: dict[str, Any],
    ) -> dict[str, Any]:
        if stack_name in self.stacks:
            raise exception.StackExists(stack_name=stack_name)
        stack = self.add(stack_name, template=template)
        self.begin(stack, 'CREATE')
        return _identity(stack)

    def _update_stack(
        self,
        stack_identity: dict[str, Any],
        template: dict[str, Any] | None,
        params: dict[str, Any],
        files: dict[str, Any],
        args: dict[str, Any],
    ) -> dict[str, Any]:
        self.begin(self._find(stack_identity), 'UPDATE')
        return stack_identity

    def _delete_stack(self, stack_identity: dict[str, Any]) -> None:
        self.begin(self._find(stack_identity), 'DELETE')

    def _stack_rollback(self, stack_identity: dict[str, Any]) -> None:
        stack = self._find(stack_identity)
        if stack.status != 'COMPLETE':
            self.begin(stack, 'ROLLBACK')

    def _stack_cancel_update(
        self, stack_identity: dict[str, Any], cancel_with_rollback: bool
    ) -> None:
        stack = self._find(stack_identity)
        if cancel_with_rollback:
            self.begin(stack, 'ROLLBACK')
        else:
            stack.frames = []
            self.tell(stack, ('', stack.action, 'FAILED', 'cancelled by the user'))

    def _show_stack(
        self, stack_identity: dict[str, Any], resolve_outputs: bool
    ) -> list[dict[str, Any]]:
        stack = self._find(stack_identity)
        if stack.frames:
            for told in stack.frames.pop(0):
                self.tell(stack, told)
        if (stack.action, stack.status) == ('DELETE', 'COMPLETE'):
            del self.stacks[stack.name]
            raise exception.EntityNotFound(entity='Stack', name=stack.name)
        return [{**_shown(stack), 'outputs': stack.outputs if resolve_outputs else []}]

    def _list_stacks(self, **query: Any) -> list[dict[str, Any]]:
        return [_shown(stack) for stack in self.stacks.values()]

    def _list_events(
        self,
        stack_identity: dict[str, Any],
        filters: dict[str, Any] | None = None,
        limit: int | None = None,
        marker: str | None = None,
        sort_keys: Sequence[str] | None = None,
        sort_dir: str | None = None,
        nested_depth: int | None = None,
    ) -> list[dict[str, Any]]:
        events = list(self._find(stack_identity).events)
        for key, value in (filters or {}).items():
            events = [event for event in events if event[key] == value]
        if sort_dir == 'desc':
            events.reverse()
        if marker is not None:
            ids = [event['event_identity']['path'].rpartition('/')[2] for event in events]
            if marker not in ids:
                raise exception.EntityNotFound(entity='Event', name=marker)
            events = events[ids.index(marker) + 1 :]
        return events[:limit]

    def _list_stack_resources(
        self, stack_identity: dict[str, Any], nested_depth: int = 0
    ) -> list[dict[str, Any]]:
        stack = self._find(stack_identity)
        listed = [_resource(stack, name) for name in stack.resources]
        for one in listed:
            if one['resource_name'] in stack.nested:
                name = stack.nested[one['resource_name']]
                one['nested_stack_id'] = {'stack_name': name}
        return listed

    def _describe_stack_resource(
        self, stack_identity: dict[str, Any], resource_name: str, with_attr: Any = None
    ) -> dict[str, Any]:
        stack = self._find(stack_identity)
        if resource_name not in stack.resources:
            raise exception.ResourceNotFound(resource_name=resource_name, stack_name=stack.name)
        details = {'attributes': {'output': 'x'}, 'metadata': {'deployments': [{'a': 1}]}}
        return {**_resource(stack, resource_name), **details}

    def _list_outputs(self, stack_identity: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            {key: output[key] for key in ('output_key', 'description')}
            for output in self._find(stack_identity).outputs
        ]

    def _show_output(self, stack_identity: dict[str, Any], output_key: str) -> dict[str, Any]:
        for output in self._find(stack_identity).outputs:
            if output['output_key'] == output_key:
                return output
        raise exception.NotFound(f'Specified output key {output_key} not found.')

    def _validate_template(
        self, template: dict[str, Any], params: dict[str, Any], files: dict[str, str]
    ) -> dict[str, Any]:
        if 'heat_template_version' not in template:
            return {'Error': 'no version'}
        return {'Description': 'fine', 'Parameters': template.get('parameters', {})}

    def _list_resource_types(self, with_description: bool) -> list[dict[str, str]]:
        return [{'resource_type': 'OS::Heat::Stack', 'description': 'A stack.'}]

    def _resource_schema(self, type_name: str, with_description: bool) -> dict[str, Any]:
        if type_name != 'OS::Heat::Stack':
            raise exception.EntityNotFound(entity='Resource Type', name=type_name)
        properties = {'template': {'type': 'string', 'required': True}}
        return {'resource_type': type_name, 'description': 'A', 'properties': properties}

    def _resource_signal(self, stack_identity: dict[str, Any], **_: Any) -> Any:
        return None

    def _get_template(self, stack_identity: dict[str, Any]) -> dict[str, Any]:
        return self._find(stack_identity).template


def _identity(stack: Scripted) -> dict[str, Any]:
    return {
        'tenant': 'default',
        'stack_name': stack.name,
        'stack_id': stack.stack_id,
        'path': '',
    }


def _shown(stack: Scripted) -> dict[str, Any]:
    return {
        'stack_name': stack.name,
        'stack_identity': _identity(stack),
        'creation_time': TIME,
        'updated_time': None,
        'deletion_time': None,
        'description': 'No description',
        'parameters': {'OS::stack_name': stack.name},
        'disable_rollback': True,
        'timeout_mins': 60,
        'tags': ['a', 'b'],
        'stack_action': stack.action,
        'stack_status': stack.status,
        'stack_status_reason': stack.reason,
    }


def _resource(stack: Scripted, name: str) -> dict[str, Any]:
    action, status, reason = stack.resources[name]
    return {
        'resource_name': name,
        'physical_resource_id': f'physical-{name}',
        'resource_type': 'OS::Heat::TestResource',
        'resource_action': action,
        'resource_status': status,
        'resource_status_reason': reason,
        'updated_time': TIME,
        'creation_time': TIME,
        'required_by': [],
        'stack_name': stack.name,
    }
