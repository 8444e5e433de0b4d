"""Batch plugin calls: calls of one stack, type and verb become one call, made by a thread.

A prediction is answered immediately and without a thread, because it waits for nothing but the
store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from oslo_log import log

from heatconv.convergence.model import Observation
from heatconv.resources.plugin import Prediction
from heatconv.runtime import effects
from heatconv.worker.fair_queue import FairPool
from heatconv.worker.lanes import Entry

LOG = log.getLogger(__name__)

#: The type of a plugin call.
C = TypeVar('C', effects.CallPlugin, effects.Predict)


class Caller(Protocol):
    """Makes plugin calls."""

    def bulk(self, effect: effects.CallPlugin | effects.Predict) -> int:
        """Return how many such calls fit into one."""

    def perform_many(self, effects: Sequence[effects.CallPlugin]) -> Sequence[Observation | None]:
        """Make the calls and return their observations; None where the lease is too short."""

    def predicts(self, effect: effects.Predict) -> bool:
        """Say whether a commit of the store can carry out the call."""

    def predict(self, effects: Sequence[effects.Predict]) -> Sequence[Prediction | None]:
        """Predict the results of calls."""


class CallBatches:
    """Makes the plugin calls of a loop.

    :param threads: how many calls are made at once.
    :param deliver: takes a task with the answer to its call, from any thread.
    :param on_lost: called when a call could not be made at all.
    """

    def __init__(
        self,
        caller: Caller,
        threads: int,
        deliver: Callable[[Entry], None],
        on_lost: Callable[[], None],
    ) -> None:
        self._caller = caller
        self._deliver = deliver
        self._on_lost = on_lost
        self.pool = FairPool(threads, 'plugin')
        #: Ids of rows never begun whose record exists already: their next check claims them first.
        self.claimed_first: set[str] = set()

    def submit(self, questions: list[tuple[Entry, effects.CallPlugin]]) -> None:
        """Queue calls for the threads; the tasks are delivered with their answers."""
        for batch in self.batches(questions):
            self.pool.submit(*batch[0][0].lane, self.perform, batch)

    def predictable(self, effect: effects.Predict) -> bool:
        """Say whether to predict a call instead of making it."""
        row_id = effect.call.row.id
        if row_id in self.claimed_first:
            # A zombie has created the record after all: claim the row and observe it.
            self.claimed_first.discard(row_id)
            return False
        return self._caller.predicts(effect)

    def predict(self, questions: list[tuple[Entry, effects.Predict]]) -> list[Entry]:
        """Predict the calls that a commit can carry out."""
        entries: list[Entry] = []
        for batch in self.batches(questions):
            predictions: Sequence[Prediction | None] = [None] * len(batch)
            try:
                predictions = self._caller.predict([effect for _, effect in batch])
            except Exception as error:
                # The calls are then made like those of any other type, and report the fault
                # themselves.
                LOG.debug('What a plugin would do cannot be told: %s', error)
            for (entry, _), prediction in zip(batch, predictions, strict=True):
                observation, plugin_writes = (None, None) if prediction is None else prediction
                entries.append(Entry(entry.lane, entry.task, observation, plugin_writes))
        return entries

    def batches(self, questions: list[tuple[Entry, C]]) -> Iterator[list[tuple[Entry, C]]]:
        """Group the calls that a plugin can make as one: of one stack, type and verb."""
        groups: dict[Any, list[tuple[Entry, C]]] = {}
        for entry, effect in questions:
            most = self._caller.bulk(effect)
            key = (entry.lane, effect.call.row.type, effect.call.verb, effect.compensates)
            group = groups.setdefault(key, [])
            group.append((entry, effect))
            if len(group) >= most:
                yield groups.pop(key)
        yield from groups.values()

    def perform(self, batch: list[tuple[Entry, effects.CallPlugin]]) -> None:
        observations: Sequence[Observation | None] = [None] * len(batch)
        try:
            observations = self._caller.perform_many([effect for _, effect in batch])
        except Exception:
            # Treated as if the lease had been too short: the sweep settles the rows.
            LOG.exception('A call of a plugin could not be made')
            self._on_lost()
        for (entry, _), observation in zip(batch, observations, strict=True):
            self._deliver(Entry(entry.lane, entry.task, observation))
