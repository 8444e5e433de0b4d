"""Fair queues: projects and stacks take turns, so that no large stack delays a small one."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from heatconv.convergence.model import NodeKey

T = TypeVar('T')

#: Stands for the project of a traversal whose project is not known yet.
UNKNOWN = ''


class FairQueue(Generic[T]):
    """Round-robin among projects, then among the stacks of a project, then first in first out.

    It is not safe for threads: its users hold a lock.
    """

    def __init__(self) -> None:
        self._projects: OrderedDict[str, OrderedDict[Hashable, deque[T]]] = OrderedDict()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def lanes(self) -> int:
        """Return the number of stacks with waiting items."""
        return sum(len(stacks) for stacks in self._projects.values())

    def put(self, project: str, stack: Hashable, item: T) -> None:
        """Add an item to the end of the queue of its stack."""
        stacks = self._projects.get(project)
        if stacks is None:
            stacks = self._projects[project] = OrderedDict()
        items = stacks.get(stack)
        if items is None:
            items = stacks[stack] = deque()
        items.append(item)
        self._length += 1

    def take(self, may: Callable[[Hashable], bool] = lambda stack: True) -> T | None:
        """Remove and return the next item; None if there is none.

        :param may: says whether an item of a stack may be removed.
        """
        lane = self._next_lane(may)
        if lane is None:
            return None
        project, stack = lane
        if len(self._projects) == 1 and len(self._projects[project]) == 1:
            only_items = self._projects[project][stack]
            if len(only_items) > 1:
                self._length -= 1
                return only_items.popleft()
        stacks = self._projects.pop(project)
        items = stacks.pop(stack)
        item = items.popleft()
        self._length -= 1
        # The lane that was just served goes to the end.
        if items:
            stacks[stack] = items
        if stacks:
            self._projects[project] = stacks
        return item

    def _next_lane(self, may: Callable[[Hashable], bool]) -> tuple[str, Hashable] | None:
        """Return project and stack of the next item; None if no stack may have a turn."""
        for project, stacks in self._projects.items():
            for stack in stacks:
                if may(stack):
                    return project, stack
        return None

    def longer_than(self, length: int) -> list[Hashable]:
        """Return the stacks with more than ``length`` waiting items."""
        return [
            stack
            for stacks in self._projects.values()
            for stack, items in stacks.items()
            if len(items) > length
        ]

    def move(self, stack: Hashable, before: str, after: str) -> None:
        """Move the waiting items of a stack from one project to another."""
        stacks = self._projects.get(before)
        if stacks is None or stack not in stacks:
            return
        items = stacks.pop(stack)
        if not stacks:
            del self._projects[before]
        target = self._projects.setdefault(after, OrderedDict())
        target.setdefault(stack, deque()).extend(items)


class Inbox:
    """Queue of announced nodes that are not begun; it holds each node once. Safe for threads.

    :param capacity: largest number of nodes. Further ones are dropped: an announcement is a hint,
        and the sweep announces nodes again that no worker begins.
    """

    #: Number of traversals whose project is cached.
    KNOWN = 10_000

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._queue: FairQueue[NodeKey] = FairQueue()
        self._queued: set[NodeKey] = set()
        self._project_of: OrderedDict[str, str] = OrderedDict()

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, key: NodeKey) -> bool:
        """Add a node; return False if there is no room."""
        with self._lock:
            if key in self._queued:
                return True
            if len(self._queue) >= self._capacity:
                return False
            self._queued.add(key)
            project = self._project_of.get(key.traversal_id, UNKNOWN)
            self._queue.put(project, key.traversal_id, key)
            return True

    def take(
        self, may: Callable[[str], bool] = lambda traversal_id: True
    ) -> tuple[str, NodeKey] | None:
        """Remove and return the next node with its project; None if there is none.

        :param may: says whether a node of a traversal may be removed.
        """
        with self._lock:
            key = self._queue.take(lambda stack: may(str(stack)))
            if key is None:
                return None
            self._queued.discard(key)
            return self._project_of.get(key.traversal_id, UNKNOWN), key

    def backlog(self, length: int) -> list[str]:
        """Return the traversals with more than ``length`` waiting nodes."""
        with self._lock:
            return [str(stack) for stack in self._queue.longer_than(length)]

    def learn(self, traversal_id: str, project: str) -> None:
        """Cache the project of a traversal, and move its waiting nodes there."""
        if self._project_of.get(traversal_id) == project:
            return
        with self._lock:
            self._project_of[traversal_id] = project
            self._queue.move(traversal_id, UNKNOWN, project)
            while len(self._project_of) > self.KNOWN:
                self._project_of.popitem(last=False)

    def clear(self) -> None:
        """Drop all nodes."""
        with self._lock:
            self._queue = FairQueue()
            self._queued = set()


class FairPool:
    """A pool of threads that serves projects and their stacks in turn.

    :param threads: number of threads, which is the number of concurrent calls.
    :param name: prefix of the names of the threads.
    """

    def __init__(self, threads: int, name: str) -> None:
        self._queue: FairQueue[tuple[object, ...]] = FairQueue()
        self._wake = threading.Condition()
        self._ends = False
        self._active = 0
        self._threads = [
            threading.Thread(target=self._run, name=f'{name}_{number}', daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def saturated(self) -> bool:
        """Say whether at least as many calls wait as there are threads."""
        return len(self._queue) >= len(self._threads)

    @property
    def active(self) -> bool:
        """Say whether any call is in progress or waits."""
        return self._active > 0

    def submit(self, project: str, stack: str, call: object, *arguments: object) -> None:
        """Queue a call of a function.

        :param call: the function. It must not raise: an exception would end the thread.
        """
        with self._wake:
            self._active += 1
            self._queue.put(project, stack, (call, *arguments))
            self._wake.notify()

    def close(self) -> None:
        """Finish the queued calls, and stop the threads."""
        with self._wake:
            self._ends = True
            self._wake.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        """Make calls until the pool is closed and its queue is empty."""
        while True:
            with self._wake:
                while not self._queue and not self._ends:
                    self._wake.wait()
                work = self._queue.take()
            if work is None:
                return
            call, *arguments = work
            call(*arguments)  # type: ignore[operator]
            with self._wake:
                self._active -= 1
