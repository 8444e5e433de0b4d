"""Update a stack, or restore it to a snapshot."""

from __future__ import annotations

import dataclasses

from heatconv import exception
from heatconv.convergence.model import Action, Stack
from heatconv.engine.content import StackContent
from heatconv.engine.requests.core import Requests
from heatconv.hot.errors import TemplateError
from heatconv.storage.values import Request
from heatconv.templates.cache import MissingTemplate
from heatconv.templates.compiled import CompiledTemplate


def update_stack(requests: Requests, stack: Stack, content: StackContent) -> None:
    """Accept new content for a stack: template, environment and options.

    :raises NotSupported: if the stack is being deleted, or is suspended.
    :raises ImmutableParameterModified: if the value of an immutable parameter changes.
    :raises HeatconvException: if the template is not valid.
    """
    template = requests.with_pseudo(content.template, stack)
    compiled = requests.compile(template, stack.newest_template_id)
    _check_immutable(requests, stack, compiled)
    template_id = requests.save_template(template, compiled)
    options = content.options

    def decide(current: Stack) -> Request:
        check_updatable(current)
        changed = dataclasses.replace(
            current,
            disable_rollback=options.get('disable_rollback', current.disable_rollback),
            timeout_mins=options.get('timeout_mins') or current.timeout_mins,
            tags=tuple(options['tags'] or ()) if 'tags' in options else current.tags,
        )
        return requests.wish(changed, Action.UPDATE, template_id)

    requests.submit(stack, decide)


def restore_stack(requests: Requests, stack: Stack, template_id: str | None) -> None:
    """Accept a request to return to an earlier template and its environment.

    :param template_id: id of the template of a snapshot.
    :raises NotSupported: if the stack is being deleted, or is suspended.
    """

    def decide(current: Stack) -> Request:
        check_updatable(current)
        return requests.wish(current, Action.RESTORE, template_id)

    requests.submit(stack, decide)


def check_updatable(stack: Stack) -> None:
    """Refuse the update of a stack in a state that does not allow it.

    :raises NotSupported: if the stack is being deleted, or is suspended.
    """
    if stack.action == Action.DELETE:
        raise exception.NotSupported(feature='Updating a stack when it is being deleted')
    if stack.action == Action.SUSPEND:
        raise exception.NotSupported(feature='Updating a stack when it is suspended')


def _check_immutable(requests: Requests, stack: Stack, compiled: CompiledTemplate) -> None:
    """Refuse an update that changes the value of an immutable parameter.

    :raises ImmutableParameterModified: if it does.
    """
    immutable = [
        name for name, parameter in compiled.hot.parameters.items() if parameter.immutable
    ]
    if not immutable:
        return
    try:
        old_values = requests.templates.get(stack.newest_template_id).hot.values
    except (MissingTemplate, TemplateError):
        return
    changed = [
        name
        for name in immutable
        if name in old_values and old_values[name] != compiled.hot.values.get(name)
    ]
    if changed:
        raise exception.ImmutableParameterModified(keys=', '.join(changed))
