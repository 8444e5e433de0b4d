"""Topics and versions of the RPC API.

The engine topic and its version are those of Heat's engine API, as a stock heat-api expects.
"""

from __future__ import annotations

from dataclasses import dataclass

#: The supported version of Heat's engine API.
ENGINE_VERSION = '1.36'
PREPARE_VERSION = '1.0'
WORKER_VERSION = '1.0'


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of messages.

    RabbitMQ names queues after topics, whatever the exchange: two deployments at one virtual host
    need different topics.

    :ivar engine: the topic of user requests.
    """

    engine: str = 'engine'

    @property
    def prepare(self) -> str:
        """Return the topic of wishes to prepare, between engines."""
        return f'{self.engine}_prepare'

    @property
    def check(self) -> str:
        """Return the topic of nodes to check, for workers."""
        return f'{self.engine}_check'


DEFAULT_TOPICS = Topics()
