"""All that a request goes through: heat-api, RabbitMQ, engine, worker and a database."""

from __future__ import annotations

import contextlib
import pathlib
import secrets
from collections.abc import Mapping

from heatconv.db import migration
from heatconv.db.database import Database, sqlite_url
from heatconv.tests import servers
from heatconv.tests.heat_api.identity import Admin, Keystone
from heatconv.tests.heat_api.processes import (
    API_PASTE,
    CFN_POLICY,
    Daemon,
    HeatApi,
    HeatApiCfn,
    ini,
)

#: What the daemons are told beside where things are.
ENGINE = {
    'max_stacks_per_project': 6,
    'max_resources_per_stack': 50,
    'enable_stack_abandon': 'true',
    'enable_stack_adopt': 'true',
}
WORKER = {'workers': 1, 'poll_interval': 0.2, 'sweep_interval': 1.0}

#: Nobody may ask for the stacks of all projects by default.
POLICY = '"stacks:global_index": "rule:context_is_admin"\n'

USERS = {'alice': 'blue', 'bob': 'green'}


class Site:
    """Starts all of it in a directory, and stops it.

    :param keystone: whether users log in; else the URL says whose project it is.
    :param rabbit: a virtual host that nobody else uses; else a broker of its own.
    :param database: the URL of an empty database; else PostgreSQL of its own where it is
        installed, and a SQLite file where it is not.
    :param engine: options of the section ``[engine]``.
    :param for_servers: whether there is also what servers talk to: heatconv-signal, and with
        Keystone heat-api-cfn.
    """

    def __init__(
        self,
        directory: pathlib.Path,
        keystone: bool = False,
        rabbit: str | None = None,
        database: str | None = None,
        engine: Mapping[str, object] = ENGINE,
        for_servers: bool = False,
    ) -> None:
        self.directory = directory
        self.keystone: Keystone | None = None
        #: Of users, once they are made.
        self.passwords: dict[str, str] = {}
        self._with_keystone = keystone
        self._rabbit = rabbit
        self._database = database
        self._engine = engine
        self._for_servers = for_servers
        self._started: list[servers.Server] = []

    def start(self) -> None:
        """Start everything; nothing is left running if something does not start."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop what was started, the last first."""
        while self._started:
            self._started.pop().stop()

    def pids(self) -> dict[str, int]:
        """Return the process of each part."""
        return {one.name: one.pid for one in self._started if one.pid is not None}

    def variables(self, project: str) -> dict[str, str]:
        """Return what the client of a project without Keystone wants to be told."""
        return {'OS_AUTH_TYPE': 'none', 'OS_ENDPOINT': f'{self.heat_api.url}/v1/{project}'}

    def user(self, name: str) -> dict[str, str]:
        """Return what the client of a user of Keystone wants to be told."""
        assert self.keystone is not None
        return self.keystone.variables(name, USERS[name], self.passwords[name])

    def _start(self) -> None:
        rabbit = self._rabbit or self._run(servers.Rabbitmq(self.directory / 'broker')).url
        config = self._config(rabbit, self._database or self._own_database())
        self.engine = Daemon(self.directory / 'engine', 'engine', config)
        self.worker = Daemon(self.directory / 'worker', 'worker', config)
        self._run(self.engine)
        self._run(self.worker)
        if self._for_servers:
            self._run(Daemon(self.directory / 'signal', 'signal', config))
        sections: dict[str, dict[str, object]] = {
            'DEFAULT': {'transport_url': rabbit, 'rpc_response_timeout': 30},
            'paste_deploy': {'api_paste_config': API_PASTE},
        }
        if self._with_keystone:
            self._start_keystone(sections)
        else:
            policy = self.directory / 'policy.yaml'
            policy.write_text(POLICY)
            sections['paste_deploy']['flavor'] = 'noauth'
            # Without Keystone everybody has the role admin alone, which implies no other.
            sections['oslo_policy'] = {
                'enforce_new_defaults': 'false',
                'enforce_scope': 'false',
                'policy_file': policy,
            }
        self.heat_api = HeatApi(self.directory / 'heat-api', sections, not self._with_keystone)
        self._run(self.heat_api)
        if self.keystone is not None:
            Admin(self.keystone).catalogue(self.heat_api.url)
            if self._for_servers:
                policed = {**sections, 'oslo_policy': {'policy_file': CFN_POLICY}}
                self.heat_api_cfn = HeatApiCfn(self.directory / 'heat-api-cfn', policed)
                self._run(self.heat_api_cfn)

    def _start_keystone(self, sections: dict[str, dict[str, object]]) -> None:
        self.keystone = Keystone(self.directory / 'keystone')
        self._run(self.keystone)
        admin = Admin(self.keystone)
        for name, project in USERS.items():
            self.passwords[name] = admin.user(name, project, ('member', 'heat_stack_owner'))
        password = admin.user('heat', 'service', ('admin', 'service'))
        sections['keystone_authtoken'] = {
            'auth_url': self.keystone.url,
            'www_authenticate_uri': self.keystone.url,
            'password': password,
        }
        sections['ec2authtoken'] = {
            'auth_url': self.keystone.url,
            'endpoint_override': self.keystone.url,
            'password': password,
        }

    def _own_database(self) -> str:
        with contextlib.suppress(servers.NotInstalled):
            return self._run(servers.Postgresql(self.directory / 'database')).url
        return sqlite_url(self.directory / 'heatconv.sqlite')

    def _config(self, rabbit: str, database: str) -> pathlib.Path:
        made = Database(database, max_retries=10, retry_interval=1)
        migration.upgrade(made)
        made.close()
        signal: dict[str, object] = {}
        if self._for_servers:
            port = servers.free_port()
            endpoint = f'http://127.0.0.1:{port}'
            signal = {'endpoint': endpoint, 'port': port, 'key': secrets.token_hex(32)}
        file = self.directory / 'heatconv.conf'
        file.write_text(
            ini(
                {
                    'DEFAULT': {'transport_url': rabbit},
                    'database': {'connection': database},
                    'engine': self._engine,
                    'worker': WORKER,
                    'signal': signal,
                    'coordination': {
                        'backend_url': f'file://{self.directory}/coordination-{secrets.token_hex(4)}'
                    },
                }
            )
        )
        file.chmod(0o600)
        return file

    def _run(self, server: servers.Server) -> servers.Server:
        self._started.append(server)
        server.start()
        return server
