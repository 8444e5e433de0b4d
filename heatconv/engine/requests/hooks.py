"""Clear a hook that a resource waits at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from heatconv import exception
from heatconv.convergence import hooks
from heatconv.convergence.model import Resource
from heatconv.convergence.step import Verdict
from heatconv.engine.requests.core import Requests


def clear_hook(requests: Requests, rows: Sequence[Resource], row: Resource, hook: Any) -> None:
    """Let a resource continue after a hook.

    :param rows: all rows of its name: one that is being replaced may wait at a hook too.
    :param row: the row that serves the name.
    :raises InvalidBreakPointHook: if none of the rows waits at that hook.
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
        message=f'The "{hook}" hook is not defined on {row.type} "{row.name}", or it is '
        'not there yet'
    )
