"""Create and update nested stacks, at the request of a plugin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from heatconv.convergence.model import INSPECTIONS, Action, Event, Stack, Status
from heatconv.engine.requests.adopt import adopted_rows
from heatconv.engine.requests.core import Requests
from heatconv.engine.requests.update import check_updatable
from heatconv.exception import HeatconvException
from heatconv.storage.content import EncodedTemplate
from heatconv.storage.values import NewStack, Request


def new_nested(
    requests: Requests,
    owner: Stack,
    resource: str,
    name: str,
    content: Mapping[str, Any],
    adopts: Mapping[str, Any] | None = None,
    shares: bool = False,
) -> NewStack:
    """Return a nested stack to insert.

    :param resource: name of the resource of the owner whose physical resource the stack is.
    :param name: name of the nested stack.
    :param adopts: exported resources to adopt, by name; None if nothing is adopted.
    :param shares: use a template that was compiled for any values of its parameters, if possible.
        Then the values of properties are not checked.
    :raises HeatconvException: if the template is not valid.
    """
    stack = Stack(
        id=requests.ids.fresh(),
        project_id=owner.project_id,
        name=name,
        # The root stack decides about a rollback.
        disable_rollback=True,
        timeout_mins=owner.timeout_mins,
        username=owner.username,
        request_id=owner.request_id,
        owner_id=owner.id,
        owner_resource=resource,
    )
    template = EncodedTemplate.of(requests.with_pseudo(content, stack))
    compiled = requests.compiled(template, shares)
    action = Action.CREATE if adopts is None else Action.ADOPT
    rows = () if adopts is None else adopted_rows(requests.ids, stack.id, compiled, adopts)
    return requests.new_stack(stack, action, template, compiled, rows, requests.plans(compiled))


class NestedUpdate:
    """An update of a nested stack.

    The resources of the stack decide what to do, so the request is made even if the content is the
    same. It does nothing if the stack is on its way to this content.

    :param content: the new content.
    :param before: id of the content that the new one was computed from.
    :param events: events of the owner, saved with the request.
    :ivar conflict: whether the stack has another content by now: a signal and an update of the
        owner may change a group at the same time. Then nothing is changed.
    :ivar error: the exception of `decide_together`.
    :raises HeatconvException: if the template is not valid.
    """

    def __init__(
        self,
        requests: Requests,
        stack: Stack,
        content: Mapping[str, Any],
        before: str | None,
        events: Sequence[Event] = (),
    ) -> None:
        self.template = EncodedTemplate.of(requests.with_pseudo(content, stack))
        # The values of the same content were checked before.
        is_same = self.template.id == stack.newest_template_id
        self.compiled = requests.compiled(self.template, shares=is_same)
        self.conflict = False
        self.error: HeatconvException | None = None
        self._requests = requests
        self._before = before
        self._events = events

    def decide(self, current: Stack) -> Request | None:
        """Return the change of the stack, or None to change nothing.

        :raises NotSupported: if the stack is being deleted, or is suspended.
        """
        check_updatable(current)
        newest = current.newest_template_id or current.last_good_id
        is_newest = newest == self.template.id
        on_its_way = current.status == Status.IN_PROGRESS and current.action not in INSPECTIONS
        self.conflict = newest != self._before
        if self.conflict or (is_newest and on_its_way):
            return None
        request = self._requests.wish(current, Action.UPDATE, self.template.id)
        return Request(request.stack, (*self._events, *request.events))

    def decide_together(self, current: Stack) -> Request | None:
        """Decide like `decide`, in a transaction with other stacks: an exception is kept."""
        self.error = None
        try:
            return self.decide(current)
        except HeatconvException as error:
            self.error = error
            return None


def update_nested(
    requests: Requests,
    stack: Stack,
    content: Mapping[str, Any],
    before: str | None,
    events: Sequence[Event] = (),
) -> bool:
    """Accept new content for a nested stack; an engine prepares it.

    :param before: id of the content that the new one was computed from.
    :param events: events of the owner, saved with the request.
    :return: False if there is a conflict; see `NestedUpdate`.
    :raises NotSupported: if the stack is being deleted, or is suspended.
    """
    return submit_update(requests, stack, NestedUpdate(requests, stack, content, before, events))


def submit_update(requests: Requests, stack: Stack, update: NestedUpdate) -> bool:
    """Accept an update; see `update_nested`."""
    template_id = requests.store.save_template(update.template.content)
    if update.compiled.late_parameters is None:
        requests.templates.keep(template_id, update.compiled)
    requests.submit(stack, update.decide)
    return not update.conflict
