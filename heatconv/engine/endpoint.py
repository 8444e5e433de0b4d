"""The RPC methods of the engine: those of Heat's engine API.

Each checks its arguments, calls the part that does it, and gives the answer its
shape. Names, arguments and shapes are Heat's (heat/engine/service.py, version
1.36); `stack_rollback` is heatconv's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import oslo_messaging
from oslo_log import log

from heatconv import exception
from heatconv.convergence.model import Action, Stack
from heatconv.engine import content, formats, outputs, preview
from heatconv.engine.archive_methods import ArchiveMethods
from heatconv.engine.lookup import Lookup, name_of
from heatconv.engine.method import method, method_of_all
from heatconv.engine.nested import descendants, owners
from heatconv.engine.requests import Requests
from heatconv.engine.resource_methods import ResourceMethods, depth_of, matches
from heatconv.engine.signals import Signals
from heatconv.engine.software_methods import SoftwareMethods
from heatconv.engine.template_methods import TemplateMethods
from heatconv.hot.errors import TemplateError
from heatconv.rpc import api
from heatconv.storage.base import Store, StoredEvent
from heatconv.templates.cache import MissingTemplate, TemplateCache
from heatconv.version import VERSION

LOG = log.getLogger(__name__)


class EngineEndpoint(ResourceMethods, TemplateMethods, ArchiveMethods, SoftwareMethods):
    """Answers on the engine topic."""

    target = oslo_messaging.Target(version=api.ENGINE_VERSION)

    def __init__(
        self, store: Store, templates: TemplateCache, requests: Requests, max_template_size: int
    ) -> None:
        self._store = store
        self._templates = templates
        self._requests = requests
        self._lookup = Lookup(store, templates.types)
        self._signals = Signals(store, templates.types)
        self._max_template_size = max_template_size

    # Requests

    @method
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
        """Create a stack; answer with its identity."""
        name_of(stack_name)
        read = content.read(
            template, params, files, args, environment_files, self._max_template_size
        )
        stack = self._requests.create(context.project_id, _user(context), stack_name, read)
        return formats.identity(stack)

    @method
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
        """Update a stack; with ``existing`` keep what is not given."""
        stack, read = self._update_of(
            context, stack_identity, template, params, files, args, environment_files
        )
        self._requests.update(stack, read)
        return formats.identity(stack)

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
        """Return the stack that an update is about, and what it is to be."""
        stack = self._lookup.stack(context, stack_identity)
        self._requests.check_updatable(stack)
        if content.arguments(args).get('existing'):
            old = self._store.template(stack.newest_template_id or '') or {}
            template, params, files = content.existing(
                old, template, params, files, args, environment_files, self._max_template_size
            )
            environment_files = None
        read = content.read(
            template, params, files, args, environment_files, self._max_template_size
        )
        return stack, read

    @method
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
        stack = self._requests.imagined(context.project_id, _user(context), stack_name, read)
        return preview.of_create(stack, compiled)

    @method
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
        """Show what an update would do to each resource."""
        stack, read = self._update_of(
            context, stack_identity, template, params, files, args, environment_files
        )
        compiled = self._requests.compile(read.template)
        return preview.of_update(stack, compiled, self._store.resources(stack.id))

    @method
    def delete_stack(self, context: Any, stack_identity: Any, cast: bool = False) -> None:
        """Delete a stack and all that is in it."""
        self._requests.delete(self._lookup.stack(context, stack_identity))

    @method
    def stack_cancel_update(
        self, context: Any, stack_identity: Any, cancel_with_rollback: bool = True
    ) -> None:
        """Stop an update under way."""
        stack = self._lookup.stack(context, stack_identity)
        self._requests.cancel(stack, cancel_with_rollback)

    @method
    def stack_rollback(self, context: Any, stack_identity: Any) -> None:
        """Go back to the last good template."""
        self._requests.rollback(self._lookup.stack(context, stack_identity))

    @method
    def stack_check(self, context: Any, stack_identity: Any) -> None:
        """Look at each resource, and say which are not what they should be."""
        self._requests.look(self._lookup.stack(context, stack_identity), Action.CHECK)

    @method
    def stack_suspend(self, context: Any, stack_identity: Any) -> None:
        """Suspend a stack: no update is taken until it is resumed."""
        self._requests.look(self._lookup.stack(context, stack_identity), Action.SUSPEND)

    @method
    def stack_resume(self, context: Any, stack_identity: Any) -> None:
        """Resume a stack."""
        self._requests.look(self._lookup.stack(context, stack_identity), Action.RESUME)

    # Stacks

    @method
    def identify_stack(self, context: Any, stack_name: str) -> dict[str, str]:
        """Find a stack by name, or by id even if it is deleted."""
        return formats.identity(self._lookup.by_name_or_id(context, stack_name))

    @method
    def show_stack(
        self, context: Any, stack_identity: Any, resolve_outputs: bool = True
    ) -> list[dict[str, Any]]:
        """Show one stack, or all of the project."""
        if stack_identity is None:
            stacks = self._lookup.list(context)
        else:
            stacks = [self._lookup.stack(context, stack_identity, show_deleted=True)]
        return [self._shown(stack, resolve_outputs) for stack in stacks]

    @method_of_all
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
        return [formats.stack(stack, None) for stack in stacks]

    @method_of_all
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

    # Outputs

    @method
    def list_outputs(self, context: Any, stack_identity: Any) -> list[dict[str, Any]]:
        """List the outputs of a stack, without their values."""
        stack = self._lookup.stack(context, stack_identity)
        return outputs.names(self._compiled(stack))

    @method
    def show_output(self, context: Any, stack_identity: Any, output_key: str) -> dict[str, Any]:
        """Show one output with its value."""
        stack = self._lookup.stack(context, stack_identity)
        compiled = self._compiled(stack)
        if compiled is None or output_key not in compiled.hot.outputs:
            raise exception.NotFound(f'Specified output key {output_key} not found.')
        shown = outputs.values(self._store, stack, compiled, (output_key,))
        return shown[0]

    # Resources and events

    @method
    def list_services(self, context: Any) -> list[dict[str, Any]]:
        """List the engines and workers that are there."""
        now = self._requests.now()
        return [formats.service(one, now) for one in self._store.leases()]

    @method
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
        """List the events of a stack, oldest first unless ``sort_dir`` is desc."""
        stack = self._lookup.stack(context, stack_identity, show_deleted=True)
        depth = depth_of(nested_depth)
        root = None
        if nested_depth is not None:
            *_, root = owners(self._store, stack)
        if sort_dir == 'desc' or depth:
            found = self._all_events(stack, depth)
            if sort_dir == 'desc':
                found.reverse()
            if marker is not None:
                ids = [one.id for _, one in found]
                found = found[ids.index(marker) + 1 :] if marker in ids else []
        else:
            most = None if filters else limit
            found = [(stack, one) for one in self._store.events(stack.id, marker, most)]
        shown = [formats.event(one, of, root) for of, one in found]
        shown = [one for one in shown if matches(one, filters or {})]
        return shown if limit is None else shown[:limit]

    def _all_events(self, stack: Stack, depth: int) -> list[tuple[Stack, StoredEvent]]:
        """Return the events of a stack and of those within, oldest first."""
        stacks = [stack, *(descendants(self._store, stack, depth) if depth else ())]
        found = [(one, event) for one in stacks for event in self._store.events(one.id)]
        return sorted(found, key=lambda one: (one[1].at, one[1].id)) if depth else found

    @method
    def get_revision(self, context: Any) -> str:
        """Return the version of the engine."""
        return VERSION

    def _compiled(self, stack: Stack) -> Any:
        try:
            return self._templates.get(stack.newest_template_id)
        except (MissingTemplate, TemplateError):
            return None  # a deleted stack whose template is purged, say

    def _shown(self, stack: Stack, resolve_outputs: bool) -> dict[str, Any]:
        try:
            head, has_outputs = self._templates.head(stack.newest_template_id)
        except (MissingTemplate, TemplateError):
            head, has_outputs = None, True
        values = None
        if resolve_outputs and not has_outputs:
            values = []
        elif resolve_outputs:
            compiled = self._compiled(stack)
            values = None if compiled is None else outputs.values(self._store, stack, compiled)
        return formats.stack(stack, head, values)


def _user(context: Any) -> str:
    """Return the name of the user, as heat-api tells it, or the id."""
    return str(getattr(context, 'username', None) or context.user_id or '')


def _tag_filters(tags: Any, tags_any: Any, not_tags: Any, not_tags_any: Any) -> dict[str, Any]:
    return {
        'tags': tags,
        'tags_any': tags_any,
        'not_tags': not_tags,
        'not_tags_any': not_tags_any,
    }
