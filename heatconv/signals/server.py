"""The HTTP server of the signal application, by waitress."""

from __future__ import annotations

import contextlib
import logging
import resource
import socket
import threading
from collections.abc import Callable
from typing import Any

from oslo_log import log
from waitress import server as waitress
from waitress.channel import HTTPChannel

from heatconv.signals.app import SignalApplication

LOG = log.getLogger(__name__)

#: Seconds without any data after which a connection is closed. A reverse proxy may bound whole
#: requests.
CHANNEL_TIMEOUT = 30
#: Largest number of connections of one process at the same time.
CONNECTIONS = 1_000
#: File descriptors that are left to the database, the bus and the logs.
OTHER_FILES = 100
#: Size in bytes from which an answer is sent before it is complete. With the default of waitress,
#: one byte, its loop spins from the first byte of an answer to the last; see `_Channel`. Measured
#: with sixteen connections and four threads: 240 to 340 rounds of the loop for each request, and 1
#: to 2 with this size.
SEND_BYTES = 18_000
#: Size limit of the headers of a request, in bytes.
HEADERS = 8_192


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that asks to be written to only while the loop may write.

    waitress 3.0 also asks while a request is under way and less than `SEND_BYTES` are there. Then
    the loop may not write: it would spin until all requests that the client has sent ahead are
    answered.
    """

    def writable(self) -> bool:
        writes = not self.requests or self.total_outbufs_len >= self.adj.send_bytes
        waiting = self.total_outbufs_len and writes
        return bool(waiting or self.will_close or self.close_when_flushed)


class SignalServer:
    """Serves the application in threads of this process, from `start` to `stop`.

    :param host: address to listen on.
    :param port: port to listen on; 0 for any free one.
    :param threads: signals at the same time.
    :param died: called if the server ends without `stop`, because of a fault.
    :param shared: whether other processes may listen on the port too. They must serve the same
        stacks, because the kernel spreads the connections.
    :raises OSError: if the address cannot be used.
    """

    def __init__(
        self,
        application: SignalApplication,
        host: str,
        port: int,
        threads: int,
        died: Callable[[], None] = lambda: None,
        shared: bool = False,
    ) -> None:
        self._died = died
        self._stopping = False
        logging.getLogger('waitress.queue').setLevel(logging.ERROR)
        self._socket = _listening(host, port, shared)
        try:
            self._server: Any = waitress.create_server(
                application,
                sockets=[self._socket],
                threads=threads,
                ident='heatconv-signal',
                channel_timeout=CHANNEL_TIMEOUT,
                connection_limit=_connections(),
                # `select` fails above 1024 file descriptors.
                asyncore_use_poll=True,
                max_request_header_size=HEADERS,
                max_request_body_size=application.max_body_size,
                send_bytes=SEND_BYTES,
                expose_tracebacks=False,
            )
            self._server.channel_class = _Channel
        except BaseException:
            self._socket.close()
            raise
        self._thread = threading.Thread(target=self._run, name='signals', daemon=True)

    @property
    def port(self) -> int:
        """Return the port."""
        return int(self._socket.getsockname()[1])

    def start(self) -> None:
        """Start to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Accept no more connections, finish the signals in progress, and stop."""
        self._stopping = True
        self._server.close()
        self._thread.join()

    def _run(self) -> None:
        # The loop ends with an error once its socket is closed.
        with contextlib.suppress(OSError, ValueError):
            self._server.run()
        self._server.task_dispatcher.shutdown()
        if not self._stopping:
            LOG.critical('The server of signals has ended')
            self._died()


def _connections() -> int:
    """Return the number of connections for which there are file descriptors."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(min(CONNECTIONS, files - OTHER_FILES), 1)


def _listening(host: str, port: int, shared: bool) -> socket.socket:
    """Return a socket that listens.

    :param shared: whether several processes may share the port.
    """
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listening.bind((host, port))
        listening.listen(CONNECTIONS)
    except BaseException:
        listening.close()
        raise
    return listening
