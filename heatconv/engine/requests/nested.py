"""Create and update nested stacks, at the request of a plugin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from heatconv import exception
from heatconv.convergence import stack as stack_rules
from heatconv.convergence.model import INSPECTIONS, Action, Event, Stack, Status
from heatconv.engine.requests.adopt import adopted_rows
from heatconv.engine.requests.core import Requests
from heatconv.engine.requests.update import check_updatable
from heatconv.storage.base import Request


def create_nested(
    requests: Requests,
    owner: Stack,
    resource: str,
    name: str,
    content: Mapping[str, Any],
    adopts: Mapping[str, Any] | None = None,
) -> None:
    """Accept a new nested stack, unless it exists already.

    :param resource: name of the resource of the owner whose physical resource the stack is.
    :param name: name of the nested stack.
    :param adopts: exported resources to adopt, by name; None if nothing is adopted.
    :raises StackExists: if another stack has that name.
    """
    stack = Stack(
        id=requests.ids.fresh(),
        project_id=owner.project_id,
        name=name,
        # The root stack decides about a rollback.
        disable_rollback=True,
        timeout_mins=owner.timeout_mins,
        username=owner.username,
        owner_id=owner.id,
        owner_resource=resource,
    )
    content = requests.with_pseudo(content, stack)
    compiled = requests.compile(content)
    template_id = requests.save_template(content, compiled)
    action = Action.CREATE if adopts is None else Action.ADOPT
    stack, events = stack_rules.wish(stack, action, template_id, requests.ids.fresh())
    rows = () if adopts is None else adopted_rows(requests.ids, stack.id, compiled, adopts)
    if not requests.store.insert_stack(requests.with_deadline(stack), events, rows):
        existing = requests.store.stack_by_name(owner.project_id, name)
        if existing is None or existing.owner_id != owner.id:
            raise exception.StackExists(stack_name=name)
        return
    requests.announcer.wish(stack.id)


def update_nested(
    requests: Requests,
    stack: Stack,
    content: Mapping[str, Any],
    before: str | None,
    events: Sequence[Event] = (),
) -> bool:
    """Accept new content for a nested stack.

    The resources of the stack decide what to do, so the request is made even if the content is the
    same. Do nothing if the stack is on its way to this content.

    :param before: id of the content that the new one was computed from.
    :param events: events of the owner, saved with the request.
    :return: False if the stack has another content by now: a signal and an update of the owner may
        change a group at the same time. Then nothing is changed.
    :raises NotSupported: if the stack is being deleted, or is suspended.
    """
    content = requests.with_pseudo(content, stack)
    compiled = requests.compile(content)
    template_id = requests.save_template(content, compiled)

    conflict = False

    def decide(current: Stack) -> Request | None:
        nonlocal conflict
        check_updatable(current)
        newest = current.newest_template_id or current.last_good_id
        is_newest = newest == template_id
        on_its_way = current.status == Status.IN_PROGRESS and current.action not in INSPECTIONS
        conflict = newest != before
        if conflict or (is_newest and on_its_way):
            return None
        request = requests.wish(current, Action.UPDATE, template_id)
        return Request(request.stack, (*events, *request.events))

    requests.submit(stack, decide)
    return not conflict
