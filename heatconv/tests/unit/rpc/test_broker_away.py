"""Nobody waits for ever for a broker that is away. Nobody listens at port 1."""

from __future__ import annotations

import threading
import time

import fixtures
import testtools
from oslo_config import cfg

import heatconv.tests  # noqa: F401 - native threads, before oslo.messaging
from heatconv import exception
from heatconv.rpc.announcer import RpcAnnouncer
from heatconv.rpc.client import EngineClient
from heatconv.rpc.transport import transport


class BrokerDownTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        conf = cfg.ConfigOpts()
        conf([], project='heatconv', default_config_files=[])
        self.bus = transport(conf, 'rabbit://guest:guest@127.0.0.1:1/')

    def within(self, seconds: float, call: object) -> Exception | None:
        raised: list[Exception] = []

        def run() -> None:
            try:
                call()  # type: ignore[operator]
            except Exception as error:
                raised.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(seconds)
        self.assertFalse(thread.is_alive(), f'it blocks for more than {seconds} s')
        return raised[0] if raised else None

    def test_cast_does_not_block(self) -> None:
        announcer = RpcAnnouncer(self.bus)
        self.assertIsNone(self.within(3, lambda: announcer.wish('s')))
        self.assertIn('does not accept casts', self.log.output)

    def test_call_ends_in_time(self) -> None:
        client = EngineClient(self.bus, 'project', timeout=1)
        began = time.monotonic()
        error = self.within(5, lambda: client.call('list_stacks'))
        self.assertIsInstance(error, exception.Unavailable)
        self.assertLess(time.monotonic() - began, 5)
