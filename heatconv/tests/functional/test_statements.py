"""What the statements of the hot path are like: by an index, and few."""

from __future__ import annotations

import threading
from typing import Any

import sqlalchemy as sa
import testtools

from heatconv.convergence import check
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Action, NodeStatus
from heatconv.convergence.step import Verdict
from heatconv.db import writes
from heatconv.db.driver import PREPARED, PostgresqlConnection
from heatconv.storage.stack_query import StackQuery
from heatconv.tests import databases
from heatconv.tests.contract.suite import LEASE, StoreContract

#: Tables that are as large as what is under way: to go through them is what the sweep does.
SMALL = ('claim', 'lease', 'orphan_check')


#: How statements for MariaDB call those that are large.
LARGE = ('n', 'r', 't', 'q', 'node', 'resource')


class HistoryTestCase(StoreContract, testtools.TestCase):
    """Has a stack of some hundred resources live and go, and the sweep look on."""

    def make_store(self, clock: Any, ids: Any) -> Any:
        self.fixture = self.useFixture(self.make_database())
        return self.fixture.store(clock, ids)

    def live(self, count: int = 300) -> None:
        stack = self.stack()
        names = [f'A{number}' for number in range(count)]
        made = self.prepare(stack, *names[:-1], **{names[-1]: tuple(names[:5])})
        keys = [self.update_key(made, name) for name in names[:-1]]
        steps = []
        for view in self.store.views(keys):
            wanted = self.desired(view)
            steps.append(check.begin(view, wanted, LEASE, self.ids.fresh()))
        self.store.commit([step.commit for step in steps])
        self.store.serving(keys)
        ends = [self.finish(key, step) for key, step in zip(keys, steps, strict=True)]
        last = ends.pop()
        self.store.commit([end.commit for end in ends])
        self.store.commit_and_view([self.read(keys[-1], last.commit)], 10)
        self.store.waiting_on([step.call.row.id for step in steps])
        self.store.row(steps[0].call.row.id)
        self.store.lost_nodes(1e12, 10)
        self.store.unsettled_rows(10)
        self.store.dead_claims(10)
        self.store.overdue(1e12)
        self.store.lost_wishes()
        self.store.events(stack.id)
        self.store.nodes(stack.id)
        self.store.stack_by_name('project', 'stack')
        self.store.stacks(StackQuery('project'))
        self.store.stacks(StackQuery(None, owners=(stack.id,)))
        self.store.paused_on(steps[0].call.row.id)
        self.wish(stack.id, Action.DELETE, None)
        self.prepare(evolve(stack))


# The contract itself is asked of these databases elsewhere.
for name in [one for one in dir(StoreContract) if one.startswith('test_')]:
    setattr(HistoryTestCase, name, None)


class PostgresqlTest(HistoryTestCase):
    def make_database(self) -> Any:
        return databases.postgresql()

    def test_every_statement_has_an_index(self) -> None:
        with self.store.session():
            self.live()
            texts = self._prepared()
        asked: list[tuple[str, Any]] = []
        self._listen(asked)
        self.live_on_core()
        self.assertGreater(len(texts), 12)
        wrong = []
        with self.fixture.database.engine.connect() as connection:
            for text in texts:
                connection.exec_driver_sql(f'PREPARE looked AS {text}')
                count = connection.exec_driver_sql(
                    'SELECT cardinality(parameter_types) FROM pg_prepared_statements '
                    "WHERE name = 'looked'"
                ).scalar()
                nulls = f'({", ".join(["NULL"] * count)})' if count else ''
                plan = connection.exec_driver_sql(f'EXPLAIN EXECUTE looked{nulls}').scalars()
                wrong += self._scans(text, plan)
                connection.exec_driver_sql('DEALLOCATE looked')
            for text, parameters in asked:
                plan = connection.exec_driver_sql(f'EXPLAIN {text}', parameters).scalars()
                wrong += self._scans(text, plan)
        self.assertEqual([], wrong)

    def live_on_core(self) -> None:
        """Ask what goes through SQLAlchemy."""
        self.store.unsettled_rows(10)
        self.store.dead_claims(10)
        self.store.lost_nodes(0.0, 10)
        self.store.overdue(0.0)
        self.store.lost_wishes()
        self.store.events('none')
        self.store.template('none')
        self.store.stacks(StackQuery(None, owners=('none',)))
        self.store.orphan_checks(0.0, 10)

    def _listen(self, asked: list[tuple[str, Any]]) -> None:
        def before(connection: Any, cursor: Any, text: str, parameters: Any, *rest: Any) -> None:
            if text.lstrip().upper().startswith('SELECT'):
                asked.append((text, parameters))

        sa.event.listen(self.fixture.database.engine, 'before_cursor_execute', before)
        self.addCleanup(
            sa.event.remove, self.fixture.database.engine, 'before_cursor_execute', before
        )

    def _prepared(self) -> list[str]:
        """Return the texts of what this thread's connection has prepared, as it numbers them."""
        link: PostgresqlConnection = self.fixture.database._local.driver
        texts = []
        for sql in link._pooled.info[PREPARED]:
            pieces = sql.split('%s')
            numbered = ''.join(f'{piece}${at}' for at, piece in enumerate(pieces[:-1], 1))
            texts.append(numbered + pieces[-1])
        return texts

    @staticmethod
    def _scans(text: str, plan: Any) -> list[str]:
        """Name the tables that are gone through row by row, or by a whole index."""
        lines = list(plan)
        found = []
        for number, line in enumerate(lines):
            if 'Sort Key: q.' in line:
                found.append(f'everything that is ready is sorted: {text}')
            if 'Seq Scan on ' in line:
                table = line.split('Seq Scan on ')[1].split()[0]
                if table not in SMALL:
                    found.append(f'{table}: {text}')
            if 'Index Scan using ' in line and 'Index Cond' not in ''.join(
                lines[number : number + 2]
            ):
                table = line.split(' on ')[1].split()[0]
                if table not in SMALL and 'ix_ready_touched' not in line:
                    found.append(f'{table}, all of an index: {text}')
        return found

    def test_what_has_changed_since_it_was_read_is_decided_again(self) -> None:
        made = self.prepare(self.stack(), 'A', 'B')
        keys = [self.update_key(made, name) for name in 'AB']
        both = [self.begin(key).commit for key in keys]
        # Somebody else begins A: B must not suffer from it, nor A be begun twice.
        self.assertEqual(Verdict.STANDS, self.one(both[0]).verdict)
        outcomes = self.store.commit(both)
        self.assertEqual(
            [Verdict.REFUSED, Verdict.STANDS], [outcome.verdict for outcome in outcomes]
        )
        self.assertEqual(2, len(self.store.claims()) and self.store.claims()[LEASE])

    def test_row_in_doubt_is_not_done_though_nobody_read_it(self) -> None:
        made = self.prepare(self.stack(), 'A')
        key = self.update_key(made, 'A')
        step = self.begin(key)
        self.one(step.commit)
        view = self.view(key)
        end = self.finish(key, step).commit
        end = evolve(end, node=evolve(end.node, read=view.node))
        self.store.commit(
            [check.fenced(step.call.verb, step.call.row, view.row, step.call).commit]
        )
        self.one(end)
        (node,) = [one for one in self.store.nodes(made.stack.id) if one.key == key]
        self.assertEqual(NodeStatus.READY, node.status)
        self.assertTrue(self.store.resources(made.stack.id)[0].suspect)

    def test_many_release_one_at_once(self) -> None:
        count, threads = 60, 6
        names = [f'A{number}' for number in range(count)]
        made = self.prepare(self.stack(), *names, Z=tuple(names), Y=tuple(names))
        released = {self.update_key(made, name): 1 for name in 'YZ'}
        ready: list[Any] = []

        def release(share: int) -> None:
            for _ in range(share):
                with self.fixture.database.batch() as script:
                    ready.extend(writes.release(script, released, 1.0))

        workers = [
            threading.Thread(target=release, args=(count // threads,)) for _ in range(threads)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.assertEqual(sorted(released), sorted(ready))

    def test_connection_that_lost_its_plans_makes_them_again(self) -> None:
        with self.store.session():
            self.stack('one')
            link: PostgresqlConnection = self.fixture.database._local.driver
            link._execute('DEALLOCATE ALL', ())
            self.stack('two')
        self.assertIsNotNone(self.store.stack_by_name('project', 'two'))


class MysqlTest(HistoryTestCase):
    def make_database(self) -> Any:
        return databases.mysql()

    def test_every_statement_has_an_index(self) -> None:
        asked: dict[str, Any] = {}

        def before(connection: Any, cursor: Any, text: str, parameters: Any, *rest: Any) -> None:
            if not rest[-1]:
                asked[text] = parameters

        engine = self.fixture.database.engine
        self.live()
        with engine.begin() as connection:
            for table in ('node', 'resource', 'stack', 'ready', 'event'):
                connection.exec_driver_sql(f'ANALYZE TABLE {table}').all()
        sa.event.listen(engine, 'before_cursor_execute', before)
        self.clock.time += 1
        stack = self.stack('other')
        self.prepare(stack, 'A')
        self.live_again(stack)
        sa.event.remove(engine, 'before_cursor_execute', before)
        wrong = []
        with engine.connect() as connection:
            for text, parameters in asked.items():
                if not text.lstrip().upper().startswith(('SELECT', 'UPDATE', 'DELETE')):
                    continue
                for row in connection.exec_driver_sql(f'EXPLAIN {text}', parameters).mappings():
                    table = row['table']
                    # There are two stacks: the server may well read both.
                    large = ' stack ' not in text
                    if row['type'] == 'ALL' and large and table in LARGE:
                        wrong.append((table, text))
        self.assertEqual([], wrong)

    def live_again(self, stack: Any) -> None:
        key = next(node.key for node in self.store.nodes(stack.id) if node.subject)
        step = self.begin(key)
        self.one(step.commit)
        self.one(self.finish(key, step).commit)
        self.store.serving([key])
        self.store.waiting_on([step.call.row.id])
        self.store.resources(stack.id)
        self.store.lost_nodes(0.0, 10)
        self.store.unsettled_rows(10)


class Patience:
    """A plan for a large stack may take longer than a transaction may stand still."""

    asks: str
    usual: str
    longer: str
    fixture: Any
    assertEqual: Any

    def test_large_plan_is_waited_for(self) -> None:
        database = self.fixture.database
        with database.batch() as script:
            for rows, expected in ((10, self.usual), (1_000_000, self.longer)):
                with database.standing_still(script, rows):
                    script.add(self.asks)
                    self.assertEqual(expected, str(script.rows()[0][0]))

    def test_is_as_impatient_as_ever_afterwards(self) -> None:
        database = self.fixture.database
        with database.batch() as script, database.standing_still(script, 1_000_000):
            pass
        with database.batch() as script:
            script.add(self.asks)
            self.assertEqual(self.usual, str(script.rows()[0][0]))


class PostgresqlPatienceTest(Patience, HistoryTestCase):
    asks = "SELECT setting FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'"
    usual, longer = '10000', '1010000'

    def make_database(self) -> Any:
        return databases.postgresql()


class MysqlPatienceTest(Patience, HistoryTestCase):
    asks = 'SELECT @@SESSION.idle_transaction_timeout'
    usual, longer = '10', '1010'

    def make_database(self) -> Any:
        return databases.mysql()
