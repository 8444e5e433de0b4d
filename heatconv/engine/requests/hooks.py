"""Clear a hook at which a resource is paused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from heatconv import exception
from heatconv.convergence import hooks
from heatconv.convergence.model import Resource
from heatconv.convergence.step import Verdict
from heatconv.engine.requests.core import Requests


def clear_hook(requests: Requests, rows: Sequence[Resource], row: Resource, hook: Any) -> None:
    """Clear a hook of a resource, so that its operation continues.

    :param rows: all rows of the name: one that is being replaced may be paused too.
    :param row: the row that serves the name, for error messages.
    :raises InvalidBreakPointHook: if none of the rows is paused at this hook.
    """
    if hook not in hooks.HOOKS:
        raise exception.InvalidBreakPointHook(
            message=f'Invalid hook type "{str(hook)[:255]}" for resource {row.name}: it is '
            f'one of {", ".join(hooks.HOOKS)}'
        )
    for candidate in rows:
        for node in requests.store.paused_on(candidate.id):
            step = hooks.clear(node, candidate, hook)
            if step is None or step.commit is None:
                continue
            (outcome,) = requests.store.commit([step.commit])
            if outcome.verdict == Verdict.STANDS:
                requests.announcer.nodes(step.casts)
                return
    raise exception.InvalidBreakPointHook(
        message=f'The "{hook}" hook is not defined on {row.shown_type} "{row.name}", or it is '
        'not reached yet'
    )
