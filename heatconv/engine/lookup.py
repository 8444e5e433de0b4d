"""Lookup of the stacks and resources that a request names, limited to its project."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from heatconv import exception
from heatconv.convergence import states
from heatconv.convergence.model import Resource, Stack, Status
from heatconv.resources.nested import TOKEN_LENGTH
from heatconv.storage.base import Store
from heatconv.storage.stack_query import StackQuery
from heatconv.templates.cache import Types

#: A valid name of a stack.
NAME = re.compile(r'[a-zA-Z][a-zA-Z0-9_.-]{0,254}\Z')

#: The sort keys of Heat's API, and those of a StackQuery.
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
    """Validate the name of a new stack, and return it.

    :raises StackValidationFailed: if it is not valid.
    """
    if not isinstance(name, str) or not NAME.match(name):
        raise exception.StackValidationFailed(
            message=f'Invalid stack name {name}: it must start with a letter, contain only '
            'letters, digits, "_", "-" and ".", and have 255 characters at most'
        )
    return name


def _may_see(context: Any, stack: Stack) -> bool:
    """Say whether a stack belongs to the project of a request, or the user is an administrator.

    As in Heat, an administrator may use the stacks of every project. heat-api's policy decides who
    is one.
    """
    return stack.project_id == context.project_id or bool(context.is_admin)


class Lookup:
    """Finds stacks and resource rows for requests.

    :param hidden_tags: returns the tags whose stacks are left out of lists.
    """

    def __init__(
        self, store: Store, types: Types, hidden_tags: Callable[[], tuple[str, ...]] = tuple
    ) -> None:
        self._store = store
        self._types = types
        self._hidden_tags = hidden_tags

    def stack(self, context: Any, identity: Any, show_deleted: bool = False) -> Stack:
        """Return the stack with an identity.

        :param identity: as returned by `heatconv.engine.wire_format.identity`.
        :param show_deleted: whether to find a deleted stack.
        :raises EntityNotFound: if the project has no such stack.
        """
        if not isinstance(identity, Mapping) or not isinstance(identity.get('stack_id'), str):
            raise exception.EntityNotFound(entity='Stack', name=str(identity)[:255])
        stack = self._store.stack(identity['stack_id'])
        if (
            stack is None
            or (stack.deleted_at is not None and not show_deleted)
            or not _may_see(context, stack)
            or not (context.is_admin or identity.get('tenant') in (None, stack.project_id))
            or identity.get('stack_name') not in (None, stack.name)
        ):
            raise exception.EntityNotFound(
                entity='Stack', name=str(identity.get('stack_name') or identity['stack_id'])[:255]
            )
        return stack

    def by_name_or_id(self, context: Any, name: str) -> Stack:
        """Return a live stack of the project by name, or any of its stacks, even deleted, by id.

        :raises EntityNotFound: if the project has no such stack.
        """
        stack = self._store.stack_by_name(context.project_id, str(name))
        if stack is None:
            stack = self._store.stack(str(name))
        if stack is None or not _may_see(context, stack):
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
        hidden: bool = False,
    ) -> list[Stack]:
        """List the stacks of a project, newest first unless the request sets an order.

        The context of an administrator may have no project: then all projects are listed.

        :param limit: largest number of stacks; None for all.
        :param marker: id of the stack after which to begin.
        :param sort_keys: keys of SORT_KEYS.
        :param sort_dir: asc or desc.
        :param filters: the accepted value or a list of them, by name, id, action, status,
            username, owner_id or tenant.
        :param tags: for each name of TAG_FILTERS, the requested tags.
        :param nested: whether to include nested stacks.
        :param hidden: whether to include stacks with one of the hidden tags.
        :raises StackValidationFailed: if a filter does not exist.
        """
        tag_filters = {name: _tags(value) for name, value in (tags or {}).items() if value}
        # Unknown keys are ignored, as in Heat.
        keys = [key for key in sort_keys or () if key in SORT_KEYS]
        descending = sort_dir == 'desc' if sort_dir else not keys
        keys = keys or ['created_at']
        query = StackQuery(
            context.project_id or None,
            sort=tuple((SORT_KEYS[key], descending) for key in keys),
            # The store does not filter by tags, so the limit applies after the tag filters.
            limit=None if tag_filters else limit,
            marker=marker,
            show_deleted=show_deleted,
            nested=nested,
            hidden_tags=() if hidden else self._hidden_tags(),
            **_filters(filters or {}),
        )
        stacks = self._store.stacks(query)
        for name, requested in tag_filters.items():
            stacks = [stack for stack in stacks if TAG_FILTERS[name](set(stack.tags), requested)]
        return stacks if limit is None else stacks[:limit]

    def count(
        self,
        context: Any,
        filters: Mapping[str, Any] | None,
        show_deleted: bool,
        tags: Mapping[str, Any],
        nested: bool = False,
        hidden: bool = False,
    ) -> int:
        """Count the stacks that `list` would return."""
        if any(tags.values()):
            stacks = self.list(
                context,
                filters=filters,
                show_deleted=show_deleted,
                tags=tags,
                nested=nested,
                hidden=hidden,
            )
            return len(stacks)
        query = StackQuery(
            context.project_id or None,
            show_deleted=show_deleted,
            nested=nested,
            hidden_tags=() if hidden else self._hidden_tags(),
            **_filters(filters or {}),
        )
        return self._store.count_stacks(query)

    def newest(self, rows: Sequence[Resource], name: str) -> Resource | None:
        """Return the newest row of a name, preferably one that is not doomed, or None."""
        of_name = [row for row in rows if row.name == name]
        return max(of_name, key=lambda row: (not states.doomed(row), row.id), default=None)

    def by_name(self, rows: Sequence[Resource]) -> list[Resource]:
        """Return the newest row of each name, preferably one that is not doomed.

        While a resource is replaced, its name has several rows. Users see one resource, as in
        Heat.
        """
        newest: dict[str, Resource] = {}
        for row in rows:
            other = newest.get(row.name)
            if other is None or (not states.doomed(row), row.id) > (
                not states.doomed(other),
                other.id,
            ):
                newest[row.name] = row
        return list(newest.values())

    def named(self, stack: Stack, rows: Sequence[Resource], name: str) -> Resource:
        """Return the newest row of a name, preferably one that is not doomed.

        :raises ResourceNotFound: if no row has the name.
        """
        row = self.newest(rows, name)
        if row is None:
            raise exception.ResourceNotFound(resource_name=str(name)[:255], stack_name=stack.name)
        return row

    def resource(self, stack: Stack, rows: Sequence[Resource], name: str) -> Resource:
        """Return the row with a name or, if there is none, with that physical id.

        :raises ResourceNotFound: if no row has it as name or physical id.
        :raises PhysicalResourceNameAmbiguity: if several rows have that physical id.
        """
        if self.newest(rows, name) is None:
            matches = [row for row in rows if row.physical_id == name and not states.doomed(row)]
            if len(matches) > 1:
                raise exception.PhysicalResourceNameAmbiguity(name=str(name)[:255])
            if matches:
                return matches[0]
        return self.named(stack, rows, name)

    def children(
        self, stacks: Sequence[Stack], rows_of: Mapping[str, Sequence[Resource]]
    ) -> dict[str, Stack]:
        """Return the nested stack of each resource that has one, by row id.

        :param rows_of: the rows of each stack, by stack id. The nested stacks of a stack are
            queried only if one of its rows has a nested type.
        """
        owner_ids = tuple(stack.id for stack in stacks if any(map(self._nests, rows_of[stack.id])))
        if not owner_ids:
            return {}
        nested = self._store.stacks(StackQuery(None, owners=owner_ids, sort=(('name', False),)))
        by_id = {child.id: child for child in nested}
        # While a nested stack is created, its row has no physical id yet: the end of the row's
        # token is the end of the name of the nested stack.
        by_token_end = {child.name.rpartition('-')[2]: child for child in nested}
        by_row_id: dict[str, Stack] = {}
        for row in (row for rows in rows_of.values() for row in rows if self._nests(row)):
            child = by_id.get(row.physical_id or '') or by_token_end.get(row.token[-TOKEN_LENGTH:])
            if child is not None:
                by_row_id[row.id] = child
        return by_row_id

    def _nests(self, row: Resource) -> bool:
        """Say whether the physical resource of a row is a nested stack."""
        return self._types.nests(row.type)

    def required_by(self, rows: Sequence[Resource]) -> dict[str, list[str]]:
        """Return the sorted names of the resources that require each row, by row id."""
        dependents: dict[str, dict[str, None]] = {row.id: {} for row in rows}
        for row in rows:
            for required_id in row.requires:
                if required_id in dependents:
                    dependents[required_id][row.name] = None
        return {row_id: sorted(names) for row_id, names in dependents.items()}


#: Heat's tag filters by name: predicates of the tags of a stack and the requested tags.
TAG_FILTERS: Mapping[str, Callable[[set[str], set[str]], bool]] = {
    'tags': lambda stack_tags, requested: stack_tags >= requested,
    'tags_any': lambda stack_tags, requested: bool(stack_tags & requested),
    'not_tags': lambda stack_tags, requested: not stack_tags >= requested,
    'not_tags_any': lambda stack_tags, requested: not stack_tags & requested,
}


def _tags(value: Any) -> set[str]:
    """Parse tags: a list, or a string separated by commas."""
    return set(value.split(',') if isinstance(value, str) else map(str, value))


#: The statuses, as a filter names them without an action.
BARE = tuple(status.value for status in Status)


def _filters(filters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a StackQuery for the filters of a request.

    :raises StackValidationFailed: if a filter does not exist.
    """
    fields: dict[str, Any] = {}
    for name, value in filters.items():
        values = tuple(str(item) for item in (value if isinstance(value, list) else [value]))
        match name:
            case 'name' | 'stack_name':
                fields['names'] = values
            case 'id' | 'stack_id':
                fields['ids'] = values
            case 'action' | 'stack_action':
                fields['actions'] = values
            case 'status' | 'stack_status':
                # A value is a status, COMPLETE, or the state that users see, CREATE_COMPLETE.
                statuses = tuple(item for item in values if item in BARE)
                split_states = [item.partition('_') for item in values if item not in BARE]
                fields['statuses'] = statuses
                fields['states'] = tuple((parts[0], parts[2]) for parts in split_states)
            case 'username':
                fields['usernames'] = values
            case 'owner_id':
                fields['owners'] = values
            case 'tenant' | 'project_id':
                fields['projects'] = values
            case _:
                raise exception.StackValidationFailed(
                    message=f'filters: {name} is none of id, name, action, status, username, '
                    'owner_id, tenant'
                )
    return fields
