"""The loop: run many tasks in one thread, with group commit.

Tasks advance in rounds. In each round, one call of the store answers all effects of one kind; that
is the group commit. A pool of threads makes plugin calls, and a heap of timers holds sleeping
tasks; neither delays a round.

Every task has a lane, its project and stack, and lanes take turns. While several lanes have work,
no lane fills a round: rounds are short then, so that a large stack does not delay a small one.
"""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from oslo_log import log

from heatconv.convergence.check import View
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import NodeKey
from heatconv.convergence.step import REFUSED, Commit, Outcome
from heatconv.runtime import effects
from heatconv.runtime.effects import Effect, Task
from heatconv.runtime.ports import Clock
from heatconv.runtime.trace import log_reason
from heatconv.storage.base import DuplicateRecord, Store, StoreUnavailable
from heatconv.storage.handlers import Announcer, Templates, answer
from heatconv.worker.call_batches import CallBatches, Caller
from heatconv.worker.fair_queue import FairQueue
from heatconv.worker.lanes import SWEEP, Entry, Lane
from heatconv.worker.sleepers import Sleepers

LOG = log.getLogger(__name__)

#: How long a lane counts as active after its last entry, in seconds.
CROWDED_SECONDS = 0.5

#: Largest number of entries of one lane in a round while several lanes are active.
SHARE = 4

#: How long a round waits for more finished plugin calls while the threads are saturated, in
#: seconds. So the threads limit the throughput, and not the commits.
GATHER_SECONDS = 0.025

#: How long a round waits for more finished plugin calls while any call is in progress, in seconds.
#: So calls that answer immediately are committed together.
TOGETHER_SECONDS = 0.001

#: From this number of active lanes on, a round waits longer for more entries.
MANY = 10

#: A round does not wait for more entries if it has this part of a batch: one third.
GATHERED = 3


#: Effects that are answered while a task advances, without I/O except for the first use of a
#: template. A `Predict` is answered so only if the call is not predictable.
IMMEDIATE = (effects.Trace, effects.CompileTemplate, effects.CompileDefinition, effects.Predict)


class Loop:
    """Drives tasks until it is stopped.

    :param caller: makes plugin calls.
    :param threads: number of concurrent plugin calls.
    :param capacity: largest number of tasks in progress, sleeping ones included.
    :param batch_size: largest number of tasks that advance in one round; with 1, every commit is a
        transaction. Tasks are begun while fewer than twice as many are awake, that is, not
        sleeping.
    :param on_lost: called when tasks were dropped, for instance because the store failed: other
        workers must take over their claims.
    :param more: returns the next task to begin with its lane, or None. It is called while there is
        room, with a function that says whether a stack may begin a task; see `wake`.
    :param on_view: called with traversal and project of each node that a task loads.
    """

    def __init__(
        self,
        store: Store,
        templates: Templates,
        caller: Caller,
        announcer: Announcer,
        clock: Clock,
        *,
        threads: int = 16,
        capacity: int = 10_000,
        batch_size: int = 100,
        on_lost: Callable[[], None] = lambda: None,
        more: Callable[[Callable[[str], bool]], tuple[Lane, Task] | None] = lambda may: None,
        on_view: Callable[[str, str], None] = lambda traversal_id, project_id: None,
    ) -> None:
        self._store = store
        self._templates = templates
        self._announcer = announcer
        self._clock = clock
        self._batch_size = batch_size
        self._on_lost = on_lost
        self._more = more
        self._on_view = on_view
        self._awake_limit = 2 * batch_size
        self._slots = threading.BoundedSemaphore(capacity)
        self._inbox: queue.SimpleQueue[Entry | None] = queue.SimpleQueue()
        self._ready: FairQueue[Entry] = FairQueue()
        #: Time of the last entry of each active stack.
        self._active: dict[str, float] = {}
        self._sleepers = Sleepers()
        #: Number of awake tasks of each stack.
        self._awake: Counter[str] = Counter()
        self._calls = CallBatches(caller, threads, self._inbox.put, self._lost)
        self._live = 0
        self._lock = threading.Lock()
        self._draining = threading.Event()
        self._woken = False
        #: Views of nodes that the last commit made ready; they were read together with it.
        self._ahead: Mapping[NodeKey, View] = {}

    @property
    def live(self) -> int:
        """Return the number of tasks in progress."""
        return self._live

    def submit(self, task: Task) -> bool:
        """Accept a task; return False if there is no room, or the loop is stopping."""
        if self._draining.is_set() or not self._slots.acquire(blocking=False):
            return False
        self._enqueue(SWEEP, task)
        return True

    def wake(self) -> None:
        """Notify the loop that tasks wait to begin; any thread may call it."""
        if not self._woken:
            self._woken = True
            self._inbox.put(None)

    def _enqueue(self, lane: Lane, task: Task) -> None:
        """Count a task as live, and put it into the inbox."""
        with self._lock:
            self._live += 1
        self._inbox.put(Entry(lane, task, None))

    def _may_begin(self, stack: str) -> bool:
        """Say whether a stack may begin a task. A stack without an awake task always may."""
        awake = self._live - len(self._sleepers)
        return awake < self._awake_limit or not self._awake[stack]

    def _begin_more(self) -> None:
        """Begin waiting tasks while there is room."""
        self._woken = False
        while not self._draining.is_set():
            if not self._slots.acquire(blocking=False):
                return
            more = self._more(self._may_begin)
            if more is None:
                self._slots.release()
                return
            lane, task = more
            self._awake[lane[1]] += 1
            with self._lock:
                self._live += 1
            self._put(Entry(lane, task, None))

    def stop(self) -> None:
        """Accept no more tasks, and let `run` return once all tasks sleep or are finished.

        Sleeping tasks, which wait for long operations, are dropped: the worker that takes over
        observes the operation.
        """
        self._draining.set()
        self._inbox.put(None)

    def run(self) -> None:
        """Drive tasks until stopped."""
        try:
            with self._store.session():
                self._drive()
        finally:
            self._calls.pool.close()

    def _drive(self) -> None:
        """Run rounds until the loop is stopped and all remaining tasks sleep."""
        while not (self._draining.is_set() and self._live <= len(self._sleepers)):
            self._begin_more()
            self._receive()
            self._gather()
            batch = self._next_batch()
            while batch:
                batch = self._round(batch)
                if self._crowded:
                    for entry in batch:
                        self._put(entry)
                    break

    def _receive(self) -> None:
        """Collect due timers and answered tasks; block if there are none."""
        now = self._clock.now()
        for entry in self._sleepers.due(now):
            self._wake_up(entry)
        timeout: float | None = 0.0
        if not self._ready:
            due = self._sleepers.next_due
            timeout = None if due is None else due - now
        while True:
            try:
                entry = self._inbox.get(timeout is None or timeout > 0, timeout)
            except queue.Empty:
                return
            if entry is None:
                return
            self._put(entry)
            timeout = 0.0

    def _gather(self) -> None:
        """Wait briefly for more entries to commit together, unless that delays other tasks."""
        now = self._clock.now()
        enough = self._batch_size // GATHERED
        while len(self._ready) < enough:
            if len(self._active) >= MANY:
                until = now + min(len(self._active) * 0.001, 0.05)
            elif self._calls.pool.saturated and not self._crowded:
                until = now + GATHER_SECONDS
            elif self._calls.pool.active and self._ready and not self._crowded:
                until = now + TOGETHER_SECONDS
            else:
                return
            remaining = until - self._clock.now()
            if remaining <= 0:
                return
            try:
                entry = self._inbox.get(timeout=remaining)
            except queue.Empty:
                return
            if entry is None:
                return
            self._put(entry)

    def _wake_up(self, entry: Entry) -> None:
        """Let a task continue that slept."""
        self._awake[entry.lane[1]] += 1
        self._put(entry)

    def _put(self, entry: Entry) -> None:
        """Queue an entry for a round, and mark its lane active."""
        self._active[entry.lane[1]] = self._clock.now()
        self._ready.put(*entry.lane, entry)

    @property
    def _crowded(self) -> bool:
        """Say whether several stacks have work."""
        return len(self._active) > 1

    def _next_batch(self) -> list[Entry]:
        """Return the entries of the next round: a full batch, or a few entries of each lane."""
        recent = self._clock.now() - CROWDED_SECONDS
        if self._crowded:
            self._active = {stack: at for stack, at in self._active.items() if at >= recent}
        share = SHARE if self._crowded else self._batch_size
        counts: Counter[str] = Counter()
        batch: list[Entry] = []
        while len(batch) < self._batch_size:
            entry = self._ready.take()
            if entry is None:
                break
            batch.append(entry)
            counts[entry.lane[1]] += 1
            if counts[entry.lane[1]] >= share and self._ready.lanes <= 1:
                break
        return batch

    def _round(self, batch: list[Entry]) -> list[Entry]:
        """Advance each task to its next effect, and answer the effects by kind.

        :return: the tasks with their answers. The answers to plugin calls and sleeps come later,
            through the inbox and the timers.
        """
        answered: list[Entry] = []
        by_kind: dict[type, list[tuple[Entry, Any]]] = {}
        for entry in batch:
            effect = self._advance(entry)
            if effect is not None:
                by_kind.setdefault(type(effect), []).append((entry, effect))
        for kind, requests in by_kind.items():
            try:
                if kind is effects.Predict:
                    answered.extend(self._calls.predict(requests))
                    continue
                for entry, value in self._answer(kind, requests):
                    answered.append(Entry(entry.lane, entry.task, value))
            except Exception as error:
                unavailable = isinstance(error, StoreUnavailable)
                LOG.error(
                    '%d tasks are dropped, because the store failed: %s',
                    len(requests),
                    error,
                    exc_info=not unavailable,
                )
                for entry, _ in requests:
                    self._finished(entry)
                self._lost()
        return answered

    def _advance(self, entry: Entry) -> Effect | None:
        """Run a task up to its next effect that is not answered immediately.

        :return: the effect; None if the task is finished or dropped.
        """
        try:
            effect = entry.task.send(entry.answer)
            while isinstance(effect, IMMEDIATE):
                if isinstance(effect, effects.Trace):
                    log_reason(effect)
                    effect = entry.task.send(None)
                    continue
                if isinstance(effect, effects.Predict):
                    if self._calls.predictable(effect):
                        return effect
                    effect = entry.task.send(None)
                    continue
                answered = self._answer_each([(entry, effect)])
                if not answered:
                    return None
                effect = entry.task.send(answered[0][1])
            if entry.plugin_writes is not None and isinstance(effect, effects.Save):
                if effect.commit.fused:
                    return effects.Save(evolve(effect.commit, plugin_writes=entry.plugin_writes))
            return effect
        except StopIteration:
            self._finished(entry)
        except Exception:
            LOG.exception('A task is dropped, because it raised an exception')
            self._finished(entry)
            self._lost()
        return None

    def _lost(self) -> None:
        """Report that tasks were dropped."""
        try:
            self._on_lost()
        except Exception:
            LOG.exception('The claims of dropped tasks cannot be given up now')

    def _finished(self, entry: Entry) -> None:
        """Close a task, and free its slot."""
        entry.task.close()
        self._slots.release()
        self._uncount_awake(entry)
        with self._lock:
            self._live -= 1

    def _uncount_awake(self, entry: Entry) -> None:
        """Remove a task that is finished or sleeps from the count of awake tasks."""
        stack = entry.lane[1]
        self._awake[stack] -= 1
        if self._awake[stack] <= 0:
            del self._awake[stack]

    def _answer(self, kind: type, requests: list[tuple[Entry, Any]]) -> list[tuple[Entry, Any]]:
        """Answer the effects of one kind by one call of the store.

        :return: pairs of task and answer; none for plugin calls and sleeps.
        """
        entries = [entry for entry, _ in requests]
        same_kind = [effect for _, effect in requests]
        answers: list[Any]
        if kind is effects.Load:
            answers = self._views([effect.key for effect in same_kind])
            template_ids = []
            for view in answers:
                if view.node is not None and view.stack is not None:
                    self._on_view(view.node.key.traversal_id, view.stack.project_id)
                    if view.node.definition is not None:
                        template_ids.append(view.stack.template_id)
            self._templates.read_ahead(template_ids)
        elif kind is effects.LoadServingRows:
            needed = dict.fromkeys(key for effect in same_kind for key in effect.keys)
            rows = self._store.serving(needed)
            answers = [
                {key: rows[key] for key in effect.keys if key in rows} for effect in same_kind
            ]
        elif kind is effects.Save:
            room = self._batch_size - len(self._ready)
            commits = [effect.commit for effect in same_kind]
            try:
                answers, self._ahead = self._store.commit_and_view(commits, room)
            except DuplicateRecord:
                # One duplicate record refuses the whole batch: commit one by one.
                answers = [self._commit_alone(commit) for commit in commits]
            for commit in commits:
                ends = commit.root or commit.failure
                for sleeper in () if ends is None else self._sleepers.wake(ends.stack_id):
                    self._wake_up(sleeper)
        elif kind is effects.Cast:
            keys = dict.fromkeys(key for effect in same_kind for key in effect.keys)
            self._announcer.nodes(tuple(keys))
            answers = [None] * len(same_kind)
        elif kind is effects.CallPlugin:
            self._calls.submit(requests)
            return []
        elif kind is effects.Sleep:
            for entry, effect in requests:
                due = self._clock.now() + effect.seconds
                sleeper = Entry(entry.lane, entry.task, None)
                self._sleepers.add(due, sleeper, effect.awaited)
                self._uncount_awake(entry)
            return []
        else:
            return self._answer_each(requests)
        return list(zip(entries, answers, strict=True))

    def _commit_alone(self, commit: Commit) -> Outcome:
        """Commit one commit; refuse it if it inserts a record that exists.

        Its next check claims the row first, and does not predict.
        """
        try:
            return self._store.commit([commit])[0]
        except DuplicateRecord:
            assert commit.row is not None
            self._calls.claimed_first.add(commit.row.read.id)
            return REFUSED

    def _views(self, keys: list[NodeKey]) -> list[View]:
        """Return the views of nodes; those read with the last commit are not read again."""
        ahead, self._ahead = self._ahead, {}
        others = [key for key in keys if key not in ahead]
        read = dict(zip(others, self._store.views(others), strict=True)) if others else {}
        return [ahead[key] if key in ahead else read[key] for key in keys]

    def _answer_each(self, requests: list[tuple[Entry, Any]]) -> list[tuple[Entry, Any]]:
        """Answer effects one by one, so that a failure drops no other task.

        :return: pairs of task and answer; the tasks that were dropped are missing.
        """
        answered: list[tuple[Entry, Any]] = []
        failed = False
        for entry, effect in requests:
            try:
                value = answer(effect, self._store, self._templates, self._announcer)
            except Exception:
                LOG.exception('A task is dropped, because %s has failed', type(effect).__name__)
                self._finished(entry)
                failed = True
            else:
                answered.append((entry, value))
        if failed:
            self._lost()
        return answered
