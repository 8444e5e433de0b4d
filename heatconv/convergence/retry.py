"""Retry of a plugin call: how often, and after how long.

A plugin that cannot act or observe just now answers `Reality.UNKNOWN`. It is then asked the
same again, up to a limit, with exponential backoff unless it names a time itself.
"""

from __future__ import annotations

from heatconv.convergence.events import event
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Observation, Reality, Resource
from heatconv.convergence.step import Commit, RowGuard, RowWrite, Step

#: Seconds between two tries at most, where the plugin does not say.
LONGEST_PAUSE = 60.0


def retry(claimed: Resource, seen: Observation, tries: int, limit: int, pause: float) -> Step:
    """Tell that a plugin is asked again.

    :param tries: how often it is asked again with this time.
    :param limit: how often at most.
    :param pause: seconds until then.
    """
    reason = f'retry {tries} of {limit} in {pause:g} s: {seen.reason}'
    saved = evolve(claimed, reason=reason, version=claimed.version + 1)
    commit = Commit(row=RowWrite(RowGuard.MINE, claimed, saved), events=(event(saved),))
    return Step('the plugin is asked again', commit, wait=True)


def exhausted(seen: Observation, limit: int) -> Observation:
    """Return what counts as observed when a plugin has been asked often enough."""
    times = f' (tried {limit + 1} times)' if limit else ''
    return evolve(seen, reality=Reality.FAILED, reason=f'{seen.reason}{times}')


def pause_before(tries: int, seen: Observation, interval: float) -> float:
    """Return how many seconds to wait before a plugin is asked again.

    :param tries: how often it is asked again with this time, from 1.
    :param interval: seconds before the first time, twice as many before each next.
    """
    if seen.retry_after is not None:
        return max(seen.retry_after, 0.0)
    return float(min(interval * 2 ** (tries - 1), LONGEST_PAUSE))
