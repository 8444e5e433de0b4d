"""Queries for stacks."""

from __future__ import annotations

from dataclasses import dataclass

from heatconv.convergence.model import Stack


@dataclass(frozen=True, slots=True)
class StackQuery:
    """A query for stacks.

    A stack must meet all conditions. An empty tuple is no condition.

    :ivar project_id: the project of the stacks; None for all projects.
    :ivar names: the accepted names; likewise ``ids`` and ``actions``.
    :ivar statuses: the accepted statuses, whatever the action.
    :ivar states: further accepted pairs of action and status. With ``statuses`` or ``states``, a
        stack must match an entry of either.
    :ivar show_deleted: whether to include deleted stacks.
    :ivar sort: pairs of a key (name, created_at, updated_at, status) and whether it descends; the
        first pair matters most. A missing time counts as 0. Equal stacks are sorted by id,
        descending.
    :ivar marker: id of the stack after which to begin. If no stack of the result has it, nothing
        is returned.
    :ivar limit: largest number of stacks; None for all.
    :ivar hidden_tags: stacks with one of these tags are left out.
    :ivar projects: the accepted projects, in addition to ``project_id``.
    :ivar usernames: the accepted names of the users that created the stacks.
    :ivar owners: ids of stacks; only stacks that are directly nested in one of them are returned,
        whatever ``nested`` is.
    :ivar nested: whether to include nested stacks.
    """

    project_id: str | None
    names: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    states: tuple[tuple[str, str], ...] = ()
    show_deleted: bool = False
    sort: tuple[tuple[str, bool], ...] = (('created_at', True),)
    marker: str | None = None
    limit: int | None = None
    owners: tuple[str, ...] = ()
    nested: bool = False
    usernames: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    hidden_tags: tuple[str, ...] = ()

    def matches(self, stack: Stack) -> bool:
        """Say whether a stack meets the conditions, apart from marker and limit."""
        return (
            self.project_id in (None, stack.project_id)
            and (not self.owners or stack.owner_id in self.owners)
            and (self.owners or self.nested or stack.owner_id is None)
            and (self.show_deleted or stack.deleted_at is None)
            and (not self.names or stack.name in self.names)
            and (not self.ids or stack.id in self.ids)
            and (not self.actions or stack.action in self.actions)
            and not set(self.hidden_tags) & set(stack.tags)
            and (not self.projects or stack.project_id in self.projects)
            and (not self.usernames or stack.username in self.usernames)
            and (
                not (self.statuses or self.states)
                or stack.status in self.statuses
                or (stack.action, stack.status) in self.states
            )
        )
