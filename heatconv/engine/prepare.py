"""Turn the wish of a stack into a traversal and announce its leaves."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Protocol

from heatconv.convergence import traversal
from heatconv.convergence.model import Definition, Resource, Stack
from heatconv.convergence.traversal import Plan
from heatconv.runtime.effects import (
    Cast,
    CompileTemplate,
    LoadHooks,
    LoadStack,
    Prepare,
    Task,
    Trace,
)
from heatconv.runtime.ports import Ids


class CompiledTemplate(Protocol):
    """What a preparation needs of a template."""

    @property
    def definitions(self) -> Mapping[str, Definition]:
        """Return the resource definitions in template order."""

    @property
    def hooked(self) -> Callable[[str], tuple[str, ...]] | None:
        """Return what gives the hooks of a resource by its name, if there are any."""

    def source_of(self, name: str) -> str | None:
        """Return the definition that a node brings with it."""


def prepare(stack_id: str, ids: Ids, settles: bool = True) -> Task:
    """Prepare what a stack wishes for, if it still does.

    Any number of engines may do so at once: one of them prepares each wish.

    :param settles: leave out what a check could find nothing to do for.
    """
    while True:
        stack: Stack | None = yield LoadStack(stack_id)
        if stack is None or stack.wish_id is None:
            return
        compiled: CompiledTemplate = yield CompileTemplate(stack.wish_template_id)
        definitions = compiled.definitions
        # What goes with the stack is cleared of the hooks that its last template had.
        last = stack.template_id or stack.previous_template_id or stack.last_good_id
        hooked = compiled.hooked if stack.wish_template_id else (yield LoadHooks(last))
        traversal_id = ids.fresh()

        def plan(
            stack: Stack,
            rows: list[Resource],
            definitions: Mapping[str, Definition] = definitions,
            traversal_id: str = traversal_id,
            source_of: Callable[[str], str | None] = compiled.source_of,
            hooked: Callable[[str], tuple[str, ...]] | None = hooked,
        ) -> Plan:
            fresh_ids = (ids.fresh() for _ in itertools.count())
            return traversal.plan(
                stack, definitions, rows, traversal_id, fresh_ids, settles, source_of, hooked
            )

        made: Plan | None = yield Prepare(stack_id, stack.wish_id, plan, len(definitions))
        if made is not None:
            yield Trace(made.stack, f'prepared: {len(made.nodes)} nodes')
            if made.leaves:
                yield Cast(made.leaves)
            return
        # A newer request came in between: look again, it is that one's turn.
