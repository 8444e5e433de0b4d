"""A site with what servers talk to, and stacks of servers."""

from __future__ import annotations

import contextlib
import time
import urllib.error
import uuid
from typing import Any

from testtools.content import Content
from testtools.content_type import UTF8_TEXT

from heatconv.tests.heat_api.client import Client
from heatconv.tests.heat_api.identity import REGION, Admin, Keystone, Login
from heatconv.tests.heat_api.running import SiteTest
from heatconv.tests.heat_api.site import USERS


class ServersTest(SiteTest):
    """Alice of project blue makes stacks; each server has a user of its own in her project."""

    keystone, for_servers = True, True

    def setUp(self) -> None:
        super().setUp()
        for server in (self.site.heat_api, self.site.heat_api_cfn):
            logged = len(server.log())
            # A test that fails shows it.
            self.addDetail(
                server.name,
                Content(
                    UTF8_TEXT,
                    lambda server=server, logged=logged: [server.log()[logged:].encode()],
                ),
            )

    def client_of_test(self) -> Client:
        self.login = self.identity.login('alice', USERS['alice'], self.site.passwords['alice'])
        self.headers['X-Auth-Token'] = self.login.token
        self.endpoint = f'{self.site.heat_api.url}/v1/{self.login.project_id}'
        return Client(self.site.user('alice'), self.home)

    @property
    def identity(self) -> Keystone:
        assert self.site.keystone is not None
        return self.site.keystone

    def server_user(self) -> tuple[Login, dict[str, str]]:
        """Make a user for a server; return its login, and what os-collect-config is told."""
        name = f'server-{uuid.uuid4().hex[:8]}'
        password = Admin(self.identity).user(name, USERS['alice'], ('heat_stack_user',))
        login = self.identity.login(name, USERS['alice'], password)
        return login, {
            'auth_url': self.identity.url,
            'user_id': login.user_id,
            'password': password,
            'project_id': login.project_id,
            'region_name': REGION,
        }

    def stack(self, resources: Any, **outputs: Any) -> str:
        """Create a stack, and have it deleted at the end; return its name."""
        name = f's{uuid.uuid4().hex[:8]}'
        self.make(name, resources, wait=False, outputs=self._outputs(outputs))
        self.addCleanup(self.delete, name)
        return name

    def delete(self, name: str) -> None:
        """Begin to delete a stack, if it is there."""
        with contextlib.suppress(urllib.error.HTTPError):
            self.ask(f'stacks/{name}/{self.shown(name)["id"]}', method='DELETE')

    def update(self, name: str, resources: Any, **outputs: Any) -> None:
        """Update a stack."""
        template = {
            'heat_template_version': '2021-04-16',
            'resources': resources,
            'outputs': self._outputs(outputs),
        }
        stack = self.shown(name)
        self.ask(f'stacks/{name}/{stack["id"]}', {'template': template}, method='PUT')

    def _outputs(self, outputs: Any) -> Any:
        return {name: {'value': value} for name, value in outputs.items()}

    def shown(self, name: str) -> Any:
        """Return a stack as heat-api shows it."""
        return self.ask(f'stacks/{name}')['stack']

    def outputs(self, name: str) -> dict[str, Any]:
        """Return the outputs of a stack."""
        return {one['output_key']: one['output_value'] for one in self.shown(name)['outputs']}

    def at_rest(self, name: str, seconds: float = 60) -> str:
        """Wait until a stack is not in progress; return its status."""
        ends = time.monotonic() + seconds
        while (status := str(self.shown(name)['stack_status'])).endswith('IN_PROGRESS'):
            if time.monotonic() > ends:
                self.fail(f'{name} is {status}')
            time.sleep(0.3)
        return status
