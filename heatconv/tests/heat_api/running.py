"""One site for all tests of this process, and what each test does with it."""

from __future__ import annotations

import atexit
import json
import pathlib
import shutil
import signal
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable
from typing import Any

import testtools

from heatconv.tests.heat_api.client import Answer, Client
from heatconv.tests.heat_api.site import Site

#: Sites of this process, by whether they have Keystone and what servers talk to; or why there is
#: none.
_sites: dict[tuple[bool, bool], Site | Exception] = {}


def site(keystone: bool = False, for_servers: bool = False) -> Site:
    """Return the site, started for the first who asks and stopped with the process."""
    kind = keystone, for_servers
    if kind not in _sites:
        _sites[kind] = _start(*kind)
    found = _sites[kind]
    if isinstance(found, Exception):
        raise found
    return found


def _start(keystone: bool, for_servers: bool) -> Site | Exception:
    directory = pathlib.Path(tempfile.mkdtemp(prefix='heatconv-heat-api-'))
    # The servers have users of their own.
    directory.chmod(0o755)
    made = Site(directory, keystone, for_servers=for_servers)
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    atexit.register(made.stop)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        made.start()
    except Exception as error:
        return error
    return made


class SiteTest(testtools.TestCase):
    """A test with a project of its own, in whose course the engine logs no traceback."""

    keystone, for_servers = False, False

    def setUp(self) -> None:
        super().setUp()
        self.site = site(self.keystone, self.for_servers)
        #: What each request to heat-api has beside its body.
        self.headers: dict[str, str] = {}
        self._logged = len(self.site.engine.log())
        self.addCleanup(self._check_log)
        self.home = pathlib.Path(tempfile.mkdtemp(prefix='heatconv-client-'))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.client = self.client_of_test()

    def client_of_test(self) -> Client:
        """Return the client that commands are run with."""
        variables = self.site.variables('p' + uuid.uuid4().hex)
        self.endpoint = variables['OS_ENDPOINT']
        return Client(variables, self.home)

    def _check_log(self) -> None:
        self.assertNotIn('Traceback', self.site.engine.log()[self._logged :])

    def works(self, *words: str) -> Answer:
        """Run a command that must work, and say nothing on standard error."""
        answer = self.client.run(*words)
        self.assertEqual(0, answer.code, str(answer))
        self.assertEqual('', answer.err, str(answer))
        return answer

    def json(self, *words: str) -> Any:
        """Run a command that must work, and read its JSON."""
        return self.works(*words, '-f', 'json').json()

    def refused(self, *words: str) -> str:
        """Run a command that must fail with a message; return the message."""
        answer = self.client.run(*words)
        self.assertEqual(1, answer.code, str(answer))
        self.assertNotIn('Traceback', answer.said)
        self.assertNotIn('Internal Error', answer.said)
        self.assertNotEqual('', answer.said.strip(), str(answer))
        return answer.said.strip()

    def template(self, resources: Any, name: str = 'template.yaml', **sections: Any) -> str:
        """Write a template; return the name of the file."""
        return self.file(
            name, {'heat_template_version': '2021-04-16', 'resources': resources, **sections}
        )

    def file(self, name: str, content: Any) -> str:
        """Write a file as JSON, which is YAML too."""
        (self.home / name).write_text(json.dumps(content))
        return name

    def create(self, name: str, template: str, *words: str) -> Any:
        """Create a stack and wait for it; return what is shown."""
        answer = self.works(
            *('stack', 'create', name, '-t', template, '--wait', '--poll', '1', '-f', 'json'),
            *words,
        )
        return json.loads(answer.out[answer.out.index('{') :])

    def make(
        self, name: str, resources: Any, wait: bool = True, tags: str = '', **sections: Any
    ) -> None:
        """Create a stack without the client, which takes its time."""
        template = {'heat_template_version': '2021-04-16', 'resources': resources, **sections}
        tagged = {'tags': tags} if tags else {}
        self.ask('stacks', {'stack_name': name, 'template': template, **tagged})
        if wait:
            self.until(name, 'CREATE_COMPLETE')

    def ask(self, path: str, body: Any = None, method: str | None = None) -> Any:
        """Send a request to heat-api: GET without a body, POST with one, unless a method says."""
        request = urllib.request.Request(  # noqa: S310
            f'{self.endpoint}/{path}',
            data=None if body is None else json.dumps(body).encode(),
            headers={'Content-Type': 'application/json', **self.headers},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            is_json = answer.headers.get_content_type() == 'application/json'
            return json.load(answer) if is_json else None

    def until(self, name: str, status: str, seconds: float = 30) -> None:
        """Wait until a stack has a status, or one that ends so."""
        ends = time.monotonic() + seconds
        while True:
            shown = self.ask(f'stacks/{name}?resolve_outputs=false')['stack']['stack_status']
            if shown.endswith(status):
                return
            if time.monotonic() > ends:
                self.fail(f'{name} is {shown}, not {status}')
            time.sleep(0.2)

    def gone(self, name: str) -> None:
        """Wait until there is no stack of a name."""
        self.eventually(lambda: name not in [one['stack_name'] for one in self.stacks()])

    def stacks(self) -> Any:
        """Return the stacks of the project, without the client."""
        return self.ask('stacks')['stacks']

    def eventually(self, holds: Callable[[], bool], seconds: float = 30) -> None:
        """Wait until something holds."""
        ends = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > ends:
                self.fail('it does not come to hold')
            time.sleep(0.2)
