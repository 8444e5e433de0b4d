"""The RPC methods of stacks: requests that change them, previews, details and lists.

The names, the arguments and the formats of answers are Heat's (heat/engine/service.py, version
1.36), except `stack_rollback`, which Heat does not have.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import oslo_messaging

from heatconv.convergence.model import Action, Stack
from heatconv.engine import content, wire_format
from heatconv.engine.endpoints.rpc_method import rpc_method, rpc_method_for_admins
from heatconv.engine.lookup import Lookup, name_of
from heatconv.engine.outputs import Outputs
from heatconv.engine.preview import Preview
from heatconv.engine.requests.cancel import cancel_update, rollback_stack
from heatconv.engine.requests.core import Requests
from heatconv.engine.requests.create import create_stack, imagined_stack
from heatconv.engine.requests.delete import delete_stack
from heatconv.engine.requests.inspect import inspect_stack
from heatconv.engine.requests.update import check_updatable, update_stack
from heatconv.rpc import api


class StacksEndpoint:
    """Creates, updates, deletes, inspects, previews and lists stacks."""

    target = oslo_messaging.Target(version=api.ENGINE_VERSION)

    def __init__(
        self, requests: Requests, lookup: Lookup, outputs: Outputs, max_template_size: int
    ) -> None:
        self._requests = requests
        self._lookup = lookup
        self._outputs = outputs
        self._preview = Preview(requests, lookup)
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
        """Create a stack; return its identity.

        :param params: the environment.
        :param args: options, and for an adopt also ``adopt_stack_data``.
        :param environment_files: names of environments among the files.
        """
        name_of(stack_name)
        stack_content = content.read(
            template, params, files, args, environment_files, self._max_template_size
        )
        stack = create_stack(
            self._requests, context.project_id, _user(context), stack_name, stack_content
        )
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
        """Update a stack; return its identity.

        :param args: options; with ``existing``, content that the request leaves out is kept.
        """
        stack, stack_content = self._read_update(
            context, stack_identity, template, params, files, args, environment_files
        )
        update_stack(self._requests, stack, stack_content)
        return wire_format.identity(stack)

    def _read_update(
        self,
        context: Any,
        stack_identity: Any,
        template: Any,
        params: Any,
        files: Any,
        args: Any,
        environment_files: Sequence[str] | None,
    ) -> tuple[Stack, content.StackContent]:
        """Find the stack of an update; return it and the new content."""
        stack = self._lookup.stack(context, stack_identity)
        check_updatable(stack)
        existing = bool(content.arguments(args).get('existing'))
        if existing:
            old_content = self._requests.store.template(stack.newest_template_id or '') or {}
            template, params, files = content.existing(
                old_content,
                template,
                params,
                files,
                args,
                environment_files,
                self._max_template_size,
            )
            environment_files = None
        stack_content = content.read(
            template, params, files, args, environment_files, self._max_template_size
        )
        if not existing and 'tags' not in stack_content.options:
            # As in Heat, an update without tags removes them.
            options = {**stack_content.options, 'tags': []}
            stack_content = dataclasses.replace(stack_content, options=options)
        return stack, stack_content

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
        """Return the stack that a create would make, in the format of the API."""
        name_of(stack_name)
        stack_content = content.read(
            template, params, files, args, environment_files, self._max_template_size
        )
        stack = imagined_stack(
            self._requests, context.project_id, _user(context), stack_name, stack_content
        )
        with_pseudo = self._requests.with_pseudo(stack_content.template, stack)
        compiled = self._requests.compile(with_pseudo)
        return self._preview.of_create(stack, compiled, with_pseudo)

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
        """Return the resources of a stack, sorted by the effect of an update on them."""
        stack, stack_content = self._read_update(
            context, stack_identity, template, params, files, args, environment_files
        )
        with_pseudo = self._requests.with_pseudo(stack_content.template, stack)
        compiled = self._requests.compile(with_pseudo)
        show_nested = bool(content.arguments(args).get('show_nested'))
        return self._preview.of_update(stack, compiled, with_pseudo, show_nested)

    @rpc_method
    def delete_stack(self, context: Any, stack_identity: Any, cast: bool = False) -> None:
        """Delete a stack and all its resources.

        :param cast: has no effect: a call does not wait for the end of the deletion either.
        """
        delete_stack(self._requests, self._lookup.stack(context, stack_identity))

    @rpc_method
    def stack_cancel_update(
        self, context: Any, stack_identity: Any, cancel_with_rollback: bool = True
    ) -> None:
        """Cancel an update in progress or, without a rollback, a create.

        :param cancel_with_rollback: whether to return to the last good template.
        """
        stack = self._lookup.stack(context, stack_identity)
        cancel_update(self._requests, stack, cancel_with_rollback)

    @rpc_method
    def stack_rollback(self, context: Any, stack_identity: Any) -> None:
        """Roll a stack back to its last good template."""
        rollback_stack(self._requests, self._lookup.stack(context, stack_identity))

    @rpc_method
    def stack_check(self, context: Any, stack_identity: Any) -> None:
        """Check a stack: observe each resource, and fail those that are not healthy."""
        self._inspect(context, stack_identity, Action.CHECK)

    @rpc_method
    def stack_suspend(self, context: Any, stack_identity: Any) -> None:
        """Suspend a stack: it cannot be updated until it is resumed."""
        self._inspect(context, stack_identity, Action.SUSPEND)

    @rpc_method
    def stack_resume(self, context: Any, stack_identity: Any) -> None:
        """Resume a stack."""
        self._inspect(context, stack_identity, Action.RESUME)

    def _inspect(self, context: Any, stack_identity: Any, action: Action) -> None:
        inspect_stack(self._requests, self._lookup.stack(context, stack_identity), action)

    @rpc_method
    def identify_stack(self, context: Any, stack_name: str) -> dict[str, str]:
        """Return the identity of a stack, found by name, or by id even if it is deleted."""
        return wire_format.identity(self._lookup.by_name_or_id(context, stack_name))

    @rpc_method
    def show_stack(
        self, context: Any, stack_identity: Any, resolve_outputs: bool = True
    ) -> list[dict[str, Any]]:
        """Return one stack, or all stacks of the project for a null identity.

        :param resolve_outputs: whether to include the outputs with their values.
        """
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
        show_hidden: bool = False,
        tags: Any = None,
        tags_any: Any = None,
        not_tags: Any = None,
        not_tags_any: Any = None,
        **unused: Any,
    ) -> list[dict[str, Any]]:
        """List stacks without parameters, description and outputs; see `Lookup.list`.

        :param show_hidden: whether to include stacks with one of the hidden tags.
        """
        tag_filters = _tag_filters(tags, tags_any, not_tags, not_tags_any)
        stacks = self._lookup.list(
            context,
            limit,
            marker,
            sort_keys,
            sort_dir,
            filters,
            show_deleted,
            tag_filters,
            show_nested,
            show_hidden,
        )
        return [wire_format.stack(stack, None) for stack in stacks]

    @rpc_method_for_admins
    def count_stacks(
        self,
        context: Any,
        filters: Mapping[str, Any] | None = None,
        show_deleted: bool = False,
        show_nested: bool = False,
        show_hidden: bool = False,
        tags: Any = None,
        tags_any: Any = None,
        not_tags: Any = None,
        not_tags_any: Any = None,
        **unused: Any,
    ) -> int:
        """Count the stacks that `list_stacks` would return without a limit."""
        tag_filters = _tag_filters(tags, tags_any, not_tags, not_tags_any)
        return self._lookup.count(
            context, filters, show_deleted, tag_filters, show_nested, show_hidden
        )


def _user(context: Any) -> str:
    """Return the name of the user if heat-api sends it, otherwise the id."""
    return str(getattr(context, 'username', None) or context.user_id or '')


def _tag_filters(tags: Any, tags_any: Any, not_tags: Any, not_tags_any: Any) -> dict[str, Any]:
    """Return the requested tags by the name of the filter; see `heatconv.engine.lookup`."""
    return {
        'tags': tags,
        'tags_any': tags_any,
        'not_tags': not_tags,
        'not_tags_any': not_tags_any,
    }
