"""The HTTP server itself: what its loop costs while signals are under way."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from typing import Any, cast

import fixtures
import testtools
from waitress import channel

from heatconv.signals.app import SignalApplication
from heatconv.signals.server import SignalServer

THREADS, CONNECTIONS, EACH = 4, 16, 20


class SlowApplication:
    """Answers after some work and some waiting, like one that uses a database."""

    max_body_size = 1000

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        for _ in range(4):
            # The statements of a signal, during which other threads run.
            time.sleep(0.0005)
            sum(range(5000))
        start_response('200 OK', [('Content-Length', '2')])
        return [b'ok']


class LoopTest(testtools.TestCase):
    def serve(self) -> int:
        """Start a server; return its port."""
        application = cast('SignalApplication', SlowApplication())
        server = SignalServer(application, '127.0.0.1', 0, THREADS)
        server.start()
        self.addCleanup(server.stop)
        return server.port

    def writes(self) -> list[Any]:
        """Return a list that grows whenever the loop is asked to write."""
        writes: list[Any] = []
        write = channel.HTTPChannel.handle_write

        def counted(of: Any) -> Any:
            writes.append(of)
            return write(of)

        self.useFixture(fixtures.MockPatchObject(channel.HTTPChannel, 'handle_write', counted))
        return writes

    def test_loop_waits_for_requests_that_were_sent_ahead(self) -> None:
        port, writes, ahead = self.serve(), self.writes(), 50
        request = b'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}'
        with socket.create_connection(('127.0.0.1', port), 30) as connection:
            connection.sendall(ahead * request)
            answers = b''
            while answers.count(b'200 OK') < ahead:
                received = connection.recv(65_536)
                self.assertNotEqual(b'', received)
                answers += received
        self.assertThat(len(writes), testtools.matchers.LessThan(ahead))

    def test_loop_does_not_spin_while_answers_are_written(self) -> None:
        port, writes = self.serve(), self.writes()
        statuses: list[int] = []

        def send() -> None:
            connection = http.client.HTTPConnection('127.0.0.1', port, timeout=30)
            for _ in range(EACH):
                connection.request('POST', '/', b'{}')
                answer = connection.getresponse()
                answer.read()
                statuses.append(answer.status)
            connection.close()

        threads = [threading.Thread(target=send) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual([200] * CONNECTIONS * EACH, statuses)
        self.assertThat(len(writes), testtools.matchers.LessThan(3 * len(statuses)))
