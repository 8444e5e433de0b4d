"""The RPC methods of stacks: requests that change them, and the lists that show them.

Names, arguments and shapes are Heat's (heat/engine/service.py, version 1.36);
`stack_rollback` is heatconv's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import oslo_messaging

from heatconv.convergence.model import Action, Stack
from heatconv.engine import content, preview, wire_format
from heatconv.engine.endpoints.rpc_method import rpc_method, rpc_method_for_admins
from heatconv.engine.lookup import Lookup, name_of
from heatconv.engine.outputs import Outputs
from heatconv.engine.requests.cancel import cancel_update, rollback_stack
from heatconv.engine.requests.core import Requests
from heatconv.engine.requests.create import create_stack, imagined_stack
from heatconv.engine.requests.delete import delete_stack
from heatconv.engine.requests.inspect import inspect_stack
from heatconv.engine.requests.update import check_updatable, update_stack
from heatconv.rpc import api


class StacksEndpoint:
    """Create, change, delete, show and list stacks."""

    target = oslo_messaging.Target(version=api.ENGINE_VERSION)

    def __init__(
        self, requests: Requests, lookup: Lookup, outputs: Outputs, max_template_size: int
    ) -> None:
        self._requests = requests
        self._lookup = lookup
        self._outputs = outputs
        self._max_template_size = max_template_size

    @rpc_method
    def create_stack(
        self,
        context: Any,
        stack_name: str,
        template: Any,
        params: Any,
        files: Any,
        args: Any,
        environment_files: Sequence[str] | None = None,
        **unused: Any,
    ) -> dict[str, str]:
        """Create a stack; return its identity."""
        name_of(stack_name)
        read = content.read(
            template, params, files, args, environment_files, self._max_template_size
        )
        stack = create_stack(self._requests, context.project_id, _user(context), stack_name, read)
        return wire_format.identity(stack)

    @rpc_method
    def update_stack(
        self,
        context: Any,
        stack_identity: Any,
        template: Any,
        params: Any,
        files: Any,
        args: Any,
        environment_files: Sequence[str] | None = None,
        **unused: Any,
    ) -> dict[str, str]:
        """Update a stack; with ``existing``, keep what the request does not give."""
        stack, read = self._update_of(
            context, stack_identity, template, params, files, args, environment_files
        )
        update_stack(self._requests, stack, read)
        return wire_format.identity(stack)

    def _update_of(
        self,
        context: Any,
        stack_identity: Any,
        template: Any,
        params: Any,
        files: Any,
        args: Any,
        environment_files: Sequence[str] | None,
    ) -> tuple[Stack, content.StackContent]:
        """Return the stack of an update, and its new content."""
        stack = self._lookup.stack(context, stack_identity)
        check_updatable(stack)
        if content.arguments(args).get('existing'):
            old = self._requests.store.template(stack.newest_template_id or '') or {}
            template, params, files = content.existing(
                old, template, params, files, args, environment_files, self._max_template_size
            )
            environment_files = None
        read = content.read(
            template, params, files, args, environment_files, self._max_template_size
        )
        return stack, read

    @rpc_method
    def preview_stack(
        self,
        context: Any,
        stack_name: str,
        template: Any,
        params: Any,
        files: Any,
        args: Any,
        environment_files: Sequence[str] | None = None,
        **unused: Any,
    ) -> dict[str, Any]:
        """Show the stack that a create would make."""
        name_of(stack_name)
        read = content.read(
            template, params, files, args, environment_files, self._max_template_size
        )
        compiled = self._requests.compile(read.template)
        stack = imagined_stack(
            self._requests, context.project_id, _user(context), stack_name, read
        )
        return preview.of_create(stack, compiled)

    @rpc_method
    def preview_update_stack(
        self,
        context: Any,
        stack_identity: Any,
        template: Any,
        params: Any,
        files: Any,
        args: Any,
        environment_files: Sequence[str] | None = None,
        **unused: Any,
    ) -> dict[str, Any]:
        """Show the effect of an update on each resource."""
        stack, read = self._update_of(
            context, stack_identity, template, params, files, args, environment_files
        )
        compiled = self._requests.compile(read.template)
        return preview.of_update(stack, compiled, self._requests.store.resources(stack.id))

    @rpc_method
    def delete_stack(self, context: Any, stack_identity: Any, cast: bool = False) -> None:
        """Delete a stack and all its resources."""
        delete_stack(self._requests, self._lookup.stack(context, stack_identity))

    @rpc_method
    def stack_cancel_update(
        self, context: Any, stack_identity: Any, cancel_with_rollback: bool = True
    ) -> None:
        """Stop an update in progress."""
        stack = self._lookup.stack(context, stack_identity)
        cancel_update(self._requests, stack, cancel_with_rollback)

    @rpc_method
    def stack_rollback(self, context: Any, stack_identity: Any) -> None:
        """Return to the last good template."""
        rollback_stack(self._requests, self._lookup.stack(context, stack_identity))

    @rpc_method
    def stack_check(self, context: Any, stack_identity: Any) -> None:
        """Observe each resource and fail those that differ from their definition."""
        self._inspect(context, stack_identity, Action.CHECK)

    @rpc_method
    def stack_suspend(self, context: Any, stack_identity: Any) -> None:
        """Suspend a stack: updates are refused until it is resumed."""
        self._inspect(context, stack_identity, Action.SUSPEND)

    @rpc_method
    def stack_resume(self, context: Any, stack_identity: Any) -> None:
        """Resume a stack."""
        self._inspect(context, stack_identity, Action.RESUME)

    def _inspect(self, context: Any, stack_identity: Any, action: Action) -> None:
        inspect_stack(self._requests, self._lookup.stack(context, stack_identity), action)

    @rpc_method
    def identify_stack(self, context: Any, stack_name: str) -> dict[str, str]:
        """Find a stack by name, or by id even if it is deleted."""
        return wire_format.identity(self._lookup.by_name_or_id(context, stack_name))

    @rpc_method
    def show_stack(
        self, context: Any, stack_identity: Any, resolve_outputs: bool = True
    ) -> list[dict[str, Any]]:
        """Show one stack, or all of the project."""
        if stack_identity is None:
            stacks = self._lookup.list(context)
        else:
            stacks = [self._lookup.stack(context, stack_identity, show_deleted=True)]
        return [self._outputs.show_stack(stack, resolve_outputs) for stack in stacks]

    @rpc_method_for_admins
    def list_stacks(
        self,
        context: Any,
        limit: int | None = None,
        marker: str | None = None,
        sort_keys: Sequence[str] | None = None,
        sort_dir: str | None = None,
        filters: Mapping[str, Any] | None = None,
        show_deleted: bool = False,
        show_nested: bool = False,
        tags: Any = None,
        tags_any: Any = None,
        not_tags: Any = None,
        not_tags_any: Any = None,
        **unused: Any,
    ) -> list[dict[str, Any]]:
        """List stacks without their outputs."""
        chosen = _tag_filters(tags, tags_any, not_tags, not_tags_any)
        stacks = self._lookup.list(
            context,
            limit,
            marker,
            sort_keys,
            sort_dir,
            filters,
            show_deleted,
            chosen,
            show_nested,
        )
        return [wire_format.stack(stack, None) for stack in stacks]

    @rpc_method_for_admins
    def count_stacks(
        self,
        context: Any,
        filters: Mapping[str, Any] | None = None,
        show_deleted: bool = False,
        show_nested: bool = False,
        tags: Any = None,
        tags_any: Any = None,
        not_tags: Any = None,
        not_tags_any: Any = None,
        **unused: Any,
    ) -> int:
        """Count stacks."""
        chosen = _tag_filters(tags, tags_any, not_tags, not_tags_any)
        return self._lookup.count(context, filters, show_deleted, chosen, show_nested)


def _user(context: Any) -> str:
    """Return the name of the user as given by heat-api, or the id."""
    return str(getattr(context, 'username', None) or context.user_id or '')


def _tag_filters(tags: Any, tags_any: Any, not_tags: Any, not_tags_any: Any) -> dict[str, Any]:
    return {
        'tags': tags,
        'tags_any': tags_any,
        'not_tags': not_tags,
        'not_tags_any': not_tags_any,
    }
