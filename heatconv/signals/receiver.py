"""Verifies signals that arrive by HTTP, and delivers them like requests of users."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from oslo_log import log

from heatconv.convergence.model import Action, Resource, Stack
from heatconv.engine.signals import Signals
from heatconv.exception import HeatconvException
from heatconv.resources.plugin import SignalIgnored, TransientError
from heatconv.resources.signal_urls import PART
from heatconv.signals.rate import RateLimit
from heatconv.signals.signatures import Signatures, Subject
from heatconv.storage.base import Store, StoreUnavailable
from heatconv.storage.gathering import Gathering

LOG = log.getLogger(__name__)

#: Warnings about refused signals: the average in a second, and how many at once.
WARNINGS = (0.2, 20)

#: Number of refused subjects that are remembered, so that each is logged once.
REFUSED = 1_000

#: Number of stacks that are kept in memory.
STACKS = 1_000

#: Largest number of rows that are read together, for signals that come at the same time.
ROWS = 100

#: Seconds between two attempts while the database does not answer.
PAUSE = 0.5


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a signal.

    :ivar status: HTTP status code.
    :ivar reason: what happened, for the sender.
    :ivar retry_after: seconds after which another attempt makes sense; 0 if none does.
    """

    status: int
    reason: str
    retry_after: float = 0.0


class Receiver:
    """Verifies and delivers signals.

    :param monotonic: returns the time in seconds, by a clock that never goes back.
    :param sleep: waits for so many seconds.
    :param patience: seconds for which a signal waits for a database that does not answer.
    """

    def __init__(
        self,
        store: Store,
        signals: Signals,
        signatures: Signatures,
        rate: RateLimit,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
        patience: float = 0.0,
    ) -> None:
        self._store = store
        self._signals = signals
        self._signatures = signatures
        self._rate = rate
        self._patience = patience
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()
        self._warnings = RateLimit(*WARNINGS)
        self._refused: OrderedDict[Subject, None] = OrderedDict()
        self._stacks: OrderedDict[str, Stack] = OrderedDict()
        self._row: Gathering[str, Resource | None] = Gathering(self._rows, ROWS)

    def receive(self, subject: Subject, signature: str, details: Any) -> Answer:
        """Deliver a signal, and return the answer to its sender.

        Nothing is read before the signature is verified.

        :param details: the data of the signal: a JSON value.
        """
        if not self._signatures.verify(subject, signature):
            return self._refuse(subject, 'the signature is not valid')
        wait = self._rate.admit(subject.incarnation, self._monotonic())
        if wait:
            return Answer(429, 'too many signals', wait)
        try:
            row, stack = self._find(subject)
            if row is None or stack is None or not _is(subject, stack, row):
                return self._refuse(subject, 'the resource does not exist any more')
            if _is_late(row) and not self._signals.hears_until_the_end(row):
                return self._refuse(subject, 'the resource is replaced, or is being deleted')
            if subject.part:
                if not isinstance(details, Mapping | None):
                    return Answer(400, 'a signal must be a map')
                details = {**(details or {}), PART: subject.part}
            # Not repeated after a failure: the signal may have been saved nevertheless.
            self._signals.take(stack, row, details)
        except (StoreUnavailable, TransientError) as error:
            LOG.warning('A signal to %s is refused: %s', subject.resource[:255], error)
            return Answer(503, 'the database does not answer', 1.0)
        except SignalIgnored as ignored:
            return Answer(200, f'ignored: {ignored}')
        except HeatconvException as error:
            return Answer(400, str(error))
        return Answer(200, 'received')

    def _find(self, subject: Subject) -> tuple[Resource | None, Stack | None]:
        """Return the row of a subject and its stack; wait for a database that does not answer."""
        until = self._monotonic() + self._patience
        while True:
            try:
                row = self._row(subject.incarnation)
                return row, None if row is None else self._stack(row.stack_id)
            except StoreUnavailable:
                if self._monotonic() >= until:
                    raise
                self._sleep(PAUSE)

    def _rows(self, row_ids: Collection[str]) -> list[Resource | None]:
        """Return rows in this order; None for those that do not exist."""
        found = self._store.rows_by_id(set(row_ids))
        return [found.get(row_id) for row_id in row_ids]

    def _stack(self, stack_id: str) -> Stack | None:
        """Return a stack, perhaps as it was earlier: what a signal needs of it never changes."""
        with self._lock:
            stack = self._stacks.get(stack_id)
        if stack is None:
            stack = self._store.stack(stack_id)
            if stack is None:
                return None
        with self._lock:
            self._stacks[stack_id] = stack
            self._stacks.move_to_end(stack_id)
            while len(self._stacks) > STACKS:
                self._stacks.popitem(last=False)
        return stack

    def _refuse(self, subject: Subject, reason: str) -> Answer:
        """Return the answer to a signal that is not authorized; log each subject once."""
        with self._lock:
            known = subject in self._refused
            self._refused[subject] = None
            self._refused.move_to_end(subject)
            while len(self._refused) > REFUSED:
                self._refused.popitem(last=False)
        if not known and not self._warnings.admit('', self._monotonic()):
            LOG.warning(
                'Signals to resource %s of stack %s are refused: %s',
                subject.resource[:255],
                subject.stack_id[:36],
                reason,
            )
        # The same words for both: a sender must not find out what exists.
        return Answer(403, 'the signature is not valid, or has expired')


def _is(subject: Subject, stack: Stack, row: Resource) -> bool:
    """Say whether a row is the subject of a signature."""
    return (subject.project_id, subject.stack_id, subject.resource) == (
        stack.project_id,
        row.stack_id,
        row.name,
    )


def _is_late(row: Resource) -> bool:
    """Say whether a row does not serve its name any more."""
    return row.action == Action.DELETE or row.replaced_by is not None
