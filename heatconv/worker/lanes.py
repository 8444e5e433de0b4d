"""A task that can go on, and the lane in which it waits for its turn."""

from __future__ import annotations

from typing import Any, NamedTuple

from heatconv.resources.records import Writes
from heatconv.runtime.effects import Task

#: A lane: the project and the stack, or traversal, that a task is of.
Lane = tuple[str, str]

#: The lane of what the sweep has found.
SWEEP: Lane = ('', 'sweep')


class Entry(NamedTuple):
    """A task that can go on, and what it is told.

    :ivar said: the answer to its last question.
    :ivar plugin_writes: what its next commit has to write, if that does what was predicted.
    """

    lane: Lane
    task: Task
    said: Any
    plugin_writes: Writes | None = None
