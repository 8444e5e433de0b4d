"""heat-api-cfn as clients of CloudFormation use it, with keys of Keystone."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from heatconv.tests.agents import places
from heatconv.tests.heat_api.identity import Keystone, Login

SECONDS = 60


class Keys:
    """The keys of a user, which Keystone makes.

    :param token: of whoever asks for them: an admin, for a user without the role member.
    """

    def __init__(self, identity: Keystone, login: Login, token: str = '') -> None:
        made, _ = identity.ask(
            'POST',
            f'users/{login.user_id}/credentials/OS-EC2',
            {'tenant_id': login.project_id},
            token or login.token,
        )
        self.access: str = made['credential']['access']
        self.secret: str = made['credential']['secret']

    def signed(self, url: str, method: str) -> str:
        """Return a URL with a signature for a method, as Heat gives it to servers."""
        # Other environments load this module too, without keystoneclient.
        from keystoneclient.contrib.ec2.utils import Ec2Signer

        parts = urlsplit(url)
        params = {
            'AWSAccessKeyId': self.access,
            'SignatureMethod': 'HmacSHA256',
            'SignatureVersion': '2',
        }
        request = {
            'host': parts.netloc,
            'verb': method,
            'path': unquote(parts.path),
            'params': params,
        }
        signature = Ec2Signer(self.secret).generate(request)
        return f'{url}?{urlencode({**params, "Signature": signature})}'


class Aws:
    """Runs the command ``aws cloudformation``.

    :param home: where the command looks for files.
    """

    def __init__(self, url: str, keys: Keys, home: pathlib.Path) -> None:
        self._url = f'{url}/v1/'
        self._home = home
        self._keys = keys

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command; it may fail."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith('AWS_')}
        return subprocess.run(
            [
                places.program('aws'),
                *('--endpoint-url', self._url, '--region', 'RegionOne', '--output', 'json'),
                *('cloudformation', *words),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            cwd=self._home,
            check=False,
            env={
                **kept,
                'HOME': str(self._home),
                'AWS_ACCESS_KEY_ID': self._keys.access,
                'AWS_SECRET_ACCESS_KEY': self._keys.secret,
                'AWS_MAX_ATTEMPTS': '1',
                # Their own services are not there.
                'AWS_EC2_METADATA_DISABLED': 'true',
            },
        )

    def works(self, *words: str) -> Any:
        """Run a command that must succeed; return what it prints as JSON."""
        ended = self.run(*words)
        if ended.returncode:
            raise AssertionError(f'{words}: {ended.stdout}{ended.stderr}')
        return json.loads(ended.stdout) if ended.stdout.strip() else None


def arn(project: str, stack: str, stack_id: str, resource: str) -> str:
    """Return the name of a resource in URLs of signals, quoted."""
    return quote(
        f'arn:openstack:heat::{project}:stacks/{stack}/{stack_id}/resources/{resource}', safe=''
    )
