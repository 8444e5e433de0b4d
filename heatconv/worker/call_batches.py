"""Batch plugin calls: those of one stack, type and verb become one call, made by a thread.

A prediction is answered at once, without a thread: it waits for nothing but the store.
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

#: A call of a plugin.
C = TypeVar('C', effects.CallPlugin, effects.Predict)


class Caller(Protocol):
    """Calls plugins."""

    def bulk(self, effect: effects.CallPlugin | effects.Predict) -> int:
        """Return how many such calls may be made as one."""

    def perform_many(self, effects: Sequence[effects.CallPlugin]) -> Sequence[Observation | None]:
        """Do what is asked and observe; None for what the lease is too short."""

    def predicts(self, effect: effects.Predict) -> bool:
        """Say whether a commit of the store can do what is asked."""

    def predict(self, effects: Sequence[effects.Predict]) -> Sequence[Prediction | None]:
        """Tell what such calls would come to."""


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
        #: Rows not begun whose record exists all the same: the next check claims them first.
        self.claimed_first: set[str] = set()

    def submit(self, questions: list[tuple[Entry, effects.CallPlugin]]) -> None:
        """Have calls made by the threads; their answers are delivered."""
        for batch in self.batches(questions):
            self.pool.submit(*batch[0][0].lane, self.perform, batch)

    def predictable(self, effect: effects.Predict) -> bool:
        """Say whether to ask what a call would come to, rather than to make it."""
        row_id = effect.call.row.id
        if row_id in self.claimed_first:
            # Somebody taken for dead has made it after all: who looks finds it.
            self.claimed_first.discard(row_id)
            return False
        return self._caller.predicts(effect)

    def predict(self, questions: list[tuple[Entry, effects.Predict]]) -> list[Entry]:
        """Tell what calls would come to that a commit can carry out."""
        answered: list[Entry] = []
        for batch in self.batches(questions):
            told: Sequence[Prediction | None] = [None] * len(batch)
            try:
                told = self._caller.predict([effect for _, effect in batch])
            except Exception as error:
                # Then they are made as those of any other type, and say so themselves.
                LOG.debug('What a plugin would do cannot be told: %s', error)
            for (entry, _), one in zip(batch, told, strict=True):
                seen, plugin_writes = (None, None) if one is None else one
                answered.append(Entry(entry.lane, entry.task, seen, plugin_writes))
        return answered

    def batches(self, questions: list[tuple[Entry, C]]) -> Iterator[list[tuple[Entry, C]]]:
        """Group calls that one call of a plugin can make: of a stack, a type, a verb."""
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
        seen: Sequence[Observation | None] = [None] * len(batch)
        try:
            seen = self._caller.perform_many([effect for _, effect in batch])
        except Exception:
            # As if the lease had been too short: others look at what is real.
            LOG.exception('A call of a plugin could not be made')
            self._on_lost()
        for (entry, _), one in zip(batch, seen, strict=True):
            self._deliver(Entry(entry.lane, entry.task, one))
