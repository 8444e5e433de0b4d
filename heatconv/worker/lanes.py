"""Lanes of the loop, and the entries of its queues: a task with the answer to its last effect."""

from __future__ import annotations

from typing import Any, NamedTuple

from heatconv.resources.records import Writes
from heatconv.runtime.effects import Task

#: A lane: the project of a task, and its stack, identified by the traversal.
Lane = tuple[str, str]

#: The lane of the tasks of the sweep.
SWEEP: Lane = ('', 'sweep')


class Entry(NamedTuple):
    """A task that can continue, and the answer to send to it.

    :ivar answer: the answer to the last effect of the task; None if the task begins.
    :ivar plugin_writes: the writes of a prediction. The next commit of the task saves them if that
        commit is fused.
    """

    lane: Lane
    task: Task
    answer: Any
    plugin_writes: Writes | None = None
