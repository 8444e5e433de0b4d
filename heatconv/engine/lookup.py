"""Find the stacks and resources that a request names, in its project only."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from heatconv import exception
from heatconv.convergence import states
from heatconv.convergence.model import Resource, Stack, Status
from heatconv.resources.nested import TOKEN_LENGTH
from heatconv.storage.base import StackQuery, Store
from heatconv.templates.cache import Types

NAME = re.compile(r'[a-zA-Z][a-zA-Z0-9_.-]{0,254}\Z')

#: Sort keys of Heat's API.
SORT_KEYS = {
    'name': 'name',
    'stack_name': 'name',
    'status': 'status',
    'stack_status': 'status',
    'created_at': 'created_at',
    'creation_time': 'created_at',
    'updated_at': 'updated_at',
    'updated_time': 'updated_at',
}


def name_of(name: Any) -> str:
    """Return the name of a stack.

    :raises StackValidationFailed: if it is not valid.
    """
    if not isinstance(name, str) or not NAME.match(name):
        raise exception.StackValidationFailed(
            message=f'Invalid stack name {name}: it must start with a letter, contain only '
            'letters, digits, "_", "-" and ".", and have 255 characters at most'
        )
    return name


class Lookup:
    """Finds stacks and rows for requests."""

    def __init__(self, store: Store, types: Types) -> None:
        self._store = store
        self._types = types

    def stack(self, context: Any, identity: Any, show_deleted: bool = False) -> Stack:
        """Return the stack of an identity, if it belongs to the project.

        :raises EntityNotFound: also for a stack of another project.
        """
        if not isinstance(identity, Mapping) or not isinstance(identity.get('stack_id'), str):
            raise exception.EntityNotFound(entity='Stack', name=str(identity)[:255])
        stack = self._store.stack(identity['stack_id'])
        if (
            stack is None
            or (stack.deleted_at is not None and not show_deleted)
            or stack.project_id != context.project_id
            or identity.get('tenant') not in (None, stack.project_id)
            or identity.get('stack_name') not in (None, stack.name)
        ):
            raise exception.EntityNotFound(
                entity='Stack', name=str(identity.get('stack_name') or identity['stack_id'])[:255]
            )
        return stack

    def by_name_or_id(self, context: Any, name: str) -> Stack:
        """Return a project's stack by name, or by id even if it is deleted.

        :raises EntityNotFound: if the project has none.
        """
        stack = self._store.stack_by_name(context.project_id, str(name))
        if stack is None:
            stack = self._store.stack(str(name))
        if stack is None or stack.project_id != context.project_id:
            raise exception.EntityNotFound(entity='Stack', name=str(name)[:255])
        return stack

    def list(
        self,
        context: Any,
        limit: int | None = None,
        marker: str | None = None,
        sort_keys: Sequence[str] | None = None,
        sort_dir: str | None = None,
        filters: Mapping[str, Any] | None = None,
        show_deleted: bool = False,
        tags: Mapping[str, Any] | None = None,
        nested: bool = False,
    ) -> list[Stack]:
        """List the stacks of a project.

        :param tags: lists of tags for the filters of TAG_FILTERS.
        """
        chosen = {name: _tags(value) for name, value in (tags or {}).items() if value}
        keys = sort_keys or ('created_at',)
        for key in keys:
            if key not in SORT_KEYS:
                raise exception.StackValidationFailed(
                    message=f'sort_keys: {key} is none of ' + ', '.join(sorted(SORT_KEYS))
                )
        descends = sort_dir == 'desc' if sort_dir else not sort_keys
        query = StackQuery(
            context.project_id or None,
            sort=tuple((SORT_KEYS[key], descends) for key in keys),
            limit=None if chosen else limit,
            marker=marker,
            show_deleted=show_deleted,
            nested=nested,
            **_filters(filters or {}),
        )
        stacks = self._store.stacks(query)
        for name, requested in chosen.items():
            stacks = [stack for stack in stacks if TAG_FILTERS[name](set(stack.tags), requested)]
        return stacks if limit is None else stacks[:limit]

    def count(
        self,
        context: Any,
        filters: Mapping[str, Any] | None,
        show_deleted: bool,
        tags: Mapping[str, Any],
        nested: bool = False,
    ) -> int:
        """Count the stacks that `list` would return."""
        if any(tags.values()):
            stacks = self.list(
                context, filters=filters, show_deleted=show_deleted, tags=tags, nested=nested
            )
            return len(stacks)
        query = StackQuery(
            context.project_id or None,
            show_deleted=show_deleted,
            nested=nested,
            **_filters(filters or {}),
        )
        return self._store.count_stacks(query)

    def newest(self, rows: Sequence[Resource], name: str) -> Resource | None:
        """Return the row that serves a name: one that is not doomed, the newest."""
        named = [row for row in rows if row.name == name]
        return max(named, key=lambda row: (not states.doomed(row), row.id), default=None)

    def named(self, stack: Stack, rows: Sequence[Resource], name: str) -> Resource:
        """Return the row that serves a name.

        :raises ResourceNotFound: if there is none.
        """
        row = self.newest(rows, name)
        if row is None:
            raise exception.ResourceNotFound(resource_name=str(name)[:255], stack_name=stack.name)
        return row

    def resource(self, stack: Stack, rows: Sequence[Resource], name: str) -> Resource:
        """Return the row of a name, or of a physical id.

        :raises ResourceNotFound: if there is none.
        """
        if self.newest(rows, name) is None:
            of_id = [row for row in rows if row.physical_id == name and not states.doomed(row)]
            if len(of_id) > 1:
                raise exception.PhysicalResourceNameAmbiguity(name=str(name)[:255])
            if of_id:
                return of_id[0]
        return self.named(stack, rows, name)

    def children(
        self, stacks: Sequence[Stack], rows_of: Mapping[str, Sequence[Resource]]
    ) -> dict[str, Stack]:
        """Return the nested stacks of resources, by the id of the row.

        :param rows_of: rows by the id of their stack: without a nested type no query is needed.
        """
        owners = tuple(child.id for child in stacks if any(map(self._nests, rows_of[child.id])))
        if not owners:
            return {}
        nested = self._store.stacks(StackQuery(None, owners=owners, sort=(('name', False),)))
        # While a nested stack is created, its row knows only the name, which ends with the token.
        by_id = {child.id: child for child in nested}
        named = {child.name.rpartition('-')[2]: child for child in nested}
        of_rows: dict[str, Stack] = {}
        for row in (row for rows in rows_of.values() for row in rows if self._nests(row)):
            child = by_id.get(row.physical_id or '') or named.get(row.token[-TOKEN_LENGTH:])
            if child is not None:
                of_rows[row.id] = child
        return of_rows

    def _nests(self, row: Resource) -> bool:
        plugin = self._types.plugin(row.type)
        return plugin is not None and plugin.nests

    def required_by(self, rows: Sequence[Resource]) -> dict[str, list[str]]:
        """Return for each row the names of the resources that require it."""
        dependents: dict[str, dict[str, None]] = {row.id: {} for row in rows}
        for row in rows:
            for required in row.requires:
                if required in dependents:
                    dependents[required][row.name] = None
        return {row_id: sorted(names) for row_id, names in dependents.items()}


#: Heat's tag filters, as predicates of the tags of a stack and the requested tags.
TAG_FILTERS: Mapping[str, Callable[[set[str], set[str]], bool]] = {
    'tags': lambda has, requested: has >= requested,
    'tags_any': lambda has, requested: bool(has & requested),
    'not_tags': lambda has, requested: not has >= requested,
    'not_tags_any': lambda has, requested: not has & requested,
}


def _tags(value: Any) -> set[str]:
    return set(value.split(',') if isinstance(value, str) else map(str, value))


#: Statuses without an action.
BARE = tuple(status.value for status in Status)


def _filters(filters: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in filters.items():
        values = tuple(str(status) for status in (value if isinstance(value, list) else [value]))
        match name:
            case 'name' | 'stack_name':
                fields['names'] = values
            case 'id' | 'stack_id':
                fields['ids'] = values
            case 'action' | 'stack_action':
                fields['actions'] = values
            case 'status' | 'stack_status':
                # CREATE_COMPLETE as users see it, or COMPLETE alone.
                plain = tuple(status for status in values if status in BARE)
                pairs = [status.partition('_') for status in values if status not in BARE]
                fields['statuses'] = plain
                fields['states'] = tuple((pair[0], pair[2]) for pair in pairs)
            case _:
                raise exception.StackValidationFailed(
                    message=f'filters: {name} is none of id, name, action, status'
                )
    return fields
