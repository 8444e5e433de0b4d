"""Signals in the database, those of several threads in one transaction.

A transaction costs more than a signal. While one thread commits, the signals of the others queue
up, and the next commit saves all of them (group commit).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from oslo_db import exception as db_exception

from heatconv.db import rows, tables
from heatconv.db.database import Database, repeated, retried
from heatconv.resources.records import EventOf, Signal, numbered
from heatconv.runtime.ports import Clock, Ids
from heatconv.storage.base import StoreUnavailable

TABLE = tables.signal

#: Number of attempts to save a signal with a number that no concurrent signal has.
SIGNAL_TRIES = 20

#: Number of commits without an answer after which it is found out whether they were made.
OUTAGE_TRIES = 3

#: Largest number of signals in one transaction.
GROUP = 100


@dataclass(slots=True, eq=False)
class _Pending:
    """A signal that waits for its transaction; see `SignalRows.add_signal`."""

    token: str
    signal_id: str | None
    status: str
    reason: str | None
    data: Any
    event_of: EventOf | None
    #: The id of its event: it tells whether a commit without an answer was made.
    event_id: str
    draft: Signal | None = None
    saved: Signal | None = None
    error: Exception | None = None


class SignalRows:
    """The part of the records that keeps signals, in the table ``signal``."""

    database: Database
    _clock: Clock
    _ids: Ids

    def __init__(self) -> None:
        self._queue_lock = threading.Lock()
        self._commit_lock = threading.Lock()
        self._queued: list[_Pending] = []

    def add_signal(
        self,
        token: str,
        signal_id: str | None,
        status: str,
        reason: str | None,
        data: Any,
        event_of: EventOf | None = None,
    ) -> Signal:
        event_id = self._ids.fresh()
        pending = _Pending(token, signal_id, status, reason, data, event_of, event_id)
        with self._queue_lock:
            self._queued.append(pending)
        # Whoever commits serves all that wait; then the others have nothing left to do.
        while pending.saved is None and pending.error is None:
            with self._commit_lock:
                if pending.saved is None and pending.error is None:
                    self._commit_group()
        if pending.error is not None:
            raise pending.error
        assert pending.saved is not None
        return pending.saved

    def _commit_group(self) -> None:
        """Save the signals that wait longest."""
        with self._queue_lock:
            group, self._queued = self._queued[:GROUP], self._queued[GROUP:]
        if not group:
            return
        try:
            self._save_certainly(group)
        except StoreUnavailable as error:
            for pending in group:
                pending.error = error
        except Exception:
            # The fault of one must not fail the others.
            for pending in group:
                self._commit_alone(pending)
        except BaseException:
            # The process ends: nobody else would wake the other threads.
            for pending in group:
                pending.error = StoreUnavailable('the process ends')
            raise

    def _commit_alone(self, pending: _Pending) -> None:
        """Save one signal, or keep its error."""
        try:
            self._save_certainly([pending])
        except Exception as error:
            pending.error = error

    def _save_certainly(self, group: Sequence[_Pending]) -> None:
        """Save signals; if the server dies during the commit, find out whether it was made.

        Otherwise a repeated signal with a default id would count twice.
        """
        for _ in range(OUTAGE_TRIES):
            try:
                return self._save(group)
            except StoreUnavailable:
                if self._is_saved(group[0].event_id):
                    for pending in group:
                        pending.saved = pending.draft
                    return None
        return self._save(group)

    @repeated
    def _is_saved(self, event_id: str) -> bool:
        """Say whether the transaction with an event was committed."""
        statement = sa.select(tables.event.c.id).where(tables.event.c.id == event_id)
        with self.database.read() as connection:
            return connection.execute(statement).first() is not None

    @retried
    def _save(self, group: Sequence[_Pending]) -> None:
        # Two processes may compute the same default id for two signals. One of them fails then,
        # and tries again.
        for attempt in range(SIGNAL_TRIES):
            try:
                self._save_once(group, exact=attempt > 0)
            except db_exception.DBDuplicateEntry:
                continue
            for pending in group:
                pending.saved = pending.draft
            return
        raise StoreUnavailable('too many concurrent signals')

    def _save_once(self, group: Sequence[_Pending], exact: bool) -> None:
        """Save signals in one transaction, in order."""
        values: dict[tuple[str, str], dict[str, Any]] = {}
        events = []
        with self.database.write() as connection:
            present = _present(connection, group, exact)
            for pending in group:
                token, reason = pending.token, rows.plain(pending.reason or '') or None
                ids = present[token]
                signal = numbered(ids, pending.signal_id, pending.status, reason, pending.data)
                if signal.id in ids:
                    same = sa.and_(TABLE.c.token == token, TABLE.c.id == signal.id)
                    connection.execute(sa.delete(TABLE).where(same))
                    values.pop((token, signal.id), None)
                ids.add(signal.id)
                values[token, signal.id] = {
                    'token': token,
                    'id': signal.id,
                    'number': ids.number,
                    'status': signal.status,
                    'reason': signal.reason[: rows.REASON_LIMIT],
                    'data': rows.dumps(signal.data),
                }
                pending.draft = signal
                if pending.event_of is not None:
                    event = pending.event_of(signal)
                    events.append(rows.event_row(event, pending.event_id, self._clock.now()))
            connection.execute(sa.insert(TABLE), list(values.values()))
            if events:
                connection.execute(sa.insert(tables.event), events)

    @repeated
    def signals(self, token: str) -> list[Signal]:
        statement = sa.select(TABLE).where(TABLE.c.token == token).order_by(TABLE.c.number)
        with self.database.read() as connection:
            return [
                Signal(row['id'], row['status'], row['reason'], json.loads(row['data']))
                for row in connection.execute(statement).mappings()
            ]

    @repeated
    def drop_signals(self, token: str) -> None:
        with self.database.write() as connection:
            connection.execute(sa.delete(TABLE).where(TABLE.c.token == token))


class _Ids(Collection[str]):
    """The ids of the signals of a resource, of which only some are known.

    :ivar number: the highest number of a signal.
    """

    def __init__(self, count: int, number: int) -> None:
        self._count = count
        self.number = number
        self._known: set[str] = set()

    def __len__(self) -> int:
        return self._count

    def __contains__(self, signal_id: object) -> bool:
        return signal_id in self._known

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def learn(self, signal_id: str) -> None:
        """Know an id of a saved signal."""
        self._known.add(signal_id)

    def add(self, signal_id: str) -> None:
        """Add the id of another signal, which has the next number."""
        self._count += signal_id not in self._known
        self._known.add(signal_id)
        self.number += 1


def _present(connection: sa.Connection, group: Sequence[_Pending], exact: bool) -> dict[str, _Ids]:
    """Return the ids of the signals that resources have, by token.

    :param exact: read all of them. Otherwise only those that matter, unless a default id is taken
        by many signals.
    """
    tokens = sorted({pending.token for pending in group})
    ids = {token: _Ids(0, 0) for token in tokens}
    is_one = TABLE.c.token == tokens[0] if len(tokens) == 1 else TABLE.c.token.in_(tokens)
    totals = sa.select(TABLE.c.token, sa.func.count(), sa.func.max(TABLE.c.number))
    for token, count, number in connection.execute(totals.where(is_one).group_by(TABLE.c.token)):
        ids[token] = _Ids(count, number)
    wanted = {pending.signal_id for pending in group if pending.signal_id is not None}
    for pending in group:
        if pending.signal_id is None:
            following = len(ids[pending.token]) + 1
            wanted.update(str(number) for number in range(following, following + len(group)))
    statement = sa.select(TABLE.c.token, TABLE.c.id).where(is_one)
    if not exact:
        statement = statement.where(TABLE.c.id.in_(sorted(wanted)))
    for token, signal_id in connection.execute(statement):
        ids[token].learn(signal_id)
    return ids
