"""Preparation of a wish: the engine turns it into a traversal and announces the leaves."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
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
    """The part of a compiled template that a preparation needs."""

    @property
    def definitions(self) -> Mapping[str, Definition]:
        """Return the resource definitions in template order."""

    @property
    def hooked(self) -> Callable[[str], tuple[str, ...]] | None:
        """Return a function from a resource name to its hooks; None if there are no hooks."""

    def source_of(self, name: str) -> str | None:
        """Return the serialized definition that a node carries."""


def planner(
    compiled: CompiledTemplate,
    hooked: Callable[[str], tuple[str, ...]] | None,
    ids: Ids,
    settles: bool = True,
) -> Callable[[Stack, Sequence[Resource]], Plan]:
    """Return the function that plans the traversal of a wish from a stack and its rows.

    :param compiled: the wished template.
    :param hooked: returns the hooks of a resource name; None if there are no hooks.
    :param settles: see `prepare`.
    """
    traversal_id = ids.fresh()

    def plan(stack: Stack, rows: Sequence[Resource]) -> Plan:
        fresh_ids = (ids.fresh() for _ in itertools.count())
        return traversal.plan(
            stack,
            compiled.definitions,
            rows,
            traversal_id,
            fresh_ids,
            settles,
            compiled.source_of,
            hooked,
        )

    return plan


def prepare(stack_id: str, ids: Ids, settles: bool = True) -> Task:
    """Prepare the wish of a stack, if it still has one.

    Any number of engines may try concurrently: only one of them saves a traversal for the wish.

    :param settles: whether to leave out the nodes whose check would find nothing to do.
    """
    while True:
        stack: Stack | None = yield LoadStack(stack_id)
        if stack is None or stack.wish_id is None:
            return
        compiled: CompiledTemplate = yield CompileTemplate(stack.wish_template_id)
        definitions = compiled.definitions
        # A delete has no template: its resources have the hooks of the latest one.
        last_id = stack.template_id or stack.previous_template_id or stack.last_good_id
        hooked = compiled.hooked if stack.wish_template_id else (yield LoadHooks(last_id))
        plan = planner(compiled, hooked, ids, settles)
        planned: Plan | None = yield Prepare(stack_id, stack.wish_id, plan, len(definitions))
        if planned is not None:
            yield Trace(planned.stack, f'prepared: {len(planned.nodes)} nodes')
            if planned.leaves:
                yield Cast(planned.leaves)
            return
        # The wish was prepared elsewhere or replaced by a newer one: load the stack again.
