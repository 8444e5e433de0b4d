"""The topics and versions of the RPC APIs.

The default topic and the version of the engine API are those of Heat, as a stock heat-api expects.
"""

from __future__ import annotations

from dataclasses import dataclass

#: The supported version of Heat's engine API.
ENGINE_VERSION = '1.36'
#: The version of the API for wishes, between engines.
PREPARE_VERSION = '1.0'
#: The version of the API of workers.
WORKER_VERSION = '1.0'


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of messages.

    RabbitMQ names queues after topics, whatever the exchange: two deployments on one virtual host
    need different topics.

    :ivar engine: the topic of user requests.
    """

    engine: str = 'engine'

    @property
    def prepare(self) -> str:
        """Return the topic on which wishes are announced to engines."""
        return f'{self.engine}_prepare'

    @property
    def check(self) -> str:
        """Return the topic on which ready nodes are announced to workers."""
        return f'{self.engine}_check'


DEFAULT_TOPICS = Topics()
