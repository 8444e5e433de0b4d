"""Nested stacks that are created and deleted at once, in a world whose reality is in the store."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from heatconv.convergence.model import Resource as Row
from heatconv.convergence.model import Verb
from heatconv.convergence.traversal import Plan
from heatconv.resources.plugin import PluginCall, Prediction, Resource
from heatconv.resources.registry import Registry
from heatconv.resources.virtual import is_over
from heatconv.runtime.ports import Clock
from heatconv.sim import language
from heatconv.sim.reality import Reality, SimResource
from heatconv.storage.values import Completed, NewStack
from heatconv.worker.at_once import AtOnce


class Predictable(SimResource):
    """The resource type of scenarios, whose calls are predicted on a copy of reality."""

    predicts = True

    def predict(self, calls: Sequence[PluginCall]) -> list[Prediction | None]:
        outcomes = SimResource(copy.deepcopy(self.reality)).perform(calls)
        return [(outcome, None) if is_over(outcome) else None for outcome in outcomes]

    def deletes_at_once(self, resource: Resource) -> bool:
        return True


class SimAtOnce(AtOnce):
    """Does to reality what a commit or a request with a completed stack stands for."""

    def __init__(self, reality: Reality, clock: Clock) -> None:
        super().__init__(Registry({language.TYPE: Predictable(reality)}), clock)
        self._reality = reality

    def delete(self, plan: Plan, rows: Sequence[Row]) -> Completed | None:
        completed = super().delete(plan, rows)
        if completed is not None:
            # The store saves it in the same step.
            self._perform(rows, Verb.DELETE)
        return completed

    def carry_out(self, new: NewStack) -> list[str]:
        """Create the resources of a complete stack; return what differs from its rows."""
        assert new.plan is not None
        outcomes = self._perform(new.plan.rows, Verb.CREATE)
        return [
            f'{row.name}: {outcome}'
            for row, outcome in zip(new.plan.rows, outcomes, strict=True)
            if getattr(outcome, 'physical_id', None) != row.physical_id
        ]

    def _perform(self, rows: Sequence[Row], verb: Verb) -> list[Any]:
        calls = [
            PluginCall(
                verb,
                Resource(row.id, row.name, row.type, row.stack_id, '', '', row.properties or {}),
            )
            for row in rows
        ]
        return SimResource(self._reality).perform(calls)
