"""Signals in the database, those of several threads in one transaction (group commit)."""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from oslo_db import exception as db_exception

from heatconv.db import rows, tables
from heatconv.db.bulk import Script, name_of
from heatconv.db.database import Database, repeated, retried
from heatconv.resources.records import EventOf, Signal, numbered
from heatconv.runtime.ports import Clock, Ids
from heatconv.storage.base import StoreUnavailable
from heatconv.storage.gathering import Gathering

TABLE = tables.signal
COLUMNS = tuple(column.name for column in TABLE.c)

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
    #: The signal as the last try has written it.
    draft: Signal | None = None


class SignalRows:
    """The part of the records that keeps signals, in the table ``signal``."""

    database: Database
    _clock: Clock
    _ids: Ids

    def __init__(self) -> None:
        self._gathering: Gathering[_Pending, Signal] = Gathering(self._save_group, GROUP)

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
        return self._gathering(
            _Pending(token, signal_id, status, reason, data, event_of, event_id)
        )

    def _save_group(self, group: Sequence[_Pending]) -> list[Signal | Exception]:
        """Save signals; return each as it is saved, or its error."""
        try:
            self._save_certainly(group)
        except StoreUnavailable:
            raise
        except Exception:
            # The fault of one must not fail the others.
            return [self._save_alone(pending) for pending in group]
        return [_draft_of(pending) for pending in group]

    def _save_alone(self, pending: _Pending) -> Signal | Exception:
        """Save one signal; return it, or its error."""
        try:
            self._save_certainly([pending])
        except Exception as error:
            return error
        return _draft_of(pending)

    def _save_certainly(self, group: Sequence[_Pending]) -> None:
        """Save signals; if the server dies during the commit, find out whether it was made.

        Otherwise a repeated signal with a default id would count twice.
        """
        for _ in range(OUTAGE_TRIES):
            try:
                return self._save(group)
            except StoreUnavailable:
                if self._is_saved(group[0].event_id):
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
                return
            except db_exception.DBDuplicateEntry:
                continue
        raise StoreUnavailable('too many concurrent signals')

    def _save_once(self, group: Sequence[_Pending], exact: bool) -> None:
        """Save signals in one transaction, in order."""
        values: dict[tuple[str, str], tuple[Any, ...]] = {}
        events = []
        with self.database.batch() as script:
            present = _present(script, group, exact)
            for pending in group:
                token, reason = pending.token, rows.plain(pending.reason or '') or None
                ids = present[token]
                signal = numbered(ids, pending.signal_id, pending.status, reason, pending.data)
                if signal.id in ids:
                    script.add(_delete_one(script.dialect), (token, signal.id))
                    values.pop((token, signal.id), None)
                ids.add(signal.id)
                values[token, signal.id] = (
                    token,
                    signal.id,
                    ids.number,
                    signal.status,
                    signal.reason[: rows.REASON_LIMIT],
                    rows.dumps(signal.data),
                )
                pending.draft = signal
                if pending.event_of is not None:
                    event = pending.event_of(signal)
                    events.append(rows.event_values(event, pending.event_id, self._clock.now()))
            script.insert(TABLE, COLUMNS, list(values.values()))
            script.insert(tables.event, rows.EVENT, events)

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


@functools.cache
def _delete_one(dialect: str) -> str:
    return f'DELETE FROM {name_of(TABLE, dialect)} WHERE token = %s AND id = %s'


@functools.cache
def _all_ids(dialect: str) -> str:
    return f'SELECT token, id FROM {name_of(TABLE, dialect)} WHERE token {{}}'


@functools.cache
def _totals(dialect: str) -> str:
    return (
        f'SELECT token, count(*), max(number) FROM {name_of(TABLE, dialect)} '
        'WHERE token {} GROUP BY token'
    )


def _draft_of(pending: _Pending) -> Signal:
    assert pending.draft is not None
    return pending.draft


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


def _present(script: Script, group: Sequence[_Pending], exact: bool) -> dict[str, _Ids]:
    """Return the ids of the signals that resources have, by token.

    :param exact: read all of them. Otherwise only those that matter, unless a default id is taken
        by many signals.
    """
    tokens = sorted({pending.token for pending in group})
    ids = {token: _Ids(0, 0) for token in tokens}
    for token, count, number in script.fetch(_totals(script.dialect), tokens):
        ids[token] = _Ids(count, number)
    if exact:
        known = script.fetch(_all_ids(script.dialect), tokens)
    else:
        wanted = {(one.token, one.signal_id) for one in group if one.signal_id is not None}
        sizes = Counter(one.token for one in group)
        for pending in group:
            if pending.signal_id is None:
                following = len(ids[pending.token]) + 1
                numbers = range(following, following + sizes[pending.token])
                wanted.update((pending.token, str(number)) for number in numbers)
        known = script.fetch_joined('r.token, r.id', TABLE, ('token', 'id'), sorted(wanted))
    for token, signal_id in known:
        ids[token].learn(signal_id)
    return ids
