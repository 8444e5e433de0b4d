"""Keystone, with the users that tests need."""

from __future__ import annotations

import getpass
import grp
import json
import os
import pathlib
import secrets
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heatconv.tests.heat_api import processes

REGION = 'RegionOne'


@dataclass(frozen=True)
class Login:
    """What a user has after the login to a project."""

    token: str
    user_id: str
    project_id: str


class Keystone(processes.Web):
    """A Keystone of its own on a SQLite file, with the bootstrapped user admin."""

    name = 'Keystone'
    path = '/v3'

    def prepare(self) -> None:
        self.password = secrets.token_urlsafe(12)
        place = self.directory
        keys = str(place / 'fernet-keys')
        (place / 'keystone.conf').write_text(
            processes.ini(
                {
                    'database': {'connection': f'sqlite:///{place}/keystone.sqlite'},
                    # Nobody's secrets: fast to make rather than hard to guess.
                    'identity': {'password_hash_rounds': 4},
                    'token': {'provider': 'fernet'},
                    'fernet_tokens': {'key_repository': keys},
                    'fernet_receipts': {'key_repository': keys},
                    'credential': {'key_repository': place / 'credential-keys'},
                    'cache': {'enabled': 'false'},
                }
            )
        )
        for keys in ('fernet-keys', 'credential-keys'):
            (place / keys).mkdir(mode=0o700)
        who = (
            *('--keystone-user', getpass.getuser()),
            *('--keystone-group', grp.getgrgid(os.getgid()).gr_name),
        )
        self._manage('db_sync')
        self._manage('fernet_setup', *who)
        self._manage('credential_setup', *who)
        urls = (f'--bootstrap-{which}-url' for which in ('public', 'internal', 'admin'))
        self._manage(
            'bootstrap',
            *('--bootstrap-password', self.password, '--bootstrap-region-id', REGION),
            *(word for option in urls for word in (option, f'{self.url}/v3')),
        )

    def _manage(self, *words: str) -> None:
        program = str(pathlib.Path(sys.prefix, 'bin', 'keystone-manage'))
        self.run(program, '--config-file', str(self.directory / 'keystone.conf'), *words)

    def command(self) -> Sequence[str]:
        config = str(self.directory / 'keystone.conf')
        return [sys.executable, '-P', str(processes.SERVE), 'keystone', str(self.port), config]

    def variables(self, user: str, project: str, password: str) -> dict[str, str]:
        """Return what the openstack client of a user wants to be told."""
        return {
            'OS_AUTH_URL': f'{self.url}/v3',
            'OS_IDENTITY_API_VERSION': '3',
            'OS_REGION_NAME': REGION,
            'OS_USER_DOMAIN_ID': 'default',
            'OS_PROJECT_DOMAIN_ID': 'default',
            'OS_USERNAME': user,
            'OS_PROJECT_NAME': project,
            'OS_PASSWORD': password,
        }

    def login(self, name: str, project: str, password: str) -> Login:
        """Have a user log in."""
        domain = {'id': 'default'}
        user = {'name': name, 'domain': domain, 'password': password}
        auth = {
            'identity': {'methods': ['password'], 'password': {'user': user}},
            'scope': {'project': {'name': project, 'domain': domain}},
        }
        found, token = self.ask('POST', 'auth/tokens', {'auth': auth})
        return Login(token, found['token']['user']['id'], found['token']['project']['id'])

    def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, token: str = ''
    ) -> tuple[Any, str]:
        """Send a request; return the body of the answer, and the token that its header has."""
        request = urllib.request.Request(  # noqa: S310
            f'{self.url}/v3/{path}',
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={'Content-Type': 'application/json', 'X-Auth-Token': token},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            text = answer.read()
            return json.loads(text) if text else None, answer.headers.get('X-Subject-Token', '')


class Admin:
    """What an operator sets up in Keystone, over its API."""

    def __init__(self, keystone: Keystone) -> None:
        self._keystone = keystone
        self._token = keystone.login('admin', 'admin', keystone.password).token

    def catalogue(self, heat: str) -> None:
        """Say where heat-api is.

        :param heat: its URL, without version and project.
        """
        service = self._make('service', type='orchestration', name='heat')
        for interface in ('public', 'internal', 'admin'):
            self._make(
                'endpoint',
                service_id=service,
                region_id=REGION,
                interface=interface,
                url=f'{heat}/v1/%(project_id)s',
            )

    def user(self, name: str, project: str, roles: Sequence[str]) -> str:
        """Make a user, and the project if there is none of the name; return the password."""
        password = secrets.token_urlsafe(12)
        project_id = self._found('project', project, domain_id='default')
        user_id = self._make('user', name=name, password=password, domain_id='default')
        for role in roles:
            role_id = self._found('role', role)
            self._ask('PUT', f'projects/{project_id}/users/{user_id}/roles/{role_id}')
        return password

    def _found(self, kind: str, name: str, **what: str) -> str:
        """Return the id of what has a name, which is made if it is not there."""
        found, _ = self._ask('GET', f'{kind}s?name={name}')
        made_id: str = found[f'{kind}s'][0]['id'] if found[f'{kind}s'] else ''
        return made_id or self._make(kind, name=name, **what)

    def _make(self, kind: str, **what: str) -> str:
        made, _ = self._ask('POST', f'{kind}s', {kind: what})
        made_id: str = made[kind]['id']
        return made_id

    def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> tuple[Any, str]:
        return self._keystone.ask(method, path, body, self._token)
