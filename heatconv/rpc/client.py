"""The client of the engine API for the command line, with an embedded engine or a broker."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any

import kombu.exceptions
import oslo_messaging
from oslo_context import context

from heatconv import conf as heatconv_conf
from heatconv import exception
from heatconv.rpc import api
from heatconv.rpc import transport as transports

#: Number of times that a client tries to reconnect to the message bus before it gives up.
RETRIES = 2

#: Time to connect to the message bus, in addition to the timeout of the answer, in seconds.
CONNECT_SECONDS = 2.0


class EngineClient:
    """Calls the engine API for one project.

    :param timeout: timeout of an answer in seconds; None for ``rpc_response_timeout``.
    """

    def __init__(
        self,
        transport: oslo_messaging.Transport,
        project_id: str,
        user: str = '',
        timeout: float | None = None,
        topics: api.Topics = api.DEFAULT_TOPICS,
    ) -> None:
        self._transport = transport
        self._client = transports.client(
            transport, topics.engine, api.ENGINE_VERSION, timeout=timeout, retry=RETRIES
        )
        answer_seconds = timeout or transport.conf.rpc_response_timeout
        self._deadline_seconds = answer_seconds + CONNECT_SECONDS
        self._context = context.RequestContext(
            project_id=project_id, user_id=user, roles=['member'], overwrite=False
        )

    def call(self, method: str, **arguments: Any) -> Any:
        """Call a method of the engine API, and return its answer.

        :raises heatconv.exception.HeatconvException: if it is refused, or no engine answers.
        """
        try:
            return self._within(lambda: self._client.call(self._context, method, **arguments))
        except oslo_messaging.RemoteError as error:
            raise exception.by_name(error.exc_type or '', str(error.value)) from None
        except oslo_messaging.MessagingTimeout as error:
            raise exception.Unavailable(
                why=f'{method} got no answer in time; are engines running? ({error})'
            ) from None
        except (oslo_messaging.MessagingException, OSError, kombu.exceptions.KombuError) as error:
            raise exception.Unavailable(why=str(error)) from None

    def _within(self, call: Callable[[], Any]) -> Any:
        """Run a call in a thread, with a deadline.

        oslo.messaging waits for a connection without limit before its own timeout begins.

        :raises Unavailable: if the deadline passes.
        """
        results: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

        def run() -> None:
            try:
                results.put((call(), None))
            except BaseException as error:
                results.put((None, error))

        threading.Thread(target=run, name='call', daemon=True).start()
        try:
            answer, error = results.get(timeout=self._deadline_seconds)
        except queue.Empty:
            raise exception.Unavailable(
                why='the message bus cannot be reached; is its address right?'
            ) from None
        if error is not None:
            raise error
        return answer

    def close(self) -> None:
        """Close the connections to the message bus."""
        self._transport.cleanup()


def connect(
    config_files: Sequence[str] = (),
    transport_url: str | None = None,
    project_id: str = 'default',
    user: str = '',
    timeout: float | None = None,
) -> EngineClient:
    """Connect to running engines.

    :param config_files: configuration files that set the transport and the topic.
    :param transport_url: replaces the configured transport.
    :param timeout: timeout of an answer in seconds; replaces the configured one.
    """
    conf = heatconv_conf.read_engine(config_files)
    return EngineClient(
        transports.transport(conf, transport_url),
        project_id,
        user,
        timeout,
        topics=api.Topics(conf.engine.topic),
    )
