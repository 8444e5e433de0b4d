"""Lanes of the loop, and the entries of its queues: a task with the answer it waits for."""

from __future__ import annotations

from typing import Any, NamedTuple

from heatconv.resources.records import Writes
from heatconv.runtime.effects import Task

#: A lane: the project, and the stack or traversal, of a task.
Lane = tuple[str, str]

#: The lane of the tasks of the sweep.
SWEEP: Lane = ('', 'sweep')


class Entry(NamedTuple):
    """A task that can continue, and the answer to send to it.

    :ivar said: the answer to its last effect.
    :ivar plugin_writes: the writes of the prediction; its next commit carries them out if it is
        fused.
    """

    lane: Lane
    task: Task
    said: Any
    plugin_writes: Writes | None = None
