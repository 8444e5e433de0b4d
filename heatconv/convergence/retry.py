"""Retry of a plugin call: how often, and after how long.

A plugin that temporarily cannot act or observe answers `Reality.UNKNOWN`. The same call is
then retried, up to a limit. The pause before a retry is the one that the plugin names, or
else grows exponentially.
"""

from __future__ import annotations

from heatconv.convergence.events import event
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Observation, Reality, Resource
from heatconv.convergence.step import Commit, RowGuard, RowWrite, Step

#: Longest pause between two tries in seconds, unless the plugin names one.
LONGEST_PAUSE = 60.0


def retry(
    claimed: Resource, observation: Observation, tries: int, limit: int, pause: float
) -> Step:
    """Save that a plugin call is retried, with an event.

    :param claimed: the row as the holder of the claim saved it last.
    :param observation: the answer of the plugin.
    :param tries: number of this retry, from 1.
    :param limit: maximum number of retries.
    :param pause: seconds until the retry.
    """
    reason = f'retry {tries} of {limit} in {pause:g} s: {observation.reason}'
    saved = evolve(claimed, reason=reason, version=claimed.version + 1)
    commit = Commit(row=RowWrite(RowGuard.MINE, claimed, saved), events=(event(saved),))
    return Step('the plugin call is retried', commit, wait=True)


def exhausted(observation: Observation, limit: int) -> Observation:
    """Return the observation after the last retry: the operation has failed.

    :param observation: the last answer of the plugin.
    :param limit: number of retries.
    """
    suffix = f' (tried {limit + 1} times)' if limit else ''
    return evolve(observation, reality=Reality.FAILED, reason=f'{observation.reason}{suffix}')


def pause_before(tries: int, observation: Observation, interval: float) -> float:
    """Return the pause before a retry in seconds.

    :param tries: number of the retry, from 1.
    :param observation: the last answer of the plugin.
    :param interval: pause before the first retry; it doubles with each further one.
    """
    if observation.retry_after is not None:
        return max(observation.retry_after, 0.0)
    return float(min(interval * 2 ** (tries - 1), LONGEST_PAUSE))
