"""A connection that is lost: before the commit nothing has changed, at it nobody knows."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Any
from unittest import mock

import sqlalchemy as sa
import testtools
from oslo_db import exception as db_exception

from heatconv.db.database import Database, repeated, retried
from heatconv.db.driver import PostgresqlConnection
from heatconv.storage.base import CommitUnknown, StoreUnavailable

LOST = db_exception.DBConnectionError(Exception('server closed the connection'))


class LinkTest(testtools.TestCase):
    def test_server_that_refuses_connections_is_away(self) -> None:
        # Nobody listens on the port of a socket that is bound and not listened at.
        with socket.socket() as nobody:
            nobody.bind(('127.0.0.1', 0))
            port = nobody.getsockname()[1]
            engine = sa.create_engine(f'postgresql+psycopg2://nobody@127.0.0.1:{port}/none')
            error = self.assertRaises(db_exception.DBConnectionError, PostgresqlConnection, engine)
        self.assertIn('refused', str(error))

    def link(self, lives: bool) -> Any:
        return mock.Mock(lives=lives)

    def test_lost_link_takes_those_that_were_put_by_with_it(self) -> None:
        database = Database('sqlite://')
        idle, lost = self.link(True), self.link(False)
        database._release(idle)
        self.assertIs(idle, database._driver_connection())
        database._release(idle)
        database._release(lost)
        idle.close.assert_called_once_with()
        lost.close.assert_called_once_with()
        self.assertFalse(database._idle)

    def test_link_that_was_lost_while_it_was_idle_is_not_handed_out(self) -> None:
        database = Database('sqlite://')
        first, second = self.link(True), self.link(True)
        database._release(first)
        database._release(second)
        second.lives = False
        self.assertIs(first, database._driver_connection())
        second.close.assert_called_once_with()


class Server:
    """Loses the connection at one moment: when it connects, or when it commits."""

    def __init__(self, loses: str = '') -> None:
        self.loses = loses

    @contextlib.contextmanager
    def connect(self) -> Iterator[str]:
        if self.loses == 'connect':
            raise LOST
        yield 'connection'
        if self.loses == 'commit':
            raise LOST


class LostTest(testtools.TestCase):
    def kind(self, loses: str = '', error: Exception | None = None) -> type[Exception]:
        database = Database('postgresql+psycopg2://nobody@127.0.0.1:1/nothing')
        try:
            with database._guarded(Server(loses).connect):
                if error is not None:
                    raise error
        except Exception as raised:
            return type(raised)
        raise AssertionError('nothing was raised')

    def test_what_was_lost_before_the_commit_has_changed_nothing(self) -> None:
        self.assertIs(StoreUnavailable, self.kind('connect'))
        self.assertIs(StoreUnavailable, self.kind(error=LOST))

    def test_what_was_lost_at_the_commit_is_in_doubt(self) -> None:
        self.assertIs(CommitUnknown, self.kind('commit'))

    def test_other_errors_are_what_they_are(self) -> None:
        self.assertIs(
            db_exception.DBDuplicateEntry, self.kind(error=db_exception.DBDuplicateEntry())
        )
        self.assertIs(ZeroDivisionError, self.kind(error=ZeroDivisionError()))


class RetryTest(testtools.TestCase):
    def tries(self, wrap: Any, error: Exception) -> int:
        """Return how often something is tried that fails the first two times."""
        tries = 0

        @wrap
        def work() -> None:
            nonlocal tries
            tries += 1
            if tries < 3:
                raise error

        with contextlib.suppress(StoreUnavailable):
            work()
        return tries

    def test_what_changed_nothing_is_tried_again(self) -> None:
        for wrap in (retried, repeated):
            self.assertEqual(3, self.tries(wrap, StoreUnavailable('away')))

    def test_what_is_in_doubt_is_repeated_only_where_that_does_no_harm(self) -> None:
        self.assertEqual(1, self.tries(retried, CommitUnknown('away')))
        self.assertEqual(3, self.tries(repeated, CommitUnknown('away')))
