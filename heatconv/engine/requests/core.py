"""The steps that requests share: compile the template, save the change, announce the wish."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heatconv import exception
from heatconv.convergence import stack as stack_rules
from heatconv.convergence.model import Action, Resource, Stack
from heatconv.convergence.traversal import Plan
from heatconv.engine import errors
from heatconv.engine.prepare import planner
from heatconv.hot import cfn
from heatconv.hot.errors import TemplateError
from heatconv.hot.functions.conditions import use_pseudo_parameters
from heatconv.runtime.context import current_request_id
from heatconv.runtime.ports import Clock, Ids
from heatconv.storage.base import Store
from heatconv.storage.content import EncodedTemplate
from heatconv.storage.handlers import Announcer
from heatconv.storage.values import NewStack, PlannedRequest, Request
from heatconv.templates.cache import TemplateCache
from heatconv.templates.compiled import CompiledTemplate, pseudo_parameters

#: The leaves of a nested stack are near the worker that planned it if they are at most so many.
NEAR = 10

#: The traversal of a nested stack with at most this number of resources is planned with its
#: request. An engine prepares that of a larger one, because no worker should wait for it.
PLANNED = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits that the operator sets for requests.

    :ivar max_stacks_per_project: negative for no limit.
    :ivar max_resources_per_stack: including the resources of nested stacks; negative for no limit.
    :ivar timeout_mins: default timeout of a stack action, in minutes.
    :ivar abandon: whether a stack may be deleted without its physical resources.
    :ivar adopt: whether a stack may be created from existing physical resources.
    :ivar hidden_tags: stacks with one of these tags are left out of lists.
    """

    max_stacks_per_project: int = 512
    max_resources_per_stack: int = 1_000_000
    timeout_mins: int = 60
    abandon: bool = False
    adopt: bool = False
    hidden_tags: tuple[str, ...] = ()


class Requests:
    """The steps that requests share, and the parts of the engine that they use.

    :param request_id: returns the id of the current API request. It is saved with the stack, for
        the logs of the work that the request causes.
    :param plans_nested_up_to: largest number of resources of a nested stack whose traversal is
        planned with the request.
    """

    def __init__(
        self,
        store: Store,
        templates: TemplateCache,
        announcer: Announcer,
        clock: Clock,
        ids: Ids,
        limits: Limits | None = None,
        request_id: Callable[[], str] = current_request_id,
        plans_nested_up_to: int = PLANNED,
    ) -> None:
        self.store = store
        self.templates = templates
        self.announcer = announcer
        self.clock = clock
        self.ids = ids
        self.limits = limits or Limits()
        self._request_id = request_id
        self.plans_nested_up_to = plans_nested_up_to

    def with_pseudo(self, content: Mapping[str, Any], stack: Stack) -> Mapping[str, Any]:
        """Return the content of a request for a stack, with pseudo parameters if it needs them.

        Conditions are decided when a template is compiled. So if they use pseudo parameters, their
        values are a part of the content.
        """
        try:
            source = cfn.as_hot(content.get('template'))
        except TemplateError:
            return content  # `compile` reports it
        if not isinstance(source, Mapping) or not use_pseudo_parameters(source):
            return content
        return {**content, 'pseudo': pseudo_parameters(stack)}

    def compile(
        self,
        content: Mapping[str, Any],
        like: str | None = None,
        template_id: str | None = None,
    ) -> CompiledTemplate:
        """Compile the template of a request.

        :param content: template, environment and files; see also `with_pseudo`.
        :param like: id of a similar template, whose unchanged definitions are reused.
        :param template_id: id of the template, if the caller knows it.
        :raises HeatconvException: if the template is not valid, or has too many resources.
        """
        try:
            compiled = self.templates.accept(content, like, template_id)
        except TemplateError as error:
            raise errors.of_template(
                error, content.get('template'), content.get('environment')
            ) from None
        limit = self.limits.max_resources_per_stack
        if 0 <= limit < compiled.total:
            raise exception.RequestLimitExceeded(
                message=f'{compiled.total} resources are more than the {limit} '
                'that a stack may have'
            )
        return compiled

    def instance(self, content: Mapping[str, Any], template_id: str) -> CompiledTemplate | None:
        """Return a template that was compiled for any values of its parameters, with the values.

        The values of properties are not checked.

        :param content: see `compile`; likewise ``template_id``.
        :return: None if the template must be compiled with the values.
        """
        compiled = self.templates.shared.instance(template_id, content)
        limit = self.limits.max_resources_per_stack
        if compiled is None or 0 <= limit < compiled.total:
            return None
        return compiled

    def compiled(self, template: EncodedTemplate, shares: bool) -> CompiledTemplate:
        """Compile the template of a nested stack, unless it is compiled already.

        :param shares: use a template that was compiled for any values of its parameters, if
            possible; see `instance`.
        :raises HeatconvException: see `compile`.
        """
        instance = self.instance(template.content, template.id) if shares else None
        return instance or self.compile(template.content, template_id=template.id)

    def save_template(self, template: Mapping[str, Any], compiled: CompiledTemplate) -> str:
        """Save a template, and cache its compiled form for the preparation; return the id."""
        template_id = self.store.save_template(template)
        self.templates.keep(template_id, compiled)
        return template_id

    def plans(self, compiled: CompiledTemplate) -> bool:
        """Say whether a nested stack is small enough to be planned with its request."""
        return len(compiled.definitions) <= self.plans_nested_up_to

    def planned(
        self,
        decide: Callable[[Stack], Request | None],
        compiled: CompiledTemplate,
        hooked: Callable[[str], tuple[str, ...]] | None,
        template: EncodedTemplate | None = None,
    ) -> PlannedRequest:
        """Return a request for a small stack, planned with it.

        :param decide: see `PlannedRequest`; likewise ``template``.
        :param compiled: the wished template.
        :param hooked: returns the hooks of a resource name; None if there are no hooks.
        """
        return PlannedRequest(decide, planner(compiled, hooked, self.ids), template)

    def new_stack(
        self,
        stack: Stack,
        action: Action,
        template: EncodedTemplate,
        compiled: CompiledTemplate,
        adopts: Sequence[Resource] = (),
        plans: bool = False,
    ) -> NewStack:
        """Return a stack to insert, whose first action is the given one.

        :param stack: with the id of its request, if that is not the current one of this thread.
        :param compiled: its compiled template; it is cached for the checks.
        :param adopts: one row for each physical resource that it adopts.
        :param plans: whether to plan the traversal here; otherwise an engine prepares the wish.
        """
        request_id = stack.request_id
        stack, events = stack_rules.wish(stack, action, template.id, self.ids.fresh())
        stack = self.with_deadline(stack)
        if request_id:
            stack = dataclasses.replace(stack, request_id=request_id)
        if compiled.late_parameters is None:
            self.templates.keep(template.id, compiled)
        plan = None
        if plans and not adopts:
            plan = planner(compiled, compiled.hooked, self.ids)(stack, ())
        return NewStack(template, stack, events, adopts, plan)

    def insert(self, added: Sequence[NewStack]) -> list[bool]:
        """Insert stacks, and announce the work on them.

        :return: for each stack, False if its project has a live stack of that name.
        """
        inserted = self.store.insert_stacks(added)
        for new, is_inserted in zip(added, inserted, strict=True):
            if not is_inserted:
                continue
            if new.plan is None:
                self.announcer.wish(new.stack.id)
            else:
                self._announce(new.plan)
        return inserted

    def submit_all(
        self, requests: Mapping[str, PlannedRequest]
    ) -> dict[str, tuple[Stack, Plan | None]]:
        """Change small stacks, and announce the work on them; see `Store.request_all`."""
        answers = self.store.request_all(requests)
        for _, plan in answers.values():
            if plan is not None:
                self._announce(plan)
        return answers

    def _announce(self, plan: Plan) -> None:
        """Announce the leaves of a small stack; a worker that planned a very small one checks it.

        It has compiled the template, and is told of the end.
        """
        self.announcer.nodes(plan.leaves, near=len(plan.leaves) <= NEAR)

    def wish(self, stack: Stack, action: Action, template_id: str | None) -> Request:
        """Return the change that makes an action the wish of a stack.

        :param template_id: id of the wished template; None for a delete.
        """
        wished, events = stack_rules.wish(stack, action, template_id, self.ids.fresh())
        return Request(self.with_deadline(wished), events)

    def with_deadline(self, stack: Stack) -> Stack:
        """Return a stack whose timeout starts now, with the id of the current API request."""
        minutes = stack.timeout_mins or self.limits.timeout_mins
        return dataclasses.replace(
            stack,
            deadline=self.clock.now() + 60 * minutes,
            request_id=self._request_id(),
        )

    def submit(
        self, stack: Stack, decide: Callable[[Stack], Request | None], must: bool = False
    ) -> None:
        """Change a stack by a pure function, and announce its wish if it has one.

        :param decide: returns the change of the stored stack, or None to change nothing.
        :param must: whether to refuse the request if nothing changes.
        :raises EntityNotFound: if the stack does not exist or is deleted.
        :raises ActionInProgress: if nothing changes and ``must`` is set.
        """
        result = self.store.request(stack.id, decide)
        if result is None:
            raise exception.EntityNotFound(entity='Stack', name=stack.name)
        after, changed = result
        if must and not changed:
            raise exception.ActionInProgress(stack_name=after.name, action=after.action.value)
        if changed and after.wish_id is not None:
            self.announcer.wish(stack.id)
