"""Batches of plugin calls: calls of one stack, type and verb are made together as one bulk call.

A pool of threads makes the calls. A prediction is answered immediately, without a thread of the
pool, because it waits for nothing but the store.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
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


#: Largest number of bulk calls of one kind that are in progress while further calls wait.
GATHERING = 2


def _kind(entry: Entry, effect: effects.CallPlugin | effects.Predict) -> tuple[Any, ...]:
    """Return what calls must have in common to share a bulk call.

    All tasks of the sweep are in one lane, whatever their project and stack.
    """
    row = effect.call.row
    return (
        entry.lane,
        effect.project_id,
        row.stack_id,
        row.type,
        effect.call.verb,
        effect.compensates,
    )


class Caller(Protocol):
    """Makes plugin calls."""

    def bulk(self, effect: effects.CallPlugin | effects.Predict) -> int:
        """Return the largest number of calls of this type that one bulk call accepts."""

    def gathers(self, effect: effects.CallPlugin) -> bool:
        """Say whether calls of this type may wait for each other, to share bulk calls."""

    def perform_many(self, effects: Sequence[effects.CallPlugin]) -> Sequence[Observation | None]:
        """Make a bulk call.

        :return: for each call the observation; None if the lease is too short for the call.
        """

    def predicts(self, effect: effects.Predict) -> bool:
        """Say whether the call can be predicted: a commit of the store can carry it out."""

    def predict(self, effects: Sequence[effects.Predict]) -> Sequence[Prediction | None]:
        """Predict the results of calls.

        :return: for each call the prediction; None if the call must be made.
        """


class CallBatches:
    """Makes the plugin calls of a loop.

    :param caller: makes the calls and predicts them.
    :param threads: number of threads, which is the number of concurrent calls.
    :param deliver: accepts a task with the answer to its call; any thread may call it.
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
        #: Ids of rows that were never begun, but whose record exists. The next check of the row
        #: does not predict: it claims the row first.
        self.claimed_first: set[str] = set()
        self._lock = threading.Lock()
        #: The calls that wait to share a bulk call, and the number of bulk calls, by kind.
        self._waiting: dict[Any, deque[tuple[Entry, effects.CallPlugin]]] = {}
        self._gathering: Counter[Any] = Counter()

    def submit(self, questions: list[tuple[Entry, effects.CallPlugin]]) -> None:
        """Queue calls for the threads, which deliver the tasks with their answers."""
        for batch in self.batches(questions):
            entry, effect = batch[0]
            if self._caller.gathers(effect):
                self._gather(batch, _kind(entry, effect), self._caller.bulk(effect))
            else:
                self.pool.submit(*entry.lane, self.perform, batch)

    def _gather(
        self, batch: list[tuple[Entry, effects.CallPlugin]], kind: Any, limit: int
    ) -> None:
        """Queue calls that wait while `GATHERING` bulk calls of their kind are in progress."""
        with self._lock:
            self._waiting.setdefault(kind, deque()).extend(batch)
            if self._gathering[kind] >= GATHERING:
                return
            self._gathering[kind] += 1
        self.pool.submit(*batch[0][0].lane, self._perform_waiting, kind, limit)

    def _perform_waiting(self, kind: Any, limit: int) -> None:
        """Make one bulk call of the calls that wait, and queue the next one."""
        with self._lock:
            waiting = self._waiting.get(kind, deque())
            batch = [waiting.popleft() for _ in range(min(limit, len(waiting)))]
        try:
            if batch:
                self.perform(batch)
        finally:
            with self._lock:
                more = bool(waiting)
                if not more:
                    self._gathering[kind] -= 1
                    if not self._gathering[kind]:
                        del self._gathering[kind]
                        self._waiting.pop(kind, None)
            if more:
                # Other lanes take their turns between two bulk calls.
                (project, stack), *_ = kind
                self.pool.submit(project, stack, self._perform_waiting, kind, limit)

    def predictable(self, effect: effects.Predict) -> bool:
        """Say whether to predict a call instead of making it."""
        row_id = effect.call.row.id
        if row_id in self.claimed_first:
            # A zombie has created the record after all: claim the row and observe it.
            self.claimed_first.discard(row_id)
            return False
        return self._caller.predicts(effect)

    def predict(self, questions: list[tuple[Entry, effects.Predict]]) -> list[Entry]:
        """Predict calls; return the tasks with their answers.

        The answer is None if the call must be made instead.
        """
        entries: list[Entry] = []
        for batch in self.batches(questions):
            predictions: Sequence[Prediction | None] = [None] * len(batch)
            try:
                predictions = self._caller.predict([effect for _, effect in batch])
            except Exception as error:
                # The calls are made instead, and a fault that persists fails their resources.
                LOG.debug('A prediction has failed, and the call is made instead: %s', error)
            for (entry, _), prediction in zip(batch, predictions, strict=True):
                observation, plugin_writes = (None, None) if prediction is None else prediction
                entries.append(Entry(entry.lane, entry.task, observation, plugin_writes))
        return entries

    def batches(self, questions: list[tuple[Entry, C]]) -> Iterator[list[tuple[Entry, C]]]:
        """Group calls of one stack, type and verb into bulk calls, up to the limit of the type."""
        groups: dict[Any, list[tuple[Entry, C]]] = {}
        for entry, effect in questions:
            limit = self._caller.bulk(effect)
            key = _kind(entry, effect)
            group = groups.setdefault(key, [])
            group.append((entry, effect))
            if len(group) >= limit:
                yield groups.pop(key)
        yield from groups.values()

    def perform(self, batch: list[tuple[Entry, effects.CallPlugin]]) -> None:
        """Make one bulk call, and deliver the tasks with their answers; it raises nothing."""
        observations: Sequence[Observation | None] = [None] * len(batch)
        try:
            observations = self._caller.perform_many([effect for _, effect in batch])
        except Exception:
            # Treated as if the lease were too short: the sweep settles the rows.
            LOG.exception('A plugin call could not be made')
            self._on_lost()
        for (entry, _), observation in zip(batch, observations, strict=True):
            self._deliver(Entry(entry.lane, entry.task, observation))
