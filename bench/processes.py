"""Resource usage of processes, from /proc."""

from __future__ import annotations

import os
import pathlib

#: Clock ticks per second, the unit of CPU times in /proc.
TICKS = os.sysconf('SC_CLK_TCK')
PROC = pathlib.Path('/proc')


def children() -> dict[int, list[int]]:
    """Return the children of each process, by its id."""
    by_parent: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields is not None:
                by_parent.setdefault(int(fields[1]), []).append(int(entry.name))
    return by_parent


def tree(root: int) -> list[int]:
    """Return the ids of a process and all its descendants, parents first."""
    by_parent = children()
    pids = [root]
    for pid in pids:
        pids.extend(by_parent.get(pid, ()))
    return pids


def cpu_seconds(root: int) -> float:
    """Return the CPU seconds of a process, its descendants and its dead children.

    The value only grows: the usage of a child passes on to its parent when it ends.
    """
    ticks = 0
    for pid in tree(root):
        fields = _stat(pid)
        if fields is not None:
            # utime, stime, cutime and cstime.
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / TICKS


def peak_bytes(pid: int) -> int:
    """Return the peak resident size of a process, in bytes."""
    try:
        for line in (PROC / str(pid) / 'status').read_text().splitlines():
            if line.startswith('VmHWM:'):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def forget_peak(pid: int) -> None:
    """Reset the peak resident size of a process to its present size."""
    (PROC / str(pid) / 'clear_refs').write_text('5')


def _stat(pid: int) -> list[str] | None:
    """Return the fields of proc(5) stat from the state on; None if the process has ended."""
    try:
        text = (PROC / str(pid) / 'stat').read_text()
    except OSError:
        return None
    return text[text.rindex(')') + 2 :].split()
