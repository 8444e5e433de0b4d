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
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from oslo_log import log

from heatconv import effects
from heatconv.convergence.model import NodeKey, Observation
from heatconv.effects import Effect, Task
from heatconv.ports import Clock
from heatconv.storage.base import Store

LOG = log.getLogger(__name__)


class Announcer(Protocol):
    """Sends hints; a lost one costs time, not truth."""

    def nodes(self, keys: Sequence[NodeKey]) -> None:
        """Tell the workers that nodes are ready."""

    def wish(self, stack_id: str) -> None:
        """Tell the engines that a stack has a wish."""


class Templates(Protocol):
    """Compiles templates, each once."""

    def get(self, template_id: str | None) -> Any:
        """Return a compiled template."""


class Performer(Protocol):
    """Calls plugins."""

    def perform(self, effect: effects.Perform) -> Observation | None:
        """Do what is asked and observe; None if the lease is too short."""


class Loop:
    """Drives tasks until it is stopped.

    :param capacity: how many tasks may be under way, sleeping ones included;
        `submit` blocks beyond.
    :param batch_size: how many tasks advance in one round; 1 gives every
        commit a transaction of its own.
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
    ) -> None:
        self._store = store
        self._templates = templates
        self._performer = performer
        self._announcer = announcer
        self._clock = clock
        self._batch_size = batch_size
        self._on_lost = on_lost
        self._slots = threading.BoundedSemaphore(capacity)
        self._inbox: queue.SimpleQueue[tuple[Task, Any] | None] = queue.SimpleQueue()
        self._timers: list[tuple[float, int, Task]] = []
        self._serial = itertools.count()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix='plugin')
        self._live = 0
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self._draining = threading.Event()

    @property
    def live(self) -> int:
        """Return how many tasks are under way."""
        return self._live

    def submit(self, task: Task, block: bool = True) -> bool:
        """Take a task; return False when there is no room, or no longer time."""
        if self._draining.is_set() or not self._slots.acquire(blocking=block):
            return False
        with self._lock:
            self._live += 1
        self._inbox.put((task, None))
        return True

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
                batch = self._next_batch()
                while batch:
                    batch = self._round(batch)
        finally:
            self._pool.shutdown(wait=True)

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
        for task, answer in batch:
            effect = self._advance(task, answer)
            if effect is not None:
                asked.setdefault(type(effect), []).append((task, effect))
        answered: list[tuple[Task, Any]] = []
        for kind, questions in asked.items():
            try:
                answered.extend(self._answer(kind, questions))
            except Exception:
                LOG.exception('%d tasks are dropped: the store failed them', len(questions))
                for task, _ in questions:
                    self._finished(task)
                self._on_lost()
        return answered

    def _advance(self, task: Task, answer: Any) -> Effect | None:
        try:
            return task.send(answer)
        except StopIteration:
            self._finished(task)
        except Exception:
            LOG.exception('A task is dropped: it has a fault')
            self._finished(task)
            self._on_lost()
        return None

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
                self._pool.submit(self._perform, task, effect)
            return []
        elif kind is effects.Sleep:
            for task, effect in questions:
                due = self._clock.now() + effect.seconds
                heapq.heappush(self._timers, (due, next(self._serial), task))
            return []
        else:
            answers = [self._answer_one(effect) for effect in asked]
        return list(zip(tasks, answers, strict=True))

    def _answer_one(self, effect: Any) -> Any:
        return answer(effect, self._store, self._templates, self._announcer)

    def _perform(self, task: Task, effect: effects.Perform) -> None:
        self._inbox.put((task, self._performer.perform(effect)))


def answer(effect: Effect, store: Store, templates: Templates, announcer: Announcer) -> Any:
    """Answer one question that needs no plugin and no waiting."""
    match effect:
        case effects.Load(key):
            return store.views([key])[0]
        case effects.LoadStack(stack_id):
            return store.stack(stack_id)
        case effects.Prepare(stack_id, wish_id, plan):
            return store.prepare(stack_id, wish_id, plan)
        case effects.Serving(keys):
            return store.serving(keys)
        case effects.Compiled(template_id):
            return templates.get(template_id)
        case effects.Save(commit):
            return store.commit([commit])[0]
        case effects.Reload(row_id):
            return store.row(row_id)
        case effects.Waiting(row_id):
            return store.waiting_on([row_id])
        case effects.Cast(keys):
            announcer.nodes(keys)
        case effects.CastWish(stack_id):
            announcer.wish(stack_id)
        case effects.Trace(subject, reason):
            LOG.debug('%s: %s', _name(subject), reason)
        case _:
            raise TypeError(f'{effect} needs a runtime of its own')
    return None


def _name(subject: Any) -> str:
    if isinstance(subject, NodeKey):
        return f'{subject.traversal_id}/{subject.kind.name.lower()}/{subject.name}'
    return f'{subject.name} ({subject.id})'
