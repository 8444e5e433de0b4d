"""Topics and versions.

The engine topic and its version are those of Heat's engine API, so that a stock
heat-api finds what it looks for.
"""

from __future__ import annotations

from dataclasses import dataclass

#: The methods of Heat's engine API that are answered.
ENGINE_VERSION = '1.36'
PREPARE_VERSION = '1.0'
WORKER_VERSION = '1.0'


@dataclass(frozen=True, slots=True)
class Topics:
    """Where messages go.

    RabbitMQ names queues after topics, whatever the exchange: two set-ups at
    one virtual host need different topics.

    :ivar engine: the requests of users.
    """

    engine: str = 'engine'

    @property
    def prepare(self) -> str:
        """Return the topic of wishes to prepare: engines among themselves."""
        return f'{self.engine}_prepare'

    @property
    def check(self) -> str:
        """Return the topic of nodes to check: the workers'."""
        return f'{self.engine}_check'


DEFAULT_TOPICS = Topics()
