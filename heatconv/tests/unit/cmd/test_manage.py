"""What operators type, what they read, and the exit codes their scripts see."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import logging
import pathlib
import time
from unittest import mock

import fixtures
import testtools

from heatconv.cmd import manage
from heatconv.convergence.model import Action, Stack, Status
from heatconv.convergence.step import Commit, RowGuard, RowWrite
from heatconv.convergence.traversal import Plan
from heatconv.db import migration
from heatconv.db.database import Database
from heatconv.db.store import DatabaseStore
from heatconv.exception import Unavailable
from heatconv.rpc.client import EngineClient
from heatconv.runtime.ports import Clock, SystemClock, SystemIds
from heatconv.sim.moves import SimClock
from heatconv.storage.content import EncodedTemplate
from heatconv.storage.values import Lease, NewStack, Request
from heatconv.tests.unit.convergence.rows import INIT, row
from heatconv.version import VERSION

DAY = 86_400.0


@dataclasses.dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


class ManageTestCase(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.url = f'sqlite:///{directory}/heatconv.sqlite'
        self.config = directory / 'heatconv.conf'
        self.configure(f'[database]\nconnection = {self.url}\n')

    def configure(self, text: str) -> None:
        self.config.write_text(text)

    def manage(self, *argv: str) -> Result:
        """Run a command; how it ends, by a return or an exit, is all the same."""
        out, err = io.StringIO(), io.StringIO()
        root = logging.getLogger()
        before = root.handlers[:], root.level
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = manage.main(['--config-file', str(self.config), *argv])
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else 0
            finally:
                root.handlers[:], root.level = before
        return Result(code, out.getvalue(), err.getvalue())

    def database(self) -> Database:
        database = Database(self.url, max_retries=1)
        self.addCleanup(database.close)
        return database

    def store(self, clock: Clock | None = None) -> DatabaseStore:
        """Return a store of a database that has its schema."""
        database = self.database()
        migration.upgrade(database)
        return DatabaseStore(database, clock or SystemClock(), SystemIds())


class DatabaseTest(ManageTestCase):
    def test_sync_tells_from_what_to_what(self) -> None:
        head = migration.head()
        for before in ('empty', head):
            result = self.manage('db', 'sync')
            self.assertEqual(Result(0, f'{before} -> {head}\n', ''), result)
            self.assertEqual(head, migration.current(self.database()))

    def test_version_of_an_empty_database(self) -> None:
        result = self.manage('db', 'version')
        self.assertEqual(1, result.code)
        self.assertIn(f'empty (this release needs {migration.head()}', result.out)
        self.assertIn('run "heatconv-manage db sync"', result.out)

    def test_version(self) -> None:
        self.store()
        self.assertEqual(Result(0, f'{migration.head()}\n', ''), self.manage('db', 'version'))


class UsageTest(ManageTestCase):
    def test_database_that_is_not_configured(self) -> None:
        self.configure('')
        for argv in (('db', 'sync'), ('db', 'version'), ('service', 'list'), ('purge-deleted',)):
            result = self.manage(*argv)
            self.assertEqual((2, ''), (result.code, result.out))
            self.assertIn('no database is configured: set [database] connection', result.err)
            self.assertIn('postgresql+psycopg2://', result.err)

    def test_database_without_the_schema_of_this_release(self) -> None:
        for argv in (('service', 'list'), ('purge-deleted',)):
            result = self.manage(*argv)
            self.assertEqual((1, ''), (result.code, result.out))
            self.assertIn('has schema none, this release needs', result.err)
            self.assertIn('run "heatconv-manage db sync"', result.err)

    def test_no_command_or_none_that_is_known(self) -> None:
        for argv in ((), ('db',), ('db', 'destroy'), ('service',), ('dance',)):
            self.assertEqual(2, self.manage(*argv).code, argv)
        for command in ('db', 'service', 'purge-deleted'):
            self.assertIn(command, self.manage().err)

    def test_days_are_a_number_and_not_negative(self) -> None:
        for wrong in ('-1', 'many'):
            result = self.manage('purge-deleted', wrong)
            self.assertEqual(2, result.code)
            self.assertIn('days', result.err)

    def test_configuration_that_cannot_be_read(self) -> None:
        self.configure('no section\n')
        result = self.manage('db', 'version')
        self.assertEqual((2, ''), (result.code, result.out))
        self.assertTrue(result.err.startswith('heatconv-manage: error: '), result.err)

    def test_version_of_the_release(self) -> None:
        result = self.manage('--version')
        self.assertEqual((0, f'{VERSION}\n'), (result.code, result.out))


class ServiceTest(ManageTestCase):
    def test_nobody(self) -> None:
        self.store()
        result = self.manage('service', 'list')
        self.assertEqual((0, 1), (result.code, len(result.out.splitlines())))

    def test_workers_and_what_they_claim(self) -> None:
        store = self.store()
        now = time.time()
        for name, expires, server in (('quick', now + 100, 'here.1'), ('gone', now - 1, '')):
            store.grant_lease(Lease(name, 'worker', 'here', 7, now - 60.4, expires, server, 5))
        stack = Stack('s', 'project', 'stack', wish_id='w')
        store.insert_stacks([NewStack(EncodedTemplate.of({}), stack)])
        new = row('a1', INIT)
        store.prepare('s', 'w', lambda *_: Plan(stack, (new,)))
        claimed = dataclasses.replace(new, version=2, claim='quick')
        store.commit([Commit(RowWrite(RowGuard.UNCLAIMED, new, claimed))])
        heading, *lines = self.manage('service', 'list').out.splitlines()
        self.assertEqual(
            'lease kind server pid state up s lease s claims queue', ' '.join(heading.split())
        )
        for line, shown in zip(
            lines, ('gone worker here 7 dead 0 5', 'quick worker here.1 7 alive 1 5'), strict=True
        ):
            *told, age, left, claims, queued = line.split()
            self.assertEqual(shown, ' '.join([*told, claims, queued]))
            self.assertTrue(60 <= int(age) < 90, age)
            self.assertEqual('alive' in line, float(left) > 0)
        listed = json.loads(self.manage('service', 'list', '-f', 'json').out)
        self.assertEqual(['gone', 'quick'], [one['lease'] for one in listed])

    def test_check_tells_what_does_not_work(self) -> None:
        self.store()
        with mock.patch.object(
            EngineClient, 'call', side_effect=Unavailable(why='no engine is there')
        ):
            result = self.manage('service', 'check')
        self.assertEqual(1, result.code)
        self.assertRegex(result.out, 'ok +database')
        self.assertRegex(result.out, 'FAILED +worker +0 alive, 0 dead')
        self.assertRegex(result.out, 'FAILED +bus .*no engine is there')

    def test_check_of_a_service_that_works(self) -> None:
        store = self.store()
        for kind in ('engine', 'worker'):
            store.grant_lease(Lease(kind, kind, 'here', 7, 0.0, time.time() + 100))
        with mock.patch.object(EngineClient, 'call', return_value=[]):
            result = self.manage('service', 'check')
        self.assertEqual((0, 4), (result.code, result.out.count('ok ')))


class PurgeTest(ManageTestCase):
    def setUp(self) -> None:
        super().setUp()
        clock = SimClock()
        self.kept = self.store(clock)
        for name, days in (('old', 100), ('recent', 10), ('live', None)):
            self.kept.insert_stacks(
                [NewStack(EncodedTemplate.of({}), Stack(name, 'project', name))]
            )
            if days is not None:
                clock.time = time.time() - days * DAY
                self.kept.request(name, gone)

    def left(self) -> list[str]:
        names = ('live', 'old', 'recent')
        return [name for name in names if self.kept.stack(name) is not None]

    def test_what_was_deleted_ninety_days_ago_is_forgotten(self) -> None:
        result = self.manage('purge-deleted')
        self.assertEqual(Result(0, '1 deleted stacks purged\n', ''), result)
        self.assertEqual(['live', 'recent'], self.left())

    def test_so_many_days(self) -> None:
        self.assertEqual('0 deleted stacks purged\n', self.manage('purge-deleted', '101').out)
        self.assertEqual(['live', 'old', 'recent'], self.left())
        self.assertEqual('2 deleted stacks purged\n', self.manage('purge-deleted', '0.5').out)
        self.assertEqual(['live'], self.left())


def gone(stack: Stack) -> Request:
    return Request(dataclasses.replace(stack, action=Action.DELETE, status=Status.COMPLETE))


class UnreachableTest(ManageTestCase):
    def test_database_that_cannot_be_reached(self) -> None:
        for url in ('sqlite:////none/such/heatconv.sqlite', 'nonsense'):
            self.configure(f'[database]\nconnection = {url}\nmax_retries = 0\n')
            try:
                result = self.manage('db', 'version')
            except Exception as error:
                self.fail(f'{url}: it ends with {error!r}')
            self.assertEqual(1, result.code)
            self.assertTrue(result.err.startswith('error: '), result.err)
