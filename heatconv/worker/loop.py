"""Run many tasks in one thread, and commit what they save together.

Tasks advance in rounds. In each, all that ask for the same kind of thing are
answered by one call of the store: that is the group commit. Plugin calls go to
a pool of threads, waiting tasks to a heap of timers; neither holds up a round.
"""

from __future__ import annotations

import heapq
import itertools
import queue
import threading
from collections.abc import Callable
from typing import Any, Protocol

from oslo_log import log

from heatconv import effects
from heatconv.answers import Announcer, Templates, answer
from heatconv.convergence.model import Observation
from heatconv.effects import Effect, Task
from heatconv.ports import Clock
from heatconv.storage.base import Store, StoreUnavailable
from heatconv.worker.fair import FairPool

LOG = log.getLogger(__name__)


class Performer(Protocol):
    """Calls plugins."""

    def perform(self, effect: effects.Perform) -> Observation | None:
        """Do what is asked and observe; None if the lease is too short."""


class Loop:
    """Drives tasks until it is stopped.

    :param capacity: how many tasks may be under way, sleeping ones included.
    :param batch_size: how many tasks advance in one round; 1 gives every
        commit a transaction of its own. Twice as many are awake at once.
    :param more: gives the next task that waits to begin, or None. It is asked when there
        is room, and so decides whose turn it is; see `wake`.
    :param on_view: is told of each stack that a task looks at: traversal and project.
    :param on_lost: called when tasks were dropped since the store failed them:
        what they claimed must be freed by others.
    """

    def __init__(
        self,
        store: Store,
        templates: Templates,
        performer: Performer,
        announcer: Announcer,
        clock: Clock,
        *,
        threads: int = 16,
        capacity: int = 10_000,
        batch_size: int = 100,
        on_lost: Callable[[], None] = lambda: None,
        more: Callable[[], Task | None] = lambda: None,
        on_view: Callable[[str, str], None] = lambda traversal_id, project_id: None,
    ) -> None:
        self._store = store
        self._templates = templates
        self._performer = performer
        self._announcer = announcer
        self._clock = clock
        self._batch_size = batch_size
        self._on_lost = on_lost
        self._more = more
        self._on_view = on_view
        self._awake_limit = 2 * batch_size
        self._slots = threading.BoundedSemaphore(capacity)
        self._inbox: queue.SimpleQueue[tuple[Task, Any] | None] = queue.SimpleQueue()
        self._timers: list[tuple[float, int, Task]] = []
        self._serial = itertools.count()
        self._pool = FairPool(threads, 'plugin')
        self._live = 0
        self._lock = threading.Lock()
        self._draining = threading.Event()
        self._woken = False

    @property
    def live(self) -> int:
        """Return how many tasks are under way."""
        return self._live

    def submit(self, task: Task) -> bool:
        """Take a task; return False when there is no room, or no longer time."""
        if self._draining.is_set() or not self._slots.acquire(blocking=False):
            return False
        self._take(task)
        return True

    def wake(self) -> None:
        """Say that there may be more to begin."""
        if not self._woken:
            self._woken = True
            self._inbox.put(None)

    def _take(self, task: Task) -> None:
        with self._lock:
            self._live += 1
        self._inbox.put((task, None))

    def _begin_more(self) -> None:
        """Begin what waits, while there is room for it."""
        self._woken = False
        while not self._draining.is_set():
            if self._live - len(self._timers) >= self._awake_limit:
                return
            if not self._slots.acquire(blocking=False):
                return
            task = self._more()
            if task is None:
                self._slots.release()
                return
            self._take(task)

    def stop(self) -> None:
        """Take no more tasks, and let `run` return once none acts any more.

        Tasks that wait for a long operation are dropped: whoever takes over
        looks at what is real.
        """
        self._draining.set()
        self._inbox.put(None)

    def run(self) -> None:
        """Drive tasks until stopped."""
        try:
            while not (self._draining.is_set() and self._live <= len(self._timers)):
                self._begin_more()
                batch = self._next_batch()
                while batch:
                    batch = self._round(batch)
        finally:
            self._pool.close()

    def _next_batch(self) -> list[tuple[Task, Any]]:
        """Wait for something to do; return at most a batch of it."""
        batch: list[tuple[Task, Any]] = []
        now = self._clock.now()
        while self._timers and self._timers[0][0] <= now and len(batch) < self._batch_size:
            batch.append((heapq.heappop(self._timers)[2], None))
        timeout: float | None = 0.0
        if not batch:
            timeout = self._timers[0][0] - now if self._timers else None
        while len(batch) < self._batch_size:
            try:
                entry = self._inbox.get(timeout is None or timeout > 0, timeout)
            except queue.Empty:
                break
            if entry is None:
                break
            batch.append(entry)
            timeout = 0.0
        return batch

    def _round(self, batch: list[tuple[Task, Any]]) -> list[tuple[Task, Any]]:
        """Advance each task to its next question, and answer those at hand."""
        asked: dict[type, list[tuple[Task, Any]]] = {}
        for task, said in batch:
            effect = self._advance(task, said)
            if effect is not None:
                asked.setdefault(type(effect), []).append((task, effect))
        answered: list[tuple[Task, Any]] = []
        for kind, questions in asked.items():
            try:
                answered.extend(self._answer(kind, questions))
            except Exception as error:
                away = isinstance(error, StoreUnavailable)
                LOG.error(
                    '%d tasks are dropped: the store failed them: %s',
                    len(questions),
                    error,
                    exc_info=not away,
                )
                for task, _ in questions:
                    self._finished(task)
                self._lost()
        return answered

    def _advance(self, task: Task, answer: Any) -> Effect | None:
        try:
            return task.send(answer)
        except StopIteration:
            self._finished(task)
        except Exception:
            LOG.exception('A task is dropped: it has a fault')
            self._finished(task)
            self._lost()
        return None

    def _lost(self) -> None:
        try:
            self._on_lost()
        except Exception:
            LOG.exception('What was dropped cannot be given up now')

    def _finished(self, task: Task) -> None:
        task.close()
        self._slots.release()
        with self._lock:
            self._live -= 1

    def _answer(self, kind: type, questions: list[tuple[Task, Any]]) -> list[tuple[Task, Any]]:
        """Answer questions of one kind; later ones come through the inbox."""
        tasks = [task for task, _ in questions]
        asked = [effect for _, effect in questions]
        answers: list[Any]
        if kind is effects.Load:
            answers = list(self._store.views([effect.key for effect in asked]))
            for view in answers:
                if view.node is not None and view.stack is not None:
                    self._on_view(view.node.key.traversal_id, view.stack.project_id)
        elif kind is effects.Serving:
            wanted = dict.fromkeys(key for effect in asked for key in effect.keys)
            found = self._store.serving(wanted)
            answers = [
                {key: found[key] for key in effect.keys if key in found} for effect in asked
            ]
        elif kind is effects.Save:
            answers = list(self._store.commit([effect.commit for effect in asked]))
        elif kind is effects.Cast:
            keys = dict.fromkeys(key for effect in asked for key in effect.keys)
            self._announcer.nodes(tuple(keys))
            answers = [None] * len(asked)
        elif kind is effects.Perform:
            for task, effect in questions:
                stack_id = effect.call.row.stack_id
                self._pool.submit(effect.project_id, stack_id, self._perform, task, effect)
            return []
        elif kind is effects.Sleep:
            for task, effect in questions:
                due = self._clock.now() + effect.seconds
                heapq.heappush(self._timers, (due, next(self._serial), task))
            return []
        else:
            return self._answer_each(questions)
        return list(zip(tasks, answers, strict=True))

    def _answer_each(self, questions: list[tuple[Task, Any]]) -> list[tuple[Task, Any]]:
        """Answer one by one, so that what is wrong with one harms no other."""
        answered: list[tuple[Task, Any]] = []
        failed = False
        for task, effect in questions:
            try:
                said = answer(effect, self._store, self._templates, self._announcer)
            except Exception:
                LOG.exception('A task is dropped: nobody can answer %s', type(effect).__name__)
                self._finished(task)
                failed = True
            else:
                answered.append((task, said))
        if failed:
            self._lost()
        return answered

    def _perform(self, task: Task, effect: effects.Perform) -> None:
        seen: Observation | None = None
        try:
            seen = self._performer.perform(effect)
        except Exception:
            # As if the lease had been too short: others look at what is real.
            LOG.exception('A call of a plugin could not be made')
            self._lost()
        self._inbox.put((task, seen))
