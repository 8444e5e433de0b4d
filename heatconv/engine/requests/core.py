"""The steps that requests share: compile the template, save the change, announce the wish."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from heatconv import exception
from heatconv.convergence import stack as stack_rules
from heatconv.convergence.model import Action, Stack
from heatconv.engine import errors
from heatconv.hot import cfn
from heatconv.hot.errors import TemplateError
from heatconv.hot.functions.conditions import use_pseudo_parameters
from heatconv.runtime.context import current_request_id
from heatconv.runtime.ports import Clock, Ids
from heatconv.storage.base import Request, Store
from heatconv.storage.handlers import Announcer
from heatconv.templates.cache import TemplateCache
from heatconv.templates.compiled import CompiledTemplate, pseudo_parameters


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
    ) -> None:
        self.store = store
        self.templates = templates
        self.announcer = announcer
        self.clock = clock
        self.ids = ids
        self.limits = limits or Limits()
        self._request_id = request_id

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

    def compile(self, content: Mapping[str, Any], like: str | None = None) -> CompiledTemplate:
        """Compile the template of a request.

        :param content: template, environment and files; see also `with_pseudo`.
        :param like: id of a similar template, whose unchanged definitions are reused.
        :raises HeatconvException: if the template is not valid, or has too many resources.
        """
        try:
            compiled = self.templates.accept(content, like)
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

    def save_template(self, template: Mapping[str, Any], compiled: CompiledTemplate) -> str:
        """Save a template, and cache its compiled form for the preparation; return the id."""
        template_id = self.store.save_template(template)
        self.templates.keep(template_id, compiled)
        return template_id

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
