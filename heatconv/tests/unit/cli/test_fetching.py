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

"""Fetches: redirects, limits, and what is said when one fails."""

from __future__ import annotations

import email.message
import io
import ssl
import time
from collections.abc import Callable
from http import server
from typing import Any
from unittest import mock
from urllib import error as url_error
from urllib import request

from heatconv.cli.input import fetch_options, fetching
from heatconv.cli.input.fetch_options import FetchOptions
from heatconv.cli.settings import Settings
from heatconv.hot.limits import MAX_TEMPLATE_SIZE
from heatconv.tests.unit.cli.base import TEMPLATE
from heatconv.tests.unit.cli.web import WebTestCase, redirect, send
from heatconv.version import VERSION

PROPERTY = 'heat_template_version: 2021-04-16\nresources: {a: {properties: {b: {get_file: %s}}}}\n'


class FetchTest(WebTestCase):
    def test_file_is_asked_for_once(self) -> None:
        self.site.pages['/top.yaml'] = 'r: {a: {type: top.yaml}, b: {type: ./top.yaml}}'
        self.site.pages['/env.yaml'] = 'resource_registry: {"My::A": lib/../top.yaml}'
        self.inputs(self.site.url + 'top.yaml', '-e', self.site.url + 'env.yaml#x')
        self.assertEqual(['/top.yaml', '/env.yaml'], self.site.asked)

    def test_header(self) -> None:
        self.site.pages['/top.yaml'] = TEMPLATE
        self.inputs(self.site.url + 'top.yaml')
        self.assertEqual(f'heatconv/{VERSION}', self.site.headers[0]['User-Agent'])

    def test_not_found(self) -> None:
        url = self.site.url + 'top.yaml'
        error = self.refused(url)
        self.assertEqual(url, error.where)
        self.assertEqual('cannot fetch the template: HTTP 404 Not Found', error.message)
        self.assertIn('Check the URL', error.remedy or '')
        error = self.refused(self.template(), '-e', url)
        self.assertEqual('cannot fetch the environment: HTTP 404 Not Found', error.message)

    def test_credentials_that_are_missing(self) -> None:
        self.site.pages['/top.yaml'] = lambda request: request.send_error(401)
        error = self.refused(self.site.url + 'top.yaml')
        self.assertIn('HTTP 401', error.message)
        self.assertIn('heatconv sends no credentials', error.remedy or '')

    def test_host_that_does_not_answer(self) -> None:
        # Nothing listens on the port of TCP multiplexing.
        error = self.refused('http://127.0.0.1:1/top.yaml')
        self.assertEqual('cannot fetch the template: Connection refused', error.message)
        self.assertIn('https_proxy', error.remedy or '')

    def test_answer_that_is_not_http(self) -> None:
        self.site.pages['/top.yaml'] = lambda request: request.wfile.write(b'nonsense\n')
        self.assertIn(
            'cannot fetch the template: ', self.refused(self.site.url + 'top.yaml').message
        )

    def test_empty_answer(self) -> None:
        self.site.pages['/top.yaml'] = ''
        self.assertIn('the template is empty', self.refused(self.site.url + 'top.yaml').message)

    def test_text_that_is_not_utf_8(self) -> None:
        self.site.pages['/top.yaml'] = PROPERTY % 'binary'
        self.site.pages['/binary'] = lambda request: send(request, b'\xff\xfe')
        error = self.refused(self.site.url + 'top.yaml')
        self.assertEqual('the file binary is not UTF-8 text', error.message)

    def test_certificate_that_is_not_valid(self) -> None:
        invalid = ssl.SSLCertVerificationError()
        invalid.verify_message = 'self-signed certificate'
        with mock.patch.object(
            request.OpenerDirector, 'open', side_effect=url_error.URLError(invalid)
        ):
            error = self.refused('https://127.0.0.1/top.yaml')
        self.assertIn('the certificate is not valid: self-signed certificate', error.message)
        self.assertIn('SSL_CERT_FILE', error.remedy or '')

    def test_exit_code_and_message(self) -> None:
        self.site.pages['/top.yaml'] = PROPERTY % 'motd'
        result = self.cli('stack', 'create', 'demo', '-t', self.site.url + 'top.yaml')
        self.assertEqual(2, result.code)
        self.assertEqual(
            f'heatconv: error: {self.site.url}top.yaml: resources.a.properties.b.get_file: '
            f'cannot fetch {self.site.url}motd: HTTP 404 Not Found',
            result.err.splitlines()[0],
        )
        self.assertEqual([], self.engine.calls)

    def test_each_command(self) -> None:
        self.engine.add('demo')
        self.site.pages['/top.yaml'] = PROPERTY % 'motd'
        self.site.pages['/motd'] = 'hello'
        for command, method in (
            (('stack', 'create', 'new'), 'create_stack'),
            (('stack', 'update', 'demo'), 'update_stack'),
            (('template', 'validate'), 'validate_template'),
        ):
            self.cli(*command, '-t', self.site.url + 'top.yaml')
            self.assertEqual({'motd': 'hello'}, self.engine.called(method)[0]['files'])


class RedirectTest(WebTestCase):
    def test_same_host(self) -> None:
        self.site.pages['/latest/top.yaml'] = redirect('/v2/top.yaml')
        self.site.pages['/v2/top.yaml'] = PROPERTY % 'motd'
        self.site.pages['/v2/motd'] = 'hello'
        self.assertEqual({'motd': 'hello'}, self.inputs(self.site.url + 'latest/top.yaml').files)

    def test_other_host_only_if_allowed(self) -> None:
        other = self.other_site({'/top.yaml': PROPERTY % 'motd', '/motd': 'hello'})
        self.site.pages['/top.yaml'] = redirect(other.url + 'top.yaml')
        url = self.site.url + 'top.yaml'
        error = self.refused(url)
        self.assertEqual(url, error.where)
        self.assertIn(f'it redirects to another host: {other.url}top.yaml', error.message)
        self.assertIn('--allow-other-hosts', error.remedy or '')
        self.assertEqual([], other.asked)
        inputs = self.inputs(url, '--allow-other-hosts')
        self.assertEqual({'motd': 'hello'}, inputs.files)

    def test_each_redirect_is_checked(self) -> None:
        other = self.other_site({})
        self.site.pages['/a'] = redirect('/b')
        self.site.pages['/b'] = redirect(other.url + 'c')
        self.assertIn('it redirects to another host', self.refused(self.site.url + 'a').message)

    def test_same_host_by_another_name_is_another_host(self) -> None:
        self.site.pages['/a'] = redirect(self.site.url.replace('127.0.0.1', 'localhost') + 'b')
        self.assertIn('it redirects to another host', self.refused(self.site.url + 'a').message)

    def test_what_is_not_http(self) -> None:
        secret = self.file('secret.yaml', TEMPLATE)
        for target in (f'file://{secret}', 'ftp://127.0.0.1/a', 'data:,a', 'http://:1/a'):
            self.site.pages['/a'] = redirect(target)
            error = self.refused(self.site.url + 'a', '--allow-other-hosts')
            self.assertIn('http or https URL', error.message)

    def test_circle(self) -> None:
        self.site.pages['/a'] = redirect('/a')
        self.assertIn('more than 5 redirects', self.refused(self.site.url + 'a').message)
        self.assertEqual(6, len(self.site.asked))

    def test_redirect_without_a_target(self) -> None:
        def answer(request: server.BaseHTTPRequestHandler) -> None:
            request.send_response(302)
            request.end_headers()

        self.site.pages['/a'] = answer
        self.assertIn('HTTP 302', self.refused(self.site.url + 'a').message)

    def test_body_of_a_redirect_is_not_read(self) -> None:
        def answer(request: server.BaseHTTPRequestHandler) -> None:
            redirect('/b')(request)
            while True:
                request.wfile.write(b'x' * 65_536)

        self.site.pages['/a'] = answer
        self.site.pages['/b'] = TEMPLATE
        self.assertIn('resources', self.inputs(self.site.url + 'a').template)

    def test_https_does_not_lead_to_http(self) -> None:
        headers = email.message.Message()
        headers['Location'] = 'http://127.0.0.1/b'
        moved = url_error.HTTPError('', 302, 'Found', headers, io.BytesIO())
        with mock.patch.object(request.OpenerDirector, 'open', side_effect=moved):
            error = self.refused('https://127.0.0.1/a', '--allow-other-hosts')
        self.assertIn('it redirects from https to http: http://127.0.0.1/b', error.message)


class LimitTest(WebTestCase):
    def fetcher(self, **options: Any) -> fetching.Fetcher:
        return fetching.Fetcher(FetchOptions(**options))

    def failure(self, fetch: Callable[[], object]) -> Any:
        return self.assertRaises(fetching.UsageError, fetch)

    def test_defaults(self) -> None:
        self.assertEqual(MAX_TEMPLATE_SIZE, FetchOptions().max_bytes)
        self.assertEqual(16 * MAX_TEMPLATE_SIZE, FetchOptions().total_bytes)

    def test_file_that_is_too_large(self) -> None:
        self.site.pages['/a'] = 'x' * 1_000
        url = self.site.url + 'a'
        self.assertEqual(1_000, len(self.fetcher(max_bytes=1_000).fetch(url, 'it', '').content))
        error = self.failure(lambda: self.fetcher(max_bytes=999).fetch(url, 'it', 'here'))
        self.assertEqual('cannot fetch it: it has more than 999 bytes', error.message)
        self.assertEqual('here', error.where)
        self.assertIn('--fetch-limit BYTES', error.remedy)

    def test_file_without_an_end(self) -> None:
        def answer(request: server.BaseHTTPRequestHandler) -> None:
            request.send_response(200)
            request.end_headers()
            while True:
                request.wfile.write(b'x' * 65_536)

        self.site.pages['/a'] = answer
        error = self.refused(self.site.url + 'a')
        self.assertIn(f'it has more than {MAX_TEMPLATE_SIZE} bytes', error.message)

    def test_option(self) -> None:
        self.site.pages['/a'] = TEMPLATE
        error = self.refused(self.site.url + 'a', '--fetch-limit', '20')
        self.assertIn('it has more than 20 bytes', error.message)

    def test_limit_of_the_configuration(self) -> None:
        file = self.file('heatconv.conf', '[engine]\nmax_template_size = 21\n')
        settings = Settings(self.directory, config_files=(file,))
        self.site.pages['/a'] = TEMPLATE
        error = self.assertRaises(
            fetching.UsageError, self.inputs, self.site.url + 'a', settings=settings
        )
        self.assertIn('it has more than 21 bytes', error.message)

    def test_configuration_that_cannot_be_read(self) -> None:
        settings = Settings(self.directory, config_files=('/does/not/exist',))
        self.assertIn('resources', self.inputs(self.template(), settings=settings).template)
        error = self.assertRaises(
            fetching.UsageError, self.inputs, self.site.url + 'a', settings=settings
        )
        self.assertIn('cannot read the configuration of the daemons', error.message)

    def test_all_files_together(self) -> None:
        fetcher = self.fetcher(max_bytes=100)
        for number in range(17):
            self.site.pages[f'/{number}'] = 'x' * 100
        for number in range(16):
            fetcher.fetch(f'{self.site.url}{number}', 'it', '')
        error = self.failure(lambda: fetcher.fetch(f'{self.site.url}16', 'it', ''))
        self.assertEqual(
            'cannot fetch it: all files together have more than 1600 bytes', error.message
        )
        self.assertIn('--fetch-limit BYTES', error.remedy)
        # What was fetched before costs nothing.
        fetcher.fetch(f'{self.site.url}0', 'it', '')

    def test_number_of_files(self) -> None:
        with mock.patch.object(fetching, 'FILES_MAX', 2):
            self.site.pages['/top.yaml'] = 'r: {a: {type: a.yaml}}'
            self.site.pages['/a.yaml'] = 'r: {a: {type: b.yaml}}'
            self.site.pages['/b.yaml'] = 'r: {}'
            error = self.refused(self.site.url + 'top.yaml')
        self.assertEqual(f'{self.site.url}a.yaml: r.a.type', error.where)
        self.assertIn('more than 2 files would be fetched', error.message)

    def test_server_that_does_not_answer_in_time(self) -> None:
        self.site.pages['/a'] = lambda request: time.sleep(3)
        error = self.failure(
            lambda: self.fetcher(timeout=0.1).fetch(self.site.url + 'a', 'it', '')
        )
        self.assertEqual('cannot fetch it: no complete answer within 0.1 s', error.message)
        self.assertIn('--fetch-timeout SECONDS', error.remedy)

    def test_server_that_answers_slowly(self) -> None:
        def answer(request: server.BaseHTTPRequestHandler) -> None:
            request.send_response(200)
            request.end_headers()
            for _ in range(300):
                request.wfile.write(b'x')
                time.sleep(0.02)

        self.site.pages['/a'] = answer
        error = self.failure(
            lambda: self.fetcher(timeout=0.2).fetch(self.site.url + 'a', 'it', '')
        )
        self.assertEqual('cannot fetch it: no complete answer within 0.2 s', error.message)

    def test_timeout_option(self) -> None:
        self.site.pages['/a'] = TEMPLATE
        with mock.patch.object(fetching, 'Fetcher', side_effect=fetching.Fetcher) as made:
            self.inputs(self.site.url + 'a')
            self.inputs(self.site.url + 'a', '--fetch-timeout', '7')
        timeouts = [call.args[0].timeout for call in made.call_args_list]
        self.assertEqual([fetch_options.TIMEOUT, 7], timeouts)

    def test_answer_that_was_cut_off(self) -> None:
        self.site.pages['/a'] = lambda request: send(request, TEMPLATE.encode(), 1_000)
        error = self.refused(self.site.url + 'a')
        self.assertIn('the connection was closed before the end of the file', error.message)
