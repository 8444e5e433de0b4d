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

"""Names in templates and environments: by URL, relative to a URL, and of local files."""

from __future__ import annotations

import pathlib
import subprocess
import sys

from heatconv.cli.input import locations
from heatconv.hot import registry
from heatconv.tests.unit.cli.base import TEMPLATE
from heatconv.tests.unit.cli.web import WebTestCase

#: Reads a local template, and prints whether what a fetch needs is loaded.
LOCAL = """
import io, sys
from heatconv.cli.input.inputs import read_template
from heatconv.cli.input.reader import Reader
read_template(sys.argv[1], Reader(io.StringIO()))
print({'heatconv.cli.input.fetching', 'urllib.request'} & set(sys.modules))
"""


class FetchedTest(WebTestCase):
    """Names in files that were fetched."""

    def test_names_are_relative_to_the_file_they_stand_in(self) -> None:
        self.site.pages |= {
            '/dir/top.yaml': 'r: {a: {type: lib/outer.yaml}, b: {get_file: ./own}}',
            '/dir/own': 'owned',
            '/dir/lib/outer.yaml': 'r: {b: {type: deep/inner.yaml}, c: {get_file: ../../motd}}',
            '/dir/lib/deep/inner.yaml': 'a: {get_file: ../own%20file}',
            '/dir/lib/own%20file': 'with a space',
            '/motd': 'hello',
        }
        inputs = self.inputs(self.site.url + 'dir/top.yaml')
        self.assertEqual(
            {'r': {'a': {'type': 'lib/outer.yaml'}, 'b': {'get_file': 'own'}}}, inputs.template
        )
        self.assertEqual(
            {
                'own': 'owned',
                'lib/outer.yaml': {
                    'r': {'b': {'type': 'lib/deep/inner.yaml'}, 'c': {'get_file': '../motd'}}
                },
                'lib/deep/inner.yaml': {'a': {'get_file': 'lib/own%20file'}},
                'lib/own%20file': 'with a space',
                '../motd': 'hello',
            },
            inputs.files,
        )

    def test_downloaded_copies_are_sent_alike(self) -> None:
        pages = {
            'top.yaml': 'r: {a: {type: lib/a.yaml}}',
            'lib/a.yaml': 'm: {get_file: ../motd}',
            'motd': 'hello',
        }
        (self.directory / 'lib').mkdir()
        for name, text in pages.items():
            self.site.pages[f'/dir/{name}'] = text
            self.file(name, text)
        self.assertEqual(
            self.inputs(str(self.directory / 'top.yaml')),
            self.inputs(self.site.url + 'dir/top.yaml'),
        )

    def test_characters_that_a_url_cannot_have(self) -> None:
        self.site.pages |= {
            '/top.yaml': 'a: {get_file: "grüße an: alle"}',
            '/gr%C3%BC%C3%9Fe%20an:%20alle': 'hello',
        }
        self.assertEqual(['hello'], list(self.inputs(self.site.url + 'top.yaml').files.values()))

    def test_line_ends(self) -> None:
        self.site.pages |= {'/top.yaml': 'a: {get_file: motd}', '/motd': 'a\r\nb\rc\n'}
        self.assertEqual('a\nb\nc\n', self.inputs(self.site.url + 'top.yaml').files['motd'])

    def test_environment_and_registry(self) -> None:
        self.site.pages |= {
            '/stacks/top.yaml': TEMPLATE,
            '/types/env.yaml': 'resource_registry: {"My::A": thing.yaml, '
            '"My::B": "OS::Heat::None", '
            'resources: {x: {"My::C": more/thing.yaml, hooks: pre-create}}}',
            '/types/thing.yaml': 'a: 1',
            '/types/more/thing.yaml': 'a: {get_file: ../motd}',
            '/types/motd': 'hello',
        }
        inputs = self.inputs(
            self.site.url + 'stacks/top.yaml', '-e', self.site.url + 'types/env.yaml'
        )
        self.assertEqual(
            {
                'My::A': '../types/thing.yaml',
                'My::B': 'OS::Heat::None',
                'resources': {'x': {'My::C': '../types/more/thing.yaml', 'hooks': 'pre-create'}},
            },
            inputs.environment['resource_registry'],
        )
        self.assertEqual(
            {
                '../types/thing.yaml': {'a': 1},
                '../types/more/thing.yaml': {'a': {'get_file': '../types/motd'}},
                '../types/motd': 'hello',
            },
            inputs.files,
        )

    def test_base_url(self) -> None:
        self.site.pages |= {
            '/env.yaml': 'resource_registry: {base_url: lib, "My::A": a.yaml, '
            'resources: {x: {base_url: /deep/, "My::B": b.yaml}}}',
            '/lib/a.yaml': 'a: 1',
        }
        error = self.refused(self.template(), '-e', self.site.url + 'env.yaml')
        self.assertEqual(
            f'{self.site.url}env.yaml: resource_registry.resources.x.base_url', error.where
        )
        self.site.pages['/env.yaml'] = self.site.pages['/env.yaml'].replace('/deep/', 'deep/')
        self.site.pages['/lib/deep/b.yaml'] = 'b: 1'
        inputs = self.inputs(self.template(), '-e', self.site.url + 'env.yaml')
        url = self.site.url
        self.assertEqual(
            {
                'My::A': f'{url}lib/a.yaml',
                'resources': {'x': {'My::B': f'{url}lib/deep/b.yaml'}},
            },
            inputs.environment['resource_registry'],
        )
        self.assertEqual(
            {f'{url}lib/a.yaml': {'a': 1}, f'{url}lib/deep/b.yaml': {'b': 1}}, inputs.files
        )

    def test_other_host_only_if_allowed(self) -> None:
        other = self.other_site({'/a.yaml': 'a: {get_file: motd}', '/motd': 'hello'})
        self.site.pages['/top.yaml'] = f'r: {{a: {{type: "{other.url}a.yaml"}}}}'
        error = self.refused(self.site.url + 'top.yaml')
        self.assertEqual(f'{self.site.url}top.yaml: r.a.type', error.where)
        self.assertEqual(
            f'cannot fetch {other.url}a.yaml: it is on another host than the file that names it',
            error.message,
        )
        self.assertIn('--allow-other-hosts', error.remedy or '')
        self.assertEqual([], other.asked)
        inputs = self.inputs(self.site.url + 'top.yaml', '--allow-other-hosts')
        self.assertEqual({'r': {'a': {'type': f'{other.url}a.yaml'}}}, inputs.template)
        self.assertEqual({f'{other.url}a.yaml', f'{other.url}motd'}, set(inputs.files))

    def test_https_does_not_name_http(self) -> None:
        self.site.pages['/motd'] = 'hello'
        for options in ((), ('--allow-other-hosts',)):
            with self.served(
                'https://127.0.0.1/top.yaml', f'a: {{get_file: "{self.site.url}motd"}}'
            ):
                error = self.refused('https://127.0.0.1/top.yaml', *options)
            self.assertIn('by https names it by http', error.message)

    def test_local_files_are_refused(self) -> None:
        secret = self.file('secret', 'not for you')
        named = (
            secret,
            f'file://{secret}',
            f'FILE://{secret}',
            f'file:{secret}',
            f'/{secret}',
            '\\secret',
        )
        for name in named:
            for text, place in (
                (f'a: {{get_file: "{name}"}}', 'a.get_file'),
                (f'r: [{{type: "{name}.yaml"}}]', 'r.0.type'),
            ):
                self.site.pages['/top.yaml'] = text.replace('\\', '\\\\')
                error = self.refused(self.site.url + 'top.yaml', '--allow-other-hosts')
                self.assertIn('cannot name the local file', error.message)
                self.assertEqual(f'{self.site.url}top.yaml: {place}', error.where)
                self.assertIn('relative to the URL', error.remedy or '')
        self.assertEqual({'/top.yaml'}, set(self.site.asked))

    def test_local_files_are_refused_in_nested_templates_and_environments(self) -> None:
        secret = self.file('secret.yaml', 'a: 1')
        self.site.pages |= {
            '/nested.yaml': f'a: {{get_file: "file://{secret}"}}',
            '/env.yaml': f'resource_registry: {{"My::A": "file://{secret}"}}',
            '/base.yaml': f'resource_registry: {{base_url: "file://{self.directory}", '
            '"My::A": secret.yaml}',
        }
        local = self.file('local.yaml', f'r: {{type: "{self.site.url}nested.yaml"}}')
        for argv, where in (
            ((local,), 'nested.yaml: a.get_file'),
            (
                (self.template(), '-e', self.site.url + 'env.yaml'),
                'env.yaml: resource_registry.My::A',
            ),
            (
                (self.template(), '-e', self.site.url + 'base.yaml'),
                'base.yaml: resource_registry.base_url',
            ),
        ):
            error = self.refused(*argv)
            self.assertIn('cannot name the local file', error.message)
            self.assertEqual(self.site.url + where, error.where)

    def test_climbing_out_of_the_site_stays_on_it(self) -> None:
        self.site.pages |= {'/top.yaml': 'a: {get_file: ../../etc/passwd}', '/etc/passwd': 'site'}
        inputs = self.inputs(self.site.url + 'top.yaml')
        self.assertEqual({'etc/passwd': 'site'}, inputs.files)

    def test_other_schemes_are_refused(self) -> None:
        for name in ('ftp://127.0.0.1/a', 'data://a', 'gopher://127.0.0.1/'):
            self.site.pages['/top.yaml'] = f'a: {{get_file: "{name}"}}'
            error = self.refused(self.site.url + 'top.yaml')
            self.assertIn('is not an http, https or file URL', error.message)
        self.site.pages |= {'/top.yaml': 'a: {get_file: "data:,a"}', '/data:,a': 'a file'}
        self.assertEqual(['a file'], list(self.inputs(self.site.url + 'top.yaml').files.values()))

    def test_place_of_a_template_that_is_not_valid(self) -> None:
        self.site.pages |= {'/top.yaml': 'r: {type: bad.yaml}', '/bad.yaml': 'a: ['}
        error = self.refused(self.site.url + 'top.yaml')
        self.assertEqual(self.site.url + 'bad.yaml', error.where)
        self.assertIn('line 2', error.message)

    def test_long_chain_of_templates(self) -> None:
        for number in range(150):
            self.site.pages[f'/{number}.yaml'] = f'r: {{a: {{type: {number + 1}.yaml}}}}'
        self.site.pages['/150.yaml'] = 'a: 1'
        self.assertEqual(150, len(self.inputs(self.site.url + '0.yaml').files))


class LocalTest(WebTestCase):
    """URLs in local files, and local files beside URLs."""

    def test_local_template_names_urls(self) -> None:
        url = self.site.url
        self.site.pages |= {'/a.yaml': 'a: {get_file: motd}', '/motd': 'hello'}
        root = self.file(
            'root.yaml', f'r: {{type: "{url}a.yaml"}}\nm: {{get_file: "{url}motd#x"}}'
        )
        inputs = self.inputs(root)
        self.assertEqual(
            {'r': {'type': f'{url}a.yaml'}, 'm': {'get_file': f'{url}motd'}}, inputs.template
        )
        self.assertEqual(
            {f'{url}a.yaml': {'a': {'get_file': f'{url}motd'}}, f'{url}motd': 'hello'},
            inputs.files,
        )

    def test_place_of_a_url_that_fails(self) -> None:
        root = self.file('root.yaml', f'r: {{a: {{type: "{self.site.url}a.yaml"}}}}')
        error = self.refused(root)
        self.assertEqual(f'{root}: r.a.type', error.where)
        self.assertEqual(f'cannot fetch {self.site.url}a.yaml: HTTP 404 Not Found', error.message)

    def test_local_environment_names_urls(self) -> None:
        other = self.other_site({'/lib/a.yaml': 'a: 1', '/b.yaml': 'b: 1'})
        environment = self.file(
            'env.yaml',
            f'resource_registry: {{base_url: "{other.url}lib", "My::A": a.yaml, '
            f'"My::B": "{other.url}b.yaml"}}',
        )
        inputs = self.inputs(self.template(), '-e', environment)
        self.assertEqual(
            {'My::A': f'{other.url}lib/a.yaml', 'My::B': f'{other.url}b.yaml'},
            inputs.environment['resource_registry'],
        )

    def test_local_environment_of_a_template_by_url(self) -> None:
        self.site.pages['/top.yaml'] = 'a: {type: thing.yaml}'
        self.site.pages['/thing.yaml'] = 'fetched: 1'
        thing = self.file('thing.yaml', 'local: {get_file: motd}')
        motd = self.file('motd', 'hello')
        environment = self.file('env.yaml', 'resource_registry: {"My::A": thing.yaml}')
        inputs = self.inputs(self.site.url + 'top.yaml', '-e', environment)
        name = pathlib.Path(thing).as_uri()
        self.assertEqual({'My::A': name}, inputs.environment['resource_registry'])
        self.assertEqual(
            {
                'thing.yaml': {'fetched': 1},
                name: {'local': {'get_file': pathlib.Path(motd).as_uri()}},
                pathlib.Path(motd).as_uri(): 'hello',
            },
            inputs.files,
        )

    def test_file_urls(self) -> None:
        motd = self.file('a file', 'hello')
        uri = pathlib.Path(motd).as_uri()
        root = self.file('root.yaml', f'a: {{get_file: "{uri}"}}')
        for template in (root, pathlib.Path(root).as_uri()):
            self.assertEqual({motd: 'hello'}, self.inputs(template).files)
        self.file('root.yaml', f'a: {{get_file: "{uri.replace("///", "//host/")}"}}')
        error = self.refused(root)
        self.assertIn('names a file of another host', error.message)
        self.assertEqual(f'{root}: a.get_file', error.where)

    def test_registry_names_a_file_url(self) -> None:
        thing = pathlib.Path(self.file('thing.yaml', 'a: 1'))
        environment = self.file('env.yaml', f'resource_registry: {{"My::A": "{thing.as_uri()}"}}')
        inputs = self.inputs(self.template(), '-e', environment)
        self.assertEqual({'thing.yaml': {'a': 1}}, inputs.files)

    def test_local_base_url(self) -> None:
        (self.directory / 'lib').mkdir()
        self.file('lib/a.yaml', 'a: 1')
        environment = self.file(
            'env.yaml', 'resource_registry: {base_url: ./lib, "My::A": a.yaml}'
        )
        inputs = self.inputs(self.template(), '-e', environment)
        self.assertEqual({'My::A': 'lib/a.yaml'}, inputs.environment['resource_registry'])
        self.assertEqual({'lib/a.yaml': {'a': 1}}, inputs.files)

    def test_absolute_path(self) -> None:
        motd = self.file('motd', 'hello')
        root = self.file('root.yaml', f'a: {{get_file: {motd}}}')
        self.assertEqual({motd: 'hello'}, self.inputs(root).files)

    def test_template_with_a_query_has_a_name_that_the_engine_recognizes(self) -> None:
        url = f'{self.site.url}a.yaml?version=2'
        self.site.pages['/a.yaml?version=2'] = 'a: 1'
        root = self.file('root.yaml', f'r: {{type: "{url}"}}')
        self.site.pages['/top.yaml'] = 'r: {type: "a.yaml?version=2"}'
        for template in (root, self.site.url + 'top.yaml'):
            inputs = self.inputs(template)
            self.assertEqual({'r': {'type': url + '#.yaml'}}, inputs.template)
            self.assertEqual({url + '#.yaml': {'a': 1}}, inputs.files)
        self.assertTrue(registry.is_template(url + '#.yaml'))

    def test_local_files_need_nothing_to_fetch(self) -> None:
        done = subprocess.run(
            [sys.executable, '-c', LOCAL, self.template()], capture_output=True, text=True
        )
        self.assertEqual(('set()\n', ''), (done.stdout, done.stderr))


class UrlTest(WebTestCase):
    def test_urls_that_are_not_valid(self) -> None:
        for url in ('http://', 'http://host:port/', 'https://[::1/', 'http://host:99999/'):
            self.assertIn('is not a valid http or https URL', self.refused(url).message)
        error = self.refused('ftp://host/top.yaml')
        self.assertIn('is not an http, https or file URL', error.message)

    def test_password_is_refused_and_not_repeated(self) -> None:
        result = self.cli('template', 'validate', '-t', 'https://user:hunter2@host/top.yaml')
        self.assertEqual(2, result.code)
        self.assertIn('a URL must not contain a user name or password', result.err)
        self.assertNotIn('hunter2', result.err)
        self.assertIn('https://host/top.yaml', result.err)

    def test_normal_form(self) -> None:
        for url, normal in (
            ('HTTPS://Host', 'https://host/'),
            ('http://host/a b?c=d e#f', 'http://host/a%20b?c=d%20e'),
            ('http://host/a%20b', 'http://host/a%20b'),
        ):
            self.assertEqual(normal, locations.checked_url(url, ''))

    def test_site(self) -> None:
        site = locations.site_of('https://host/a')
        for url in ('https://host:443/b', 'http://host/', 'http://HOST:80/'):
            self.assertEqual(site, locations.site_of(url))
        for url in ('https://other/a', 'https://host:8443/a', 'https://sub.host/a'):
            self.assertNotEqual(site, locations.site_of(url))
