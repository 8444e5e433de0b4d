"""Two users of two projects, who log in at Keystone."""

from __future__ import annotations

import urllib.error
import urllib.request

from heatconv.tests.heat_api.client import Client
from heatconv.tests.heat_api.running import SiteTest
from heatconv.tests.heat_api.templates import GREETING, NOTHING


class KeystoneTest(SiteTest):
    """Alice of project blue is who runs commands; bob is of project green."""

    keystone = True

    def client_of_test(self) -> Client:
        self.bob = Client(self.site.user('bob'), self.home)
        return Client(self.site.user('alice'), self.home)

    def cleaned(self, name: str) -> str:
        """Have a stack of alice's deleted at the end; return its name."""
        self.addCleanup(self.client.run, 'stack', 'delete', '-y', name)
        return name


class TestUser(KeystoneTest):
    def test_stack(self) -> None:
        name = self.cleaned('greeting')
        made = self.create(name, self.template(**GREETING), '--parameter', 'name=alice')
        shown = self.json('stack', 'show', made['id'])
        self.assertEqual('CREATE_COMPLETE', shown['stack_status'])
        self.assertEqual('alice', shown['stack_owner'])
        self.assertEqual(self.token()['project_id'], shown['parameters']['OS::project_id'])
        self.assertIn('Hello, alice', str(shown['outputs']))
        self.works('stack', 'delete', '-y', '--wait', name)
        self.assertNotIn(name, self.works('stack', 'list').out)

    def token(self) -> dict[str, str]:
        """Return a token of alice's."""
        issued: dict[str, str] = self.json('token', 'issue')
        return issued

    def test_catalogue(self) -> None:
        listed = {one['Name']: one for one in self.json('catalog', 'list')}
        self.assertEqual('orchestration', listed['heat']['Type'])
        urls = {one['interface']: one['url'] for one in listed['heat']['Endpoints']}
        project = self.token()['project_id']
        self.assertEqual(f'{self.site.heat_api.url}/v1/{project}', urls['public'])

    def test_no_token(self) -> None:
        self.assertEqual(401, self.status({}))
        self.assertEqual(401, self.status({'X-Auth-Token': 'made-up'}))
        self.assertEqual(200, self.status({'X-Auth-Token': self.token()['id']}))

    def status(self, headers: dict[str, str]) -> int:
        """Return what a request for the stacks of blue is answered with."""
        project = self.token()['project_id']
        url = f'{self.site.heat_api.url}/v1/{project}/stacks'
        request = urllib.request.Request(url, headers=headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def test_wrong_password(self) -> None:
        variables = {**self.site.user('alice'), 'OS_PASSWORD': 'wrong'}
        answer = Client(variables, self.home).run('stack', 'list')
        self.assertEqual(1, answer.code, str(answer))
        self.assertIn('HTTP 401', answer.err)

    def test_services_are_for_admins(self) -> None:
        said = self.refused('orchestration', 'service', 'list')
        self.assertEqual('ERROR: You are not authorized to use service:index.', said)


class TestTwoProjects(KeystoneTest):
    def test_stacks_of_others_are_not_there(self) -> None:
        name = self.cleaned('secret')
        made = self.create(name, self.template(NOTHING))
        answer = self.bob.run('stack', 'list', '-f', 'json')
        self.assertEqual((0, []), (answer.code, answer.json()), str(answer))
        template = self.template(NOTHING, 'other.yaml')
        for words in (
            *(('show', made['id']), ('show', name), ('delete', '-y', made['id'])),
            *(('update', '-t', template, made['id']), ('resource', 'list', made['id'])),
            *(('event', 'list', made['id']), ('template', 'show', made['id'])),
        ):
            answer = self.bob.run('stack', *words)
            self.assertEqual(1, answer.code, str(answer))
            self.assertRegex(answer.said, 'not found|could not be found')
        self.assertEqual('CREATE_COMPLETE', self.json('stack', 'show', name)['stack_status'])

    def test_same_name_in_both(self) -> None:
        name = self.cleaned('same')
        self.create(name, self.template(NOTHING))
        template = self.template(NOTHING)
        answer = self.bob.run('stack', 'create', name, '-t', template, '-f', 'json')
        self.assertEqual(0, answer.code, str(answer))
        self.addCleanup(self.bob.run, 'stack', 'delete', '-y', '--wait', name)
        self.assertNotEqual(self.json('stack', 'show', name)['id'], answer.json()['id'])

    def test_url_of_another_project(self) -> None:
        blue = self.json('token', 'issue')['project_id']
        token = self.bob.run('token', 'issue', '-f', 'json').json()
        self.assertNotEqual(blue, token['project_id'])
        tokened = {
            'OS_AUTH_TYPE': 'admin_token',
            'OS_TOKEN': token['id'],
            'OS_ENDPOINT': f'{self.site.heat_api.url}/v1/{blue}',
        }
        answer = Client(tokened, self.home).run('stack', 'list')
        self.assertEqual(1, answer.code, str(answer))
        self.assertIn('Access was denied', answer.err)
