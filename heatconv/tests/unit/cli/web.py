#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""A web server on loopback, and the inputs that a command line reads from it."""

from __future__ import annotations

import argparse
import io
import threading
from collections.abc import Callable, Mapping
from http import server
from typing import Any
from unittest import mock

import fixtures

from heatconv.cli.errors import UsageError
from heatconv.cli.input import arguments, fetching
from heatconv.cli.input.inputs import Inputs, read_inputs
from heatconv.cli.settings import Settings
from heatconv.tests.unit.cli.base import CliTestCase

#: Answers a request; a page may also be its text.
Answer = Callable[[server.BaseHTTPRequestHandler], None]


def redirect(url: str) -> Answer:
    """Return a page that redirects."""

    def answer(request: server.BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header('Location', url)
        request.end_headers()

    return answer


def send(request: server.BaseHTTPRequestHandler, text: bytes, length: int | None = None) -> None:
    """Answer with a text.

    :param length: what the header says of its length.
    """
    request.send_response(200)
    request.send_header('Content-Length', str(len(text) if length is None else length))
    request.end_headers()
    request.wfile.write(text)


class _Server(server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Be silent: a client that exceeds a limit closes the connection."""


class Site(fixtures.Fixture):
    """A web server that runs until the test ends.

    :ivar pages: what it serves, by path.
    :ivar asked: the paths that were asked for.
    :ivar headers: the headers of the requests.
    :ivar url: its URL, with a slash at the end.
    """

    def __init__(self, pages: Mapping[str, str | Answer] | None = None) -> None:
        self.pages: dict[str, str | Answer] = dict(pages or {})
        self.asked: list[str] = []
        self.headers: list[Any] = []

    def _setUp(self) -> None:
        site = self

        class Handler(server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                site.headers.append(self.headers)
                page = site.pages.get(self.path)
                if page is None:
                    self.send_error(404)
                elif isinstance(page, str):
                    send(self, page.encode())
                else:
                    page(self)

            def log_message(self, *arguments: Any) -> None:
                pass

        web = _Server(('127.0.0.1', 0), Handler)
        self.url = f'http://127.0.0.1:{web.server_port}/'
        thread = threading.Thread(target=web.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(web.server_close)
        self.addCleanup(web.shutdown)


class WebTestCase(CliTestCase):
    """Reads what the options of a command name, from sites on loopback."""

    def setUp(self) -> None:
        super().setUp()
        for name in ('http_proxy', 'https_proxy', 'all_proxy'):
            for variable in (name, name.upper()):
                self.useFixture(fixtures.EnvironmentVariable(variable))
        self.site = self.useFixture(Site())

    def other_site(self, pages: Mapping[str, str | Answer]) -> Site:
        """Start a site on another port, which counts as another host."""
        return self.useFixture(Site(pages))

    def served(self, url: str, text: str) -> Any:
        """Return a context in which a URL has a text, without a server."""
        fetched = fetching.Fetched(text.encode(), url)
        follow = fetching.Fetcher._follow

        def answer(fetcher: fetching.Fetcher, asked: str, what: str, where: str) -> Any:
            return fetched if asked == url else follow(fetcher, asked, what, where)

        return mock.patch.object(fetching.Fetcher, '_follow', answer)

    def inputs(self, template: str, *options: str, settings: Settings | None = None) -> Inputs:
        """Read the inputs of a command line."""
        parser = argparse.ArgumentParser()
        arguments.add_input_options(parser)
        args = parser.parse_args(['-t', template, *options])
        return read_inputs(args, io.StringIO(), settings or Settings(self.directory))

    def refused(self, template: str, *options: str) -> UsageError:
        """Return the error of a command line."""
        return self.assertRaises(UsageError, self.inputs, template, *options)
