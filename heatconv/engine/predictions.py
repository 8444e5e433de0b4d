"""Nested stacks that a worker creates and deletes in memory, for predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from heatconv.convergence.model import Resource
from heatconv.convergence.traversal import Plan
from heatconv.storage.values import Completed, NewStack
from heatconv.templates.compiled import CompiledTemplate

#: Largest number of resources of the nested stacks that are predicted together. The prediction
#: delays all other tasks of the worker.
PREDICTED = 200


class AtOnce(Protocol):
    """Creates and deletes small stacks in memory; see `heatconv.worker.at_once`."""

    def create(self, new: NewStack, compiled: CompiledTemplate) -> NewStack | None:
        """Return a new stack with complete resources; None if it does not converge at once."""

    def delete(self, plan: Plan, rows: Sequence[Resource]) -> Completed | None:
        """Return the completed deletion of a stack; None if it does not converge at once."""
