"""Queues in which nobody waits long because somebody else has much to do."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from heatconv.convergence.model import NodeKey

T = TypeVar('T')

#: The project of stacks that are not known yet.
UNKNOWN = ''


class FairQueue(Generic[T]):
    """Takes turns: among projects, then among the stacks of one, then first in first out.

    It has no locks: whoever shares it brings one.
    """

    def __init__(self) -> None:
        self._projects: OrderedDict[str, OrderedDict[Hashable, deque[T]]] = OrderedDict()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def lanes(self) -> int:
        """Return how many stacks have something waiting."""
        return sum(len(stacks) for stacks in self._projects.values())

    def put(self, project: str, stack: Hashable, item: T) -> None:
        """Add an item."""
        stacks = self._projects.get(project)
        if stacks is None:
            stacks = self._projects[project] = OrderedDict()
        items = stacks.get(stack)
        if items is None:
            items = stacks[stack] = deque()
        items.append(item)
        self._length += 1

    def take(self, may: Callable[[Hashable], bool] = lambda stack: True) -> T | None:
        """Remove the item whose turn it is; None if there is none.

        :param may: says whether a stack may have a turn.
        """
        found = self._whose(may)
        if found is None:
            return None
        project, stack = found
        if len(self._projects) == 1 and len(self._projects[project]) == 1:
            alone = self._projects[project][stack]
            if len(alone) > 1:
                self._length -= 1
                return alone.popleft()
        stacks = self._projects.pop(project)
        items = stacks.pop(stack)
        item = items.popleft()
        self._length -= 1
        # Whoever has just been served goes to the end of the line.
        if items:
            stacks[stack] = items
        if stacks:
            self._projects[project] = stacks
        return item

    def _whose(self, may: Callable[[Hashable], bool]) -> tuple[str, Hashable] | None:
        for project, stacks in self._projects.items():
            for stack in stacks:
                if may(stack):
                    return project, stack
        return None

    def longer_than(self, length: int) -> list[Hashable]:
        """Return the stacks that have more than so much waiting."""
        return [
            stack
            for stacks in self._projects.values()
            for stack, items in stacks.items()
            if len(items) > length
        ]

    def move(self, stack: Hashable, before: str, after: str) -> None:
        """Have what waits for a stack count for another project."""
        stacks = self._projects.get(before)
        if stacks is None or stack not in stacks:
            return
        items = stacks.pop(stack)
        if not stacks:
            del self._projects[before]
        there = self._projects.setdefault(after, OrderedDict())
        there.setdefault(stack, deque()).extend(items)


class Inbox:
    """Nodes that were announced and not yet begun, each once.

    :param capacity: how many it holds; further ones are dropped: an announcement is a
        hint, and the sweep announces again what nobody begins.
    """

    #: Of how many traversals the project is remembered.
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
        """Remove the node whose turn it is, and tell its project; None if there is none.

        :param may: says whether a traversal may have a turn.
        """
        with self._lock:
            key = self._queue.take(lambda stack: may(str(stack)))
            if key is None:
                return None
            self._queued.discard(key)
            return self._project_of.get(key.traversal_id, UNKNOWN), key

    def backlog(self, length: int) -> list[str]:
        """Return the traversals of which more than so much waits."""
        with self._lock:
            return [str(stack) for stack in self._queue.longer_than(length)]

    def learn(self, traversal_id: str, project: str) -> None:
        """Remember which project a traversal is of."""
        if self._project_of.get(traversal_id) == project:
            return
        with self._lock:
            self._project_of[traversal_id] = project
            self._queue.move(traversal_id, UNKNOWN, project)
            while len(self._project_of) > self.KNOWN:
                self._project_of.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._queue = FairQueue()
            self._queued = set()


class FairPool:
    """Threads that call one function for each item, fairly.

    :param threads: how many items are handled at once.
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
        """Say whether as much waits as is handled at once."""
        return len(self._queue) >= len(self._threads)

    @property
    def active(self) -> bool:
        """Say whether anything is being handled, or waits for that."""
        return self._active > 0

    def submit(self, project: str, stack: str, call: object, *arguments: object) -> None:
        """Have a function called that raises nothing."""
        with self._wake:
            self._active += 1
            self._queue.put(project, stack, (call, *arguments))
            self._wake.notify()

    def close(self) -> None:
        """Handle what is submitted, and end the threads."""
        with self._wake:
            self._ends = True
            self._wake.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
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
