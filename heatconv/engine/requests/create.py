"""Create a stack, or adopt one."""

from __future__ import annotations

import dataclasses

from heatconv import exception
from heatconv.convergence.model import Action, Stack
from heatconv.engine.content import StackContent
from heatconv.engine.requests.adopt import adopted_rows
from heatconv.engine.requests.core import Requests
from heatconv.storage.content import EncodedTemplate
from heatconv.storage.stack_query import StackQuery


def create_stack(
    requests: Requests, project_id: str, username: str, name: str, content: StackContent
) -> Stack:
    """Accept a new stack, created from existing physical resources if the request adopts them.

    :raises NotSupported: if it adopts resources and the operator does not allow adoption.
    :raises StackExists: if the project has a stack of that name.
    :raises RequestLimitExceeded: if the project has too many stacks, or the stack too many
        resources.
    :raises HeatconvException: if the template is not valid.
    """
    adopts = content.adopts is not None
    if adopts and not requests.limits.adopt:
        raise exception.NotSupported(
            feature='Adopting a stack (unless the operator sets [engine] enable_stack_adopt)'
        )
    stack = dataclasses.replace(
        imagined_stack(requests, project_id, username, name, content), id=requests.ids.fresh()
    )
    template = EncodedTemplate.of(requests.with_pseudo(content.template, stack))
    compiled = requests.compile(template.content, template_id=template.id)
    _check_quota(requests, project_id, name)
    action = Action.ADOPT if adopts else Action.CREATE
    rows = adopted_rows(requests.ids, stack.id, compiled, content.adopts) if adopts else ()
    new = requests.new_stack(stack, action, template, compiled, rows)
    if not requests.insert([new])[0]:
        raise exception.StackExists(stack_name=name)
    return new.stack


def imagined_stack(
    requests: Requests, project_id: str, username: str, name: str, content: StackContent
) -> Stack:
    """Return the stack that a create would make; it has the id None, as in Heat."""
    options = content.options
    return Stack(
        id='None',
        project_id=project_id,
        name=name,
        disable_rollback=options.get('disable_rollback', True),
        timeout_mins=options.get('timeout_mins') or requests.limits.timeout_mins,
        tags=tuple(options.get('tags') or ()),
        username=username,
    )


def _check_quota(requests: Requests, project_id: str, name: str) -> None:
    """Refuse a new stack if its project has too many.

    :raises StackExists: if the project also has a stack of that name.
    :raises RequestLimitExceeded: otherwise.
    """
    limit = requests.limits.max_stacks_per_project
    if limit < 0:
        return
    if requests.store.count_stacks(StackQuery(project_id)) >= limit:
        if requests.store.stack_by_name(project_id, name) is not None:
            raise exception.StackExists(stack_name=name)
        raise exception.RequestLimitExceeded(
            message=f'this project has {limit} stacks, and may have no more'
        )
