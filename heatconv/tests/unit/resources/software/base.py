"""The software types with a store in memory, called as a worker and an engine call them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import testtools

from heatconv.convergence.model import Observation
from heatconv.engine.software_configs import StoredConfigs
from heatconv.resources.plugin import Plugin, Resource
from heatconv.resources.records import MemoryRecords
from heatconv.resources.registry import Registry
from heatconv.resources.signal_urls import SignalUrls
from heatconv.sim.moves import SimClock, SimIds
from heatconv.storage.memory import MemoryStore
from heatconv.storage.values import DEPLOYMENT

PROJECT = 'project'
#: The token of the resource of a test.
TOKEN = 'token'


class Urls:
    """URLs that name the incarnation of the resource."""

    def endpoint(self, resource: Resource) -> str:
        return f'http://signal/{resource.token}'

    def token(self, resource: Resource) -> str:
        return f'token-{resource.token}'

    def signed(self, resource: Resource, part: str = '') -> str:
        return f'{self.endpoint(resource)}?signature={self.token(resource)}'


class Killed(BaseException):
    """The process dies here."""


class DyingStore(MemoryStore):
    """A store whose process dies before or after one of its writes to software.

    :ivar left: number of moments to live through; None to live.
    """

    left: int | None = None

    def _moment(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Killed

    def _written(self, write: Callable[..., Any], *args: Any) -> Any:
        self._moment()
        result = write(*args)
        self._moment()
        return result

    def save_software(self, *args: Any) -> Any:
        return self._written(super().save_software, *args)

    def change_software(self, *args: Any) -> Any:
        return self._written(super().change_software, *args)

    def drop_software(self, *args: Any) -> Any:
        return self._written(super().drop_software, *args)


class SoftwareTestCase(testtools.TestCase):
    """Calls plugins with a store in memory."""

    urls: SignalUrls | None = Urls()

    def setUp(self) -> None:
        super().setUp()
        self.anew()

    def anew(self) -> None:
        """Begin with an empty store."""
        self.clock = SimClock()
        self.store = DyingStore(self.clock, SimIds())
        self.software = StoredConfigs(self.store, self.clock)
        self.registry = Registry.installed(MemoryRecords(), self.clock)
        self.registry.nest(None, self.software, self.urls)  # type: ignore[arg-type]

    def plugin(self, type_name: str) -> Plugin:
        plugin = self.registry.plugin(f'OS::Heat::{type_name}')
        assert plugin is not None
        return plugin

    def resource(self, type_name: str, token: str = TOKEN, **properties: Any) -> Resource:
        resolved = self.plugin(type_name).schema.resolve_properties(properties)
        return Resource(
            token, 'name', f'OS::Heat::{type_name}', 'stack-id', 'stack', PROJECT, resolved
        )

    def config(self, config_id: str = 'config', **content: Any) -> None:
        """Save a configuration, as a user does."""
        self.software.keep_config(
            PROJECT,
            config_id,
            {
                'name': 'of-user',
                'group': 'script',
                'config': '#!/bin/sh',
                'inputs': [],
                'outputs': [],
                'options': {},
                **content,
            },
        )

    def made(self, type_name: str, **properties: Any) -> tuple[Resource, Observation]:
        """Create a resource; return it and the observation."""
        resource = self.resource(type_name, **properties)
        plugin = self.plugin(type_name)
        plugin.create(resource)
        return resource, plugin.observe(resource)

    def deployment(self, token: str = TOKEN) -> dict[str, Any]:
        """Return the content of a deployment."""
        content = self.software.deployment(PROJECT, token)
        assert content is not None
        return dict(content)

    def inputs(self, token: str = TOKEN) -> dict[str, Any]:
        """Return the values of the inputs of a derived configuration."""
        derived = self.deployment(token)['derived']
        return {one['name']: one['value'] for one in derived['inputs']}

    def deployments(self) -> list[str]:
        """Return the ids of all stored deployments."""
        return [one.id for one in self.store.all_software(PROJECT, DEPLOYMENT)]
