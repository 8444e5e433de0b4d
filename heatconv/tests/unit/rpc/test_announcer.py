"""Hints to engines and workers: told in portions, and lost without harm."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from unittest import mock

import fixtures
import oslo_messaging
import testtools

from heatconv.convergence.model import Kind, NodeKey
from heatconv.rpc import api
from heatconv.rpc import transport as transports
from heatconv.rpc.announcer import RpcAnnouncer, keys_of
from heatconv.tests.unit.rpc.bus import Bus, Recorder, stop_later

KEYS = [NodeKey('t', Kind.UPDATE, f'A{number}') for number in range(5)]


def _undeliverable(real: Callable[..., Any], target: Any) -> Callable[..., Any]:
    """Behave as RabbitMQ does for one target: there is no such queue."""

    def cast(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self is target:
            raise oslo_messaging.MessageUndeliverable(
                None, 'heat', 'engine_check.gone', 'NO_ROUTE'
            )
        return real(self, *args, **kwargs)

    return cast


class AnnouncerTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.bus = self.useFixture(Bus())
        self.announcer = RpcAnnouncer(self.bus.transport, per_cast=2)

    def worker(self, topic: str = 'engine_check') -> Recorder:
        recorder = Recorder(api.WORKER_VERSION, ['check_resource'])
        self.bus.serve(topic, recorder)
        return recorder

    def lines(self) -> list[str]:
        return [line for line in self.log.output.splitlines() if 'message bus' in line]

    def test_nodes_are_told_to_workers_so_many_at_once(self) -> None:
        self.announcer.nodes(KEYS)
        worker = self.worker()
        told = [worker.next()[1]['nodes'] for _ in range(3)]
        self.assertEqual([2, 2, 1], sorted((len(one) for one in told), reverse=True))
        self.assertEqual(KEYS, sorted(key for one in told for key in keys_of(one)))

    def test_lots_go_round_all_workers_from_the_owner_of_the_first_on(self) -> None:
        class Two:
            def round_robin_from(self, key: str) -> Iterator[str | None]:
                return itertools.cycle(['worker-1', 'worker-0'] if key == 't/A0' else [None])

        announcer = RpcAnnouncer(self.bus.transport, per_cast=2, shares=Two())
        workers = {}
        for name in ('worker-0', 'worker-1'):
            workers[name] = Recorder(api.WORKER_VERSION, ['check_resource'])
            serving = transports.server(self.bus.transport, 'engine_check', name, [workers[name]])
            serving.start(override_pool_size=1)
            stop_later(self, serving)
        announcer.nodes(KEYS[:4])
        for name, expected in (('worker-1', ['A0', 'A1']), ('worker-0', ['A2', 'A3'])):
            names = [one[2] for one in workers[name].next()[1]['nodes']]
            self.assertEqual(expected, names)
        announcer.nodes(KEYS[4:])
        heard = [one for worker in workers.values() for one in worker.heard_within(1.0)]
        self.assertEqual([[['t', 'u', 'A4']]], [one[1]['nodes'] for one in heard])

    def test_node_of_a_worker_without_a_queue_goes_to_whoever_is_free(self) -> None:
        class Gone:
            def round_robin_from(self, key: str) -> Iterator[str | None]:
                return itertools.repeat('gone')

        worker = self.worker()
        announcer = RpcAnnouncer(self.bus.transport, shares=Gone())
        cast = announcer._of('gone')
        with mock.patch.object(
            type(cast), 'cast', autospec=True, side_effect=_undeliverable(type(cast).cast, cast)
        ):
            announcer.nodes(KEYS[:1])
            announcer.flush()
        self.assertEqual([['t', 'u', 'A0']], worker.next()[1]['nodes'])
        self.assertEqual([], self.lines())

    def test_what_is_kept_here_is_told_to_nobody(self) -> None:
        kept: list[NodeKey] = []

        def keep(keys: Sequence[NodeKey], near: bool) -> bool:
            if len(keys) > 1 and not near:
                return False
            kept.extend(keys)
            return True

        self.announcer.accept = keep
        self.announcer.nodes(KEYS[:1])
        self.announcer.nodes(KEYS[1:3])
        names = [one[2] for one in self.worker().next()[1]['nodes']]
        self.assertEqual((KEYS[:1], ['A1', 'A2']), (kept, names))
        self.announcer.nodes(KEYS[3:5], near=True)
        self.assertEqual([KEYS[0], *KEYS[3:5]], kept)

    def test_nothing_is_told_of_no_nodes(self) -> None:
        self.announcer.nodes([])
        self.announcer.nodes(KEYS[:1])
        self.assertEqual([['t', 'u', 'A0']], self.worker().next()[1]['nodes'])

    def test_wish_is_told_to_engines(self) -> None:
        self.announcer.wish('stack')
        engine = Recorder(api.PREPARE_VERSION, ['prepare'])
        self.bus.serve('engine_prepare', engine)
        self.assertEqual({'stack_id': 'stack'}, engine.next()[1])

    def test_set_ups_with_topics_of_their_own_do_not_hear_each_other(self) -> None:
        RpcAnnouncer(self.bus.transport, api.Topics('owned')).nodes(KEYS[:1])
        self.announcer.nodes(KEYS[1:2])
        self.assertEqual('A0', self.worker('owned_check').next()[1]['nodes'][0][2])
        self.assertEqual('A1', self.worker().next()[1]['nodes'][0][2])

    def test_broker_that_is_down_is_told_of_once_and_once_when_it_is_back(self) -> None:
        self.announcer.wish('stack')
        self.assertEqual([], self.lines())
        self.bus.driver.down = True
        for _ in range(3):
            self.announcer.nodes(KEYS)
            self.announcer.wish('stack')
        self.assertEqual(['The message bus does not accept casts: nobody listens'], self.lines())
        self.bus.driver.down = False
        for _ in range(3):
            self.announcer.wish('stack')
        self.assertEqual('The message bus accepts casts again', self.lines()[1])
        self.assertEqual(2, len(self.lines()))
        self.bus.driver.down = True
        self.announcer.wish('stack')
        self.assertEqual(3, len(self.lines()))

    def test_levels(self) -> None:
        log = self.useFixture(fixtures.FakeLogger(format='%(levelname)s %(message)s'))
        self.bus.driver.down = True
        self.announcer.wish('stack')
        self.bus.driver.down = False
        self.announcer.wish('stack')
        levels = [line.split()[0] for line in log.output.splitlines() if 'message bus' in line]
        self.assertEqual(['WARNING', 'INFO'], levels)


class NamesTest(testtools.TestCase):
    def test_names_of_nodes_survive_the_wire(self) -> None:
        keys = [NodeKey('t', kind, 'x') for kind in Kind]
        self.assertEqual(keys, list(keys_of([list(key) for key in keys])))

    def test_what_is_no_name_is_skipped(self) -> None:
        log = self.useFixture(fixtures.FakeLogger())
        wrong = [['t', 'z', 'A'], ['t', 'u'], ['t', 'u', 'A', 'B'], []]
        self.assertEqual(KEYS[:1], list(keys_of([*wrong, ['t', 'u', 'A0']])))
        self.assertEqual(4, log.output.count('Not a valid node key'))


class TopicsTest(testtools.TestCase):
    def test_topic_of_requests_is_where_heat_api_looks(self) -> None:
        topics = api.DEFAULT_TOPICS
        self.assertEqual(
            ('engine', 'engine_prepare', 'engine_check'),
            (topics.engine, topics.prepare, topics.check),
        )
