"""A resource type whose reality is a database of its own, and which is slow at random.

Reality is strict: it refuses to make what refers to something that is not there, and to
delete what something refers to, and it remembers that it had to, and how long the call had
been under way: a call that a stopped process finishes later than ``action_timeout`` allows is
refused rightly. Every operation is written down with the process that asked for it.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import random
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heatconv.hot.schema import BOOLEAN, INTEGER, STRING, Attribute, Property, TypeSchema
from heatconv.resources.plugin import Observation, Plugin, Reality, Resource, TransientError
from heatconv.resources.records import Records
from heatconv.runtime.ports import Clock

TYPE = 'Chaos::Thing'

#: What the ids of things begin with, so that references show.
PREFIX = 'thing-'

#: Where the database is, for the daemons.
PLACE = 'HEATCONV_CHAOS_REALITY'

SCHEMA = """
CREATE TABLE IF NOT EXISTS thing (
    token TEXT PRIMARY KEY, id TEXT, name TEXT, stack TEXT, properties TEXT,
    busy_until REAL, deleting INTEGER);
CREATE TABLE IF NOT EXISTS operation (
    at REAL, pid INTEGER, verb TEXT, token TEXT, name TEXT, stack TEXT);
CREATE TABLE IF NOT EXISTS refused (at REAL, pid INTEGER, seconds REAL, what TEXT);
"""


@dataclass(frozen=True)
class Row:
    """One thing."""

    token: str
    id: str
    name: str
    stack: str
    properties: Mapping[str, Any]
    busy_until: float
    deleting: bool


@dataclass(frozen=True)
class Refusal:
    """An operation that was refused.

    :ivar seconds: how long the call had been under way.
    """

    at: float
    pid: int
    seconds: float
    what: str

    def is_late(self, action_timeout: float) -> bool:
        """Say whether the call outlived its lease, so that it was refused rightly.

        A call begins only while the lease of its worker is valid for longer than the timeout. One
        that lasted longer belongs to a process that was stopped: others may have taken its work
        over.

        :param action_timeout: of the workers, in seconds.
        """
        return self.seconds > action_timeout


class World:
    """All things.

    :param file: of the database; several processes use it at once.
    """

    def __init__(self, file: pathlib.Path) -> None:
        self._file = file
        with contextlib.closing(self._connect()) as connection:
            connection.execute('PRAGMA journal_mode = WAL')
            connection.executescript(SCHEMA)

    def _connect(self) -> sqlite3.Connection:
        made = sqlite3.connect(self._file, timeout=1.5, isolation_level=None)
        made.execute('PRAGMA synchronous = OFF')
        return made

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Do several things at once, or none.

        :raises TransientError: if another process keeps it for itself.
        """
        with contextlib.closing(self._connect()) as connection:
            try:
                connection.execute('BEGIN IMMEDIATE')
            except sqlite3.OperationalError as error:
                raise TransientError(str(error)) from None
            try:
                yield connection
            except BaseException:
                connection.execute('ROLLBACK')
                raise
            connection.execute('COMMIT')

    def rows(self) -> list[Row]:
        """Return all things."""
        with self.transaction() as connection:
            found = connection.execute('SELECT * FROM thing ORDER BY token').fetchall()
        return [_row(one) for one in found]

    def refused(self) -> list[Refusal]:
        """Return what had to be refused, by time."""
        with self.transaction() as connection:
            found = connection.execute('SELECT * FROM refused ORDER BY at').fetchall()
        return [Refusal(*one) for one in found]

    def operations(self) -> list[tuple[float, int, str, str, str, str]]:
        """Return all that was asked for, by time."""
        with self.transaction() as connection:
            return connection.execute('SELECT * FROM operation ORDER BY at').fetchall()

    def refuse(self, what: str, seconds: float) -> None:
        """Remember that something was refused, and how long its call had been under way."""
        with self.transaction() as connection:
            connection.execute(
                'INSERT INTO refused VALUES (?, ?, ?, ?)',
                (time.time(), os.getpid(), seconds, what),
            )


def _row(found: Sequence[Any]) -> Row:
    token, thing_id, name, stack, properties, busy_until, deleting = found
    return Row(token, thing_id, name, stack, json.loads(properties), busy_until, bool(deleting))


class Refused(Exception):
    """Reality does not do that."""


class Thing(Plugin):
    """Properties: ``x`` changes in place, ``fixed`` replaces, ``a`` and ``b`` refer."""

    schema = TypeSchema(
        description='A thing in a world where everything goes wrong.',
        properties={
            'x': Property(INTEGER, default=0, update_allowed=True),
            'fixed': Property(INTEGER, default=0),
            'a': Property(STRING, default='', update_allowed=True),
            'b': Property(STRING, default=''),
            'fail': Property(BOOLEAN, default=False, update_allowed=True),
            'slow': Property(BOOLEAN, default=False, update_allowed=True),
        },
        attributes={'x': Attribute(STRING, 'What x is.')},
    )

    def __init__(self, records: Records, clock: Clock) -> None:
        self.world = World(pathlib.Path(os.environ[PLACE]))
        self._random = random.Random()

    def observe(self, resource: Resource) -> Observation:
        with self.world.transaction() as connection:
            row = self._find(connection, resource.token)
            if row is None:
                return Observation(Reality.ABSENT)
            if row.busy_until > time.time():
                return Observation(Reality.PENDING, row.id)
            if row.deleting:
                connection.execute('DELETE FROM thing WHERE token = ?', (row.token,))
                return Observation(Reality.ABSENT)
        return Observation(
            Reality.READY,
            physical_id=row.id,
            attributes={'x': str(row.properties['x'])},
            properties=row.properties,
        )

    def create(self, resource: Resource) -> None:
        began = time.monotonic()
        self._take_time(resource)
        if resource.properties['fail']:
            raise ValueError('told to fail')
        missing = self._transact('create', resource, self._create)
        self._refuse('create', resource, missing, began)

    def _create(self, connection: sqlite3.Connection, resource: Resource) -> str | None:
        if self._find(connection, resource.token) is not None:
            return None
        missing = self._missing(connection, resource)
        if missing is None:
            connection.execute(
                'INSERT INTO thing VALUES (?, ?, ?, ?, ?, ?, 0)',
                (
                    resource.token,
                    PREFIX + resource.token,
                    resource.name,
                    resource.stack_id,
                    json.dumps(dict(resource.properties)),
                    self._busy_until(resource),
                ),
            )
        return missing

    def update(self, resource: Resource, changed: Sequence[str]) -> None:
        began = time.monotonic()
        self._take_time(resource)
        if resource.properties['fail']:
            raise ValueError('told to fail')
        missing = self._transact('update', resource, self._update)
        self._refuse('update', resource, missing, began)

    def _update(self, connection: sqlite3.Connection, resource: Resource) -> str | None:
        missing = self._missing(connection, resource)
        if missing is None:
            connection.execute(
                'UPDATE thing SET properties = ?, busy_until = ? WHERE token = ? AND NOT deleting',
                (
                    json.dumps(dict(resource.properties)),
                    self._busy_until(resource),
                    resource.token,
                ),
            )
        return missing

    def delete(self, resource: Resource) -> None:
        began = time.monotonic()
        self._take_time(resource)
        user = self._transact('delete', resource, self._delete)
        self._refuse('delete', resource, user, began)

    def _delete(self, connection: sqlite3.Connection, resource: Resource) -> str | None:
        row = self._find(connection, resource.token)
        if row is None or row.deleting:
            return None
        for other in connection.execute('SELECT * FROM thing WHERE NOT deleting').fetchall():
            user = _row(other)
            if user.token != row.token and row.id in user.properties.values():
                return f'{user.id} ({user.name}) refers to it'
        connection.execute(
            'UPDATE thing SET deleting = 1, busy_until = ? WHERE token = ?',
            (self._busy_until(resource), row.token),
        )
        return None

    def _transact(self, verb: str, resource: Resource, act: Any) -> str | None:
        with self.world.transaction() as connection:
            connection.execute(
                'INSERT INTO operation VALUES (?, ?, ?, ?, ?, ?)',
                (
                    time.time(),
                    os.getpid(),
                    verb,
                    resource.token,
                    resource.name,
                    resource.stack_id,
                ),
            )
            refused: str | None = act(connection, resource)
            return refused

    def _refuse(self, verb: str, resource: Resource, why: str | None, began: float) -> None:
        if why is not None:
            what = f'{verb} of {PREFIX}{resource.token} ({resource.name}): {why}'
            self.world.refuse(what, time.monotonic() - began)
            raise Refused(what)

    def _find(self, connection: sqlite3.Connection, token: str) -> Row | None:
        found = connection.execute('SELECT * FROM thing WHERE token = ?', (token,)).fetchone()
        return None if found is None else _row(found)

    def _missing(self, connection: sqlite3.Connection, resource: Resource) -> str | None:
        for value in resource.properties.values():
            if isinstance(value, str) and value.startswith(PREFIX):
                row = self._find(connection, value[len(PREFIX) :])
                if row is None or row.deleting:
                    return f'{value} is not there'
        return None

    def _take_time(self, resource: Resource) -> None:
        """Be slow within a call, and now and then be busy."""
        if self._random.random() < 0.3:
            time.sleep(self._random.expovariate(10))
        if self._random.random() < 0.04:
            raise TransientError('over the rate limit', self._random.choice((None, 0.2, 1.0)))

    def _busy_until(self, resource: Resource) -> float:
        slow = resource.properties.get('slow')
        if slow or self._random.random() < 0.3:
            return time.time() + self._random.expovariate(1.0) + (2.0 if slow else 0.0)
        return 0.0
