"""Calls and casts over the fake driver, from a client to an endpoint and back."""

from __future__ import annotations

import sys
import threading
from typing import Any

import fixtures
import oslo_messaging
import testtools
from oslo_config import cfg
from oslo_messaging._drivers import common

from heatconv import exception
from heatconv.conf import engine as conf
from heatconv.rpc import api
from heatconv.rpc import transport as transports
from heatconv.rpc.client import EngineClient, connect
from heatconv.tests.unit.engine.parts import EngineTestCase, template, thing
from heatconv.tests.unit.rpc.bus import WAIT_SECONDS, Bus, Recorder, stop_later


class ClientTest(EngineTestCase):
    """The engine itself answers."""

    def setUp(self) -> None:
        super().setUp()
        self.bus = self.useFixture(Bus())

    def client(self, project: str = 'project', **options: Any) -> EngineClient:
        return EngineClient(self.bus.transport, project, 'user', **options)

    def ask(self, client: EngineClient, name: str = 'stack') -> Any:
        return client.call(
            'create_stack',
            stack_name=name,
            template=template({'A': thing()}),
            params={},
            files={},
            args={},
        )

    def test_call_and_answer(self) -> None:
        self.bus.serve('engine', *self.engine.endpoints)
        identity = self.ask(self.client())
        stack = self.stack(identity)
        self.assertEqual(
            ('project', 'user', 'stack'), (stack.project_id, stack.username, stack.name)
        )
        self.assertEqual([identity['stack_id']], self.heard.wishes)

    def test_refusal_is_what_was_raised(self) -> None:
        self.create({'A': thing()})
        self.bus.serve('engine', *self.engine.endpoints)
        error = self.refused(exception.StackExists, self.ask, self.client())
        self.assertEqual('The Stack (stack) already exists.', str(error))
        # What users did wrong is no error of the service's.
        self.assertNotIn('Exception during message handling', self.log.output)

    def test_project_comes_with_the_call(self) -> None:
        identity = self.create({'A': thing()})
        self.bus.serve('engine', *self.engine.endpoints)
        call = self.client('other').call
        self.refused(exception.EntityNotFound, call, 'show_stack', stack_identity=identity)

    def test_call_without_a_project_is_forbidden(self) -> None:
        self.bus.serve('engine', *self.engine.endpoints)
        self.refused(exception.Forbidden, self.client('').call, 'list_stacks')

    def test_nobody_answers(self) -> None:
        client = self.client(timeout=0.01)
        error = self.refused(exception.Unavailable, client.call, 'list_stacks')
        self.assertIn('list_stacks got no answer in time; are engines running?', str(error))

    def test_broker_is_down(self) -> None:
        self.bus.driver.down = True
        error = self.refused(exception.Unavailable, self.client().call, 'list_stacks')
        self.assertEqual('The engine does not answer: nobody listens', str(error))

    def test_topic_of_its_own(self) -> None:
        self.bus.serve('owned', *self.engine.endpoints)
        client = self.client(topics=api.Topics('owned'), timeout=WAIT_SECONDS)
        self.assertEqual([], client.call('list_stacks'))


class Refusing:
    """Refuses as a method beyond a real broker does: what arrives is remote."""

    target = oslo_messaging.Target(version=api.ENGINE_VERSION)

    def __init__(self, error: Exception) -> None:
        self._error = error

    @oslo_messaging.expected_exceptions(oslo_messaging.RemoteError)  # type: ignore[untyped-decorator]
    def list_stacks(self, context: Any) -> None:
        try:
            raise self._error
        except Exception:
            sent = common.serialize_remote_exception(sys.exc_info())
        raise common.deserialize_remote_exception(sent, [])


class Surprise(Exception):
    pass


class RemoteTest(testtools.TestCase):
    def raised(self, error: Exception) -> Exception:
        bus = self.useFixture(Bus())
        bus.serve('engine', Refusing(error))
        client = EngineClient(bus.transport, 'project', timeout=WAIT_SECONDS)
        got: Exception = self.assertRaises(exception.HeatconvException, client.call, 'list_stacks')
        return got

    def test_remote_error_is_rebuilt_by_its_class(self) -> None:
        got = self.raised(exception.StackExists('more than Heat says', stack_name='x'))
        self.assertEqual((exception.StackExists, 'more than Heat says'), (type(got), str(got)))

    def test_remote_error_nobody_knows_is_an_error_with_its_text(self) -> None:
        got = self.raised(Surprise('oops'))
        self.assertEqual((exception.HeatconvException, 'oops'), (type(got), str(got)))


class ServerTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.bus = self.useFixture(Bus())

    def test_methods_with_an_underscore_are_not_served(self) -> None:
        endpoint = Recorder('1.0', ['_secret', 'known'])
        client = transports.client(self.bus.transport, 'topic', '1.0')
        client.cast({}, '_secret')
        client.cast({}, 'known')
        self.bus.serve('topic', endpoint, threads=1)
        endpoint.next()
        self.assertTrue(endpoint.got.empty())

    def test_message_for_which_there_is_no_thread_stays_on_the_bus(self) -> None:
        go_on, begun = threading.Event(), threading.Semaphore(0)

        class Slow(Recorder):
            def _record(self, context: Any, **arguments: Any) -> None:
                super()._record(context, **arguments)
                begun.release()
                go_on.wait(WAIT_SECONDS)

        busy, idle = Slow('1.0', ['work']), Recorder('1.0', ['work'])
        client = transports.client(self.bus.transport, 'topic', '1.0')
        for number in range(3):
            client.cast({}, 'work', number=number)
        self.bus.serve('topic', busy, threads=1)
        self.addCleanup(go_on.set)
        begun.acquire(timeout=WAIT_SECONDS)
        # One is at work, one in hand; the third is for whoever has time.
        self.bus.serve('topic', idle, threads=1)
        self.assertEqual({'number': 2}, idle.next()[1])
        go_on.set()
        self.assertEqual([0, 1], [busy.next()[1]['number'] for _ in range(2)])


class TransportTest(testtools.TestCase):
    def conf(self) -> cfg.ConfigOpts:
        conf = cfg.ConfigOpts()
        conf([], project='heatconv', default_config_files=[])
        return conf

    def test_exchange_is_heat_s_or_the_one_asked_for(self) -> None:
        conf = self.conf()
        transports.transport(conf, 'fake://')
        self.assertEqual('heat', conf.control_exchange)
        conf = self.conf()
        transports.transport(conf, 'fake://', exchange='owned')
        self.assertEqual('owned', conf.control_exchange)

    def test_two_with_exchanges_of_their_own_do_not_hear_each_other(self) -> None:
        one, other = (transports.transport(self.conf(), 'fake://', name) for name in 'ab')
        for transport, number in ((one, 1), (other, 2)):
            transports.client(transport, 'topic', '1.0').cast({}, 'work', number=number)
        endpoint = Recorder('1.0', ['work'])
        server = transports.server(other, 'topic', 'host', [endpoint])
        server.start(override_pool_size=1)
        stop_later(self, server)
        self.assertEqual({'number': 2}, endpoint.next()[1])
        self.assertTrue(endpoint.got.empty())

    def test_connect_reads_topic_and_transport(self) -> None:
        path = f'{self.useFixture(fixtures.TempDir()).path}/heatconv.conf'
        with open(path, 'w') as config:
            config.write('[DEFAULT]\ntransport_url = fake://\n[engine]\ntopic = mine\n')
        client = connect([path], project_id='project', user='user')
        self.addCleanup(client.close)
        self.assertEqual('engine', conf.OPTS[0].default)
        error = self.assertRaises(exception.Unavailable, self.impatient(client).call, 'x')
        self.assertIn('No reply on topic mine', str(error))

    def impatient(self, client: EngineClient) -> EngineClient:
        client._client = client._client.prepare(timeout=0.01)
        return client
