"""The handler of the effects that need neither a plugin call nor waiting.

All runtimes, daemons and simulators, share it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from heatconv.convergence.model import NodeKey
from heatconv.runtime import effects
from heatconv.runtime.effects import Effect
from heatconv.runtime.trace import log_reason
from heatconv.storage.base import Store


class Announcer(Protocol):
    """Sends hints. A lost hint only costs time: the sweep repeats it."""

    def nodes(self, keys: Sequence[NodeKey], near: bool = False) -> None:
        """Announce ready nodes to the workers.

        :param near: whether a worker that announces them should check them itself, even if it has
            much to do: it has what their checks need.
        """

    def wish(self, stack_id: str) -> None:
        """Announce to the engines that a stack has a wish."""


class Templates(Protocol):
    """Compiles stored templates and definitions; see `heatconv.templates.cache`."""

    def get(self, template_id: str | None) -> Any:
        """Return a compiled template.

        :param template_id: None for the template without resources.
        """

    def defined(self, template_id: str | None, name: str, source: str) -> Any:
        """Return the definition of a resource, compiled from the source that its node carries."""

    def read_ahead(self, template_ids: Iterable[str | None]) -> None:
        """Read what definitions of several templates need, with one query."""

    def hooked(self, template_id: str | None) -> Any:
        """Return a function from a resource name to its hooks, or None if there are no hooks."""


def answer(effect: Effect, store: Store, templates: Templates, announcer: Announcer) -> Any:
    """Handle one effect and return its answer.

    :raises TypeError: if the effect needs a plugin call or waiting.
    """
    match effect:
        case effects.CompileTemplate(template_id):
            return templates.get(template_id)
        case effects.CompileDefinition(template_id, name, source):
            return templates.defined(template_id, name, source)
        case effects.LoadHooks(template_id):
            return templates.hooked(template_id)
        case effects.Load(key):
            return store.views([key])[0]
        case effects.LoadStack(stack_id):
            return store.stack(stack_id)
        case effects.Prepare(stack_id, wish_id, plan, size):
            return store.prepare(stack_id, wish_id, plan, size)
        case effects.LoadServingRows(keys):
            return store.serving(keys)
        case effects.Save(commit):
            return store.commit([commit])[0]
        case effects.LoadRow(row_id):
            return store.row(row_id)
        case effects.LoadReadyNodes(row_id):
            return store.waiting_on([row_id])
        case effects.Cast(keys):
            announcer.nodes(keys)
        case effects.CastWish(stack_id):
            announcer.wish(stack_id)
        case effects.Postpone(orphan_check, due_at):
            return store.postpone(orphan_check, due_at)
        case effects.Trace():
            log_reason(effect)
        case effects.Predict():
            return None
        case _:
            raise TypeError(f'{effect} needs a runtime of its own')
    return None
