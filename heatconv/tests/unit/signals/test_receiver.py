"""Signals by HTTP: those that are authorized reach their resource, others change nothing."""

from __future__ import annotations

import io
import json
import os
import resource
import shlex
import threading
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import unquote, urlsplit

import fixtures

from heatconv import exception
from heatconv.convergence.evolve import evolve
from heatconv.convergence.step import Commit, RowGuard, RowWrite
from heatconv.engine.plugin_view import as_plugin_sees
from heatconv.engine.signals import Signals
from heatconv.runtime import effects
from heatconv.signals import server as server_module
from heatconv.signals.app import HEALTH, SignalApplication
from heatconv.signals.rate import RateLimit
from heatconv.signals.receiver import Receiver
from heatconv.signals.server import SignalServer
from heatconv.signals.signatures import Signatures, Subject
from heatconv.signals.urls import SignedUrls
from heatconv.storage.base import StoreUnavailable
from heatconv.tests.unit.engine.parts import thing
from heatconv.tests.unit.engine.test_scaling import ScalingTestCase, group, policy

HANDLE = {'type': 'OS::Heat::WaitConditionHandle'}
AWS_HANDLE = {'type': 'AWS::CloudFormation::WaitConditionHandle'}
KEY = 'k' * 32


def post(url: str, body: bytes) -> int:
    """Send a request over the network; return the status."""
    try:
        with urllib.request.urlopen(url, body, timeout=30) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


class SignalsTestCase(ScalingTestCase):
    """Stacks with signed URLs, and the application that takes signals."""

    def anew(self) -> None:
        super().anew()
        self.signatures = Signatures([KEY])
        parts = self.parts
        children = parts.registry.plugin('OS::Heat::ScalingPolicy').children
        parts.registry.nest(children, None, SignedUrls('http://host:8006', self.signatures))
        self.application = self.make_application()

    def make_application(self, rate: RateLimit | None = None, patience: float = 0.0) -> Any:
        self.receiver = Receiver(
            self.store,
            Signals(self.store, self.parts.registry),
            self.signatures,
            rate or RateLimit(0, 1),
            self.parts.clock.now,
            self.parts.elapse,
            patience,
        )
        return SignalApplication(self.receiver, 1_000)

    def send(
        self, url: str, body: Any = None, method: str = 'POST', **environ: str
    ) -> tuple[int, str]:
        """Send a request; return the status and the result."""
        parts = urlsplit(url)
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        data = b'' if body is None else data
        answers: list[Any] = []
        environment = {
            'REQUEST_METHOD': method,
            'PATH_INFO': unquote(parts.path, encoding='latin-1'),
            'QUERY_STRING': parts.query,
            'CONTENT_LENGTH': str(len(data)),
            'wsgi.input': io.BytesIO(data),
            **environ,
        }
        content = self.application(environment, lambda *answer: answers.append(answer))
        (((status, self.headers),),) = ([answers[0]],)
        return int(status.split()[0]), json.loads(b''.join(content))['result']

    def attribute(self, identity: Any, resource: str, name: str) -> Any:
        return self.rows(identity)[resource].attributes[name]

    def received(self, identity: Any, resource: str = 'handle') -> Any:
        """Return the signals that a handle has received."""
        return self.call('describe_stack_resource', identity, resource)['metadata']


class HandleTest(SignalsTestCase):
    def test_curl(self) -> None:
        identity = self.made({'handle': HANDLE})
        endpoint = self.attribute(identity, 'handle', 'endpoint')
        token = self.attribute(identity, 'handle', 'token')
        command = self.attribute(identity, 'handle', 'curl_cli')
        words = shlex.split(command)
        self.assertEqual(['curl', '-i', '-X', 'POST'], words[:4])
        self.assertEqual(endpoint, words[-1])
        self.assertIn(f'X-Auth-Token: {token}', words)
        signal = {'status': 'SUCCESS', 'data': 1, 'id': 'a'}
        self.assertEqual((200, 'received'), self.send(endpoint, signal, HTTP_X_AUTH_TOKEN=token))
        self.assertEqual(1, self.received(identity)['a']['data'])
        self.assertEqual((200, 'received'), self.send(f'{endpoint}?signature={token}'))
        self.assertEqual(2, len(self.received(identity)))

    def test_condition_completes(self) -> None:
        condition = {
            'type': 'OS::Heat::WaitCondition',
            'properties': {'handle': {'get_resource': 'handle'}, 'timeout': 9, 'count': 2},
        }
        identity = self.create({'handle': HANDLE, 'condition': condition})
        self.parts.rest(most=20)
        url = json.loads(self.attribute(identity, 'handle', 'signal'))['alarm_url']
        for number in range(2):
            self.send(url, {'id': str(number)})
        self.parts.recover()
        self.assertEqual('CREATE_COMPLETE', self.state(identity))

    def test_more_signals_are_waited_for_anew(self) -> None:
        def condition(count: int) -> dict[str, Any]:
            given = {'handle': {'get_resource': 'handle'}, 'timeout': 50, 'count': count}
            return {'type': 'OS::Heat::WaitCondition', 'properties': given}

        identity = self.create({'handle': HANDLE, 'condition': condition(1)})
        self.parts.rest(most=20)
        url = json.loads(self.attribute(identity, 'handle', 'signal'))['alarm_url']
        self.send(url)
        self.parts.recover()
        self.assertEqual('CREATE_COMPLETE', self.state(identity))
        self.parts.elapse(100)
        self.update(identity, {'handle': HANDLE, 'condition': condition(2)})
        self.parts.rest(most=20)
        self.assertEqual('UPDATE_IN_PROGRESS', self.state(identity))
        self.send(url)
        self.parts.rest()
        self.parts.recover()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)

    def test_transports(self) -> None:
        for transport, known in (
            ('TOKEN_SIGNAL', {'token', 'endpoint', 'curl_cli', 'signal'}),
            ('CFN_SIGNAL', {'signal'}),
            ('HEAT_SIGNAL', {'signal'}),
            ('NO_SIGNAL', set()),
        ):
            handle = {**HANDLE, 'properties': {'signal_transport': transport}}
            identity = self.made({'handle': handle}, transport)
            attributes = self.rows(identity)['handle'].attributes
            self.assertEqual(known, {name for name, value in attributes.items() if value})
        for transport, service in (('TEMP_URL_SIGNAL', 'Swift'), ('ZAQAR_SIGNAL', 'Zaqar')):
            handle = {**HANDLE, 'properties': {'signal_transport': transport}}
            error = self.refused(
                exception.StackValidationFailed, self.create, {'handle': handle}, 'no'
            )
            self.assertIn(f'{transport} needs {service}', str(error))

    def test_cfn_signal(self) -> None:
        condition = {
            'type': 'AWS::CloudFormation::WaitCondition',
            'properties': {'Handle': {'get_resource': 'handle'}, 'Timeout': 9},
        }
        identity = self.create(
            {
                'handle': AWS_HANDLE,
                'condition': condition,
                'url': thing({'get_resource': 'handle'}),
            },
            outputs={'data': {'value': {'get_attr': ['condition', 'Data']}}},
        )
        self.parts.rest(most=30)
        url = self.attribute(identity, 'url', 'output')
        signal = {'Status': 'SUCCESS', 'Reason': 'why', 'UniqueId': 'u', 'Data': 'd'}
        for wrong in (
            {**signal, 'Status': 'success'},
            {**signal, 'UniqueId': ''},
            {**signal, 'more': 1},
            {'Status': 'SUCCESS'},
        ):
            self.assertEqual(400, self.send(url, wrong, 'PUT')[0])
        self.assertEqual((200, 'received'), self.send(url, signal, 'PUT'))
        self.parts.recover()
        self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        self.assertEqual({'data': '{"u": "d"}'}, self.outputs(identity))
        self.assertEqual(
            {'u': {'Status': 'SUCCESS', 'Reason': 'why', 'Data': 'd'}}, self.received(identity)
        )

    def test_failure_by_cfn_signal(self) -> None:
        condition = {
            'type': 'AWS::CloudFormation::WaitCondition',
            'properties': {'Handle': {'get_resource': 'handle'}, 'Timeout': 9},
        }
        identity = self.create({'handle': AWS_HANDLE, 'condition': condition})
        self.parts.rest(most=20)
        url = self.rows(identity)['handle'].attributes['OS::stack_id']
        signal = {'Status': 'FAILURE', 'Reason': 'broken', 'UniqueId': 'u', 'Data': ''}
        self.send(url, signal, 'PUT')
        self.parts.recover()
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertIn('broken', self.stack(identity).reason)

    def test_ids(self) -> None:
        identity = self.made({'handle': HANDLE, 'aws': AWS_HANDLE})
        url = json.loads(self.attribute(identity, 'handle', 'signal'))['alarm_url']
        cfn_url = self.attribute(identity, 'aws', 'OS::stack_id')
        for signal_id, taken in (
            ('x' * 255, 'x' * 255),
            ('é', 'é'),
            (7, '7'),
            ('a', 'a'),
            # The same key in MariaDB.
            ('a  ', 'a'),
            (' a', ' a'),
            ('x' * 256, None),
            ('', None),
            ('  ', None),
            ('a\0', None),
            (1.5, None),
            ([], None),
        ):
            signal = {'Status': 'SUCCESS', 'Reason': '', 'UniqueId': signal_id, 'Data': ''}
            answers = [self.send(url, {'id': signal_id}), self.send(cfn_url, signal, 'PUT')]
            if taken is None:
                self.assertEqual([400, 400], [status for status, _ in answers], signal_id)
                self.assertIn('the id of a signal must be', answers[0][1])
                self.assertIn('the UniqueId of a signal must be', answers[1][1])
            else:
                self.assertEqual([(200, 'received')] * 2, answers, signal_id)
                self.assertIn(taken, self.received(identity))
                self.assertIn(taken, self.received(identity, 'aws'))
        self.assertEqual(5, len(self.received(identity)))

    def test_handle_that_each_update_replaces(self) -> None:
        handle = {'type': 'OS::Heat::UpdateWaitConditionHandle'}
        identity = self.made({'handle': handle})
        before = self.rows(identity)['handle'].token
        self.update(identity, {'handle': handle, 'other': thing()})
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        self.assertNotEqual(before, self.rows(identity)['handle'].token)


class DeploymentTest(SignalsTestCase):
    def resources(self, value: str) -> dict[str, Any]:
        deployment = {
            'server': 'server',
            'config': {'get_resource': 'config'},
            'input_values': {'value': value},
            'actions': ['CREATE', 'UPDATE', 'DELETE'],
        }
        return {
            'config': {'type': 'OS::Heat::SoftwareConfig', 'properties': {'config': 'run'}},
            'deployment': {'type': 'OS::Heat::SoftwareDeployment', 'properties': deployment},
        }

    def url(self) -> str:
        """Return the URL that the server of the deployment has now."""
        (deployment,) = self.call('list_software_deployments')
        config = self.call('show_software_config', deployment['config_id'])
        inputs = {one['name']: one.get('value') for one in config['inputs']}
        return str(inputs['deploy_signal_id'])

    def test_signal_of_an_earlier_action_has_no_effect(self) -> None:
        identity = self.create(self.resources('a'))
        self.parts.rest(most=20)
        created = self.url()
        self.assertEqual((200, 'received'), self.send(created, {'deploy_status_code': 0}))
        self.parts.recover()
        self.assertEqual('CREATE_COMPLETE', self.state(identity))
        self.update(identity, self.resources('b'))
        self.parts.rest(most=20)
        # The server repeats a signal, because the answer was lost.
        self.assertIn('ignored', self.send(created, {'deploy_status_code': 0})[1])
        (deployment,) = self.call('list_software_deployments')
        self.assertEqual('IN_PROGRESS', deployment['status'])
        updated = self.url()
        self.assertEqual((200, 'received'), self.send(updated, {'deploy_status_code': 0}))
        self.parts.recover()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        self.call('delete_stack', identity)
        self.parts.rest(most=20)
        for earlier in (created, updated):
            self.assertIn('ignored', self.send(earlier, {'deploy_status_code': 0})[1])
        deleted = self.url()
        self.assertEqual((200, 'received'), self.send(deleted, {'deploy_status_code': 0}))
        self.parts.recover()
        self.assertIsNotNone(self.stack(identity).deleted_at)
        self.assertEqual([], self.call('list_software_deployments'))

    def test_failure_by_a_signed_url(self) -> None:
        self.create(self.resources('a'))
        self.parts.rest(most=20)
        self.assertEqual((200, 'received'), self.send(self.url(), {'deploy_status_code': 3}))
        (deployment,) = self.call('list_software_deployments')
        self.assertEqual('FAILED', deployment['status'])
        self.assertIn('non-zero status code: 3', deployment['status_reason'])

    def test_signal_that_is_no_map(self) -> None:
        identity = self.create(self.resources('a'))
        self.parts.rest(most=20)
        for wrong in ('failed', [{'deploy_status_code': 1}], 1, False):
            self.assertEqual((400, 'a signal must be a map'), self.send(self.url(), wrong))
        (deployment,) = self.call('list_software_deployments')
        self.assertEqual('IN_PROGRESS', deployment['status'])
        # Without data it reports a success.
        self.assertEqual((200, 'received'), self.send(self.url()))
        self.parts.recover()
        self.assertEqual('CREATE_COMPLETE', self.state(identity))


class AuthorizationTest(SignalsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.identity = self.made({'handle': HANDLE, 'other': HANDLE})
        self.endpoint = self.attribute(self.identity, 'handle', 'endpoint')
        self.token = self.attribute(self.identity, 'handle', 'token')

    def assert_refused(self, url: str, token: str) -> None:
        answer = self.send(url, None, HTTP_X_AUTH_TOKEN=token)
        self.assertEqual((403, 'the signature is not valid, or has expired'), answer)

    def test_bad_and_foreign(self) -> None:
        self.assert_refused(self.endpoint, '')
        self.assert_refused(self.endpoint, self.token[:-1] + 'x')
        self.assert_refused(self.endpoint, self.attribute(self.identity, 'other', 'token'))
        foreign = Signatures(['f' * 32])
        parts = self.endpoint.split('/')[-4:]
        self.assert_refused(self.endpoint, foreign.sign(Subject(*parts)))
        self.assertEqual({}, self.received(self.identity))

    def test_late(self) -> None:
        self.call('delete_stack', self.identity)
        self.parts.rest()
        self.assert_refused(self.endpoint, self.token)

    def test_while_it_is_deleted(self) -> None:
        self.call('delete_stack', self.identity)
        self.parts.prepare_all()
        row = self.rows(self.identity)['handle']
        while row.action != 'DELETE':
            check = self.parts.start(self.parts.checker().check(self.heard.keys.pop(0)))
            check.until(effects.CallPlugin)
            row = self.store.row(row.id)
        self.assertEqual('IN_PROGRESS', row.status)
        self.assert_refused(self.endpoint, self.token)

    def test_replaced(self) -> None:
        handle = {**HANDLE, 'properties': {'signal_transport': 'CFN_SIGNAL'}}
        self.update(self.identity, {'handle': handle, 'other': HANDLE})
        self.parts.rest()
        self.assert_refused(self.endpoint, self.token)

    def test_moved_to_another_resource(self) -> None:
        # Signed with the right key, but for a resource that does not exist like that.
        row = self.rows(self.identity)['handle']
        subject = Subject('project', self.identity['stack_id'], 'other', row.token)
        url = f'http://host/v1/signal/project/{subject.stack_id}/other/{row.token}'
        self.assert_refused(url, self.signatures.sign(subject))

    def test_replaced_that_is_still_there(self) -> None:
        row = self.rows(self.identity)['handle']
        saved = evolve(row, replaced_by='other', version=row.version + 1)
        self.store.commit([Commit(row=RowWrite(RowGuard.UNCLAIMED, row, saved))])
        self.assert_refused(self.endpoint, self.token)

    def test_log_is_bounded(self) -> None:
        for number in range(100):
            self.assert_refused(f'{self.endpoint}{number}', 'bad')
        self.assertLess(self.log.output.count('are refused'), 30)

    def test_part_is_signed(self) -> None:
        row = self.rows(self.identity)['handle']
        resource = as_plugin_sees(self.stack(self.identity), row)
        url = SignedUrls('http://host:8006', self.signatures).signed(resource, '2')
        self.assertIn('part=2', url)
        for other in (url.replace('part=2', 'part=3'), url.replace('part=2&', '')):
            self.assert_refused(other, '')
        # A handle awaits no parts.
        self.assertEqual(400, self.send(url)[0])

    def test_each_is_logged_once(self) -> None:
        for _ in range(3):
            self.assert_refused(self.endpoint, 'bad')
        self.assertEqual(1, self.log.output.count('are refused'))
        self.assertNotIn(self.token, self.log.output)

    def test_rotated_key(self) -> None:
        self.receiver._signatures = Signatures(['n' * 32, KEY])
        answer = self.send(self.endpoint, None, HTTP_X_AUTH_TOKEN=self.token)
        self.assertEqual((200, 'received'), answer)

    def test_hook_is_not_cleared(self) -> None:
        answer = self.send(
            self.endpoint, {'unset_hook': 'pre-update'}, HTTP_X_AUTH_TOKEN=self.token
        )
        self.assertEqual(400, answer[0])


class RequestTest(SignalsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.identity = self.made({'handle': HANDLE, 'group': group(), 'up': policy(cooldown=60)})
        url = self.attribute(self.identity, 'handle', 'signal')
        self.url = json.loads(url)['alarm_url']

    def test_method_path_and_body(self) -> None:
        self.assertEqual(405, self.send(self.url, method='GET')[0])
        self.assertIn(('Allow', 'POST, PUT'), self.headers)
        self.assertEqual(404, self.send('http://host/v1/signal/a/b/c')[0])
        self.assertEqual(404, self.send('http://host/v1/signal/a//c/d')[0])
        self.assertEqual(404, self.send(f'http://host/v1/signal/a/b/{"c" * 256}/d')[0])
        self.assertEqual((200, 'OK'), self.send(f'http://host{HEALTH}', method='GET'))
        self.assertEqual(400, self.send(self.url, b'{"status": ')[0])
        self.assertEqual(400, self.send(self.url, b'[' * 900)[0])
        self.assertEqual(413, self.send(self.url, b' ' * 1_001)[0])
        self.assertEqual(413, self.send(self.url, CONTENT_LENGTH='-1')[0])
        self.assertEqual(400, self.send(self.url, CONTENT_LENGTH='many')[0])
        self.assertEqual({}, self.received(self.identity))

    def test_largest(self) -> None:
        self.assertEqual(200, self.send(self.url, b' ' * 1_000)[0])
        self.assertEqual(413, self.send(self.url, b' ' * 1_001)[0])
        # The signature is not valid, but the path may be.
        self.assertEqual(403, self.send(f'http://host/v1/signal/a/b/{"c" * 255}/d')[0])

    def test_without_a_length(self) -> None:
        # WSGI does not say how long the body is: there is none.
        answer = self.send(self.url, b'{"id": "not read"}', CONTENT_LENGTH='')
        self.assertEqual((200, 'received'), answer)
        self.assertEqual(['1'], list(self.received(self.identity)))

    def test_name_in_another_script(self) -> None:
        name = 'Griff-é-ハンドル'
        identity = self.made({name: HANDLE}, 'other')
        url = json.loads(self.attribute(identity, name, 'signal'))['alarm_url']
        self.assertEqual((200, 'received'), self.send(url))

    def test_rate(self) -> None:
        self.application = self.make_application(RateLimit(0.5, 2))
        self.assertEqual([200, 200, 429], [self.send(self.url)[0] for _ in range(3)])
        self.assertIn(('Retry-After', '2'), self.headers)
        self.assertEqual(2, len(self.received(self.identity)))

    def test_policy(self) -> None:
        url = self.attribute(self.identity, 'up', 'alarm_url')
        self.assertEqual(url, self.attribute(self.identity, 'up', 'signal_url'))
        self.assertEqual((200, 'received'), self.send(url, {'current': 'alarm'}))
        self.parts.rest()
        status, reason = self.send(url)
        self.assertEqual(200, status)
        self.assertIn('cooldown', reason)
        rows = self.store.resources(self.child(self.identity).id)
        self.assertEqual(2, len(rows))

    def test_database_that_comes_back(self) -> None:
        self.application = self.make_application(patience=10)
        read, outages = self.store.rows_by_id, iter((StoreUnavailable('x'), StoreUnavailable('y')))

        def broken(row_ids: set[str]) -> Any:
            for error in outages:
                raise error
            return read(row_ids)

        self.useFixture(fixtures.MockPatchObject(self.store, 'rows_by_id', broken))
        self.assertEqual((200, 'received'), self.send(self.url))
        self.assertEqual(1, len(self.received(self.identity)))

    def test_database_that_stays_away(self) -> None:
        self.application = self.make_application(patience=10)

        def broken(row_ids: set[str]) -> Any:
            raise StoreUnavailable('x')

        with fixtures.MockPatchObject(self.store, 'rows_by_id', broken):
            self.assertEqual(503, self.send(self.url)[0])
        self.assertIn(('Retry-After', '1'), self.headers)

    def test_database_that_is_away_without_patience(self) -> None:
        reads: list[set[str]] = []

        def broken(row_ids: set[str]) -> Any:
            reads.append(row_ids)
            raise StoreUnavailable('x')

        with fixtures.MockPatchObject(self.store, 'rows_by_id', broken):
            self.assertEqual(503, self.send(self.url)[0])
        self.assertEqual(1, len(reads))

    def test_stack_that_is_purged_meanwhile(self) -> None:
        with fixtures.MockPatchObject(self.store, 'stack', lambda _: None):
            self.assertEqual(403, self.send(self.url)[0])
        self.assertEqual(200, self.send(self.url)[0])

    def test_aws_policy(self) -> None:
        given = {
            'AutoScalingGroupName': {'get_resource': 'group'},
            'ScalingAdjustment': 2,
            'AdjustmentType': 'ChangeInCapacity',
        }
        up = {'type': 'AWS::AutoScaling::ScalingPolicy', 'properties': given}
        resources = {'group': group(), 'up': up, 'url': thing({'get_resource': 'up'})}
        identity = self.made(resources, 'aws')
        url = self.attribute(identity, 'up', 'AlarmUrl')
        # Its reference id is the URL.
        self.assertEqual(url, self.attribute(identity, 'url', 'output'))
        self.parts.elapse(1)
        self.assertEqual((200, 'received'), self.send(url))
        self.parts.rest()
        self.assertEqual(3, len(self.store.resources(self.child(identity).id)))

    def test_connections_need_file_descriptors(self) -> None:
        for files, connections in ((10**6, 1_000), (1_050, 950), (150, 50), (50, 1)):
            with fixtures.MockPatchObject(resource, 'getrlimit', lambda _, n=files: (n, n)):
                self.assertEqual(connections, server_module._connections())

    def test_over_http(self) -> None:
        server = SignalServer(self.application, '127.0.0.1', 0, 4)
        server.start()
        self.addCleanup(server.stop)
        base = f'http://127.0.0.1:{server.port}'
        url = self.url.replace('http://host:8006', base)
        statuses: list[int] = []

        def send() -> None:
            statuses.append(post(url, b'{"data": "x"}'))

        threads = [threading.Thread(target=send) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([200] * 8, statuses)
        self.assertEqual(8, len(self.received(self.identity)))
        self.assertEqual(413, post(url, b' ' * 2_000))

    def test_many_open_files(self) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < 2_000:
            self.skipTest('the limit of open files is too low')
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2_000), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        files = [os.open(os.devnull, os.O_RDONLY) for _ in range(1_100)]
        self.addCleanup(lambda: [os.close(file) for file in files])
        server = SignalServer(self.application, '127.0.0.1', 0, 1)
        server.start()
        self.addCleanup(server.stop)
        url = self.url.replace('http://host:8006', f'http://127.0.0.1:{server.port}')
        self.assertEqual([200, 200], [post(url, b'{}') for _ in range(2)])

    def test_server_that_dies_is_noticed(self) -> None:
        died = threading.Event()
        server = SignalServer(self.application, '127.0.0.1', 0, 1, died.set)
        server.start()
        server._server.asyncore.close_all(server._server._map)
        self.assertTrue(died.wait(10))

    def test_port_that_is_in_use(self) -> None:
        server = SignalServer(self.application, '127.0.0.1', 0, 1)
        server.start()
        self.addCleanup(server.stop)
        self.assertRaises(OSError, SignalServer, self.application, '192.0.2.1', server.port, 1)
        # Another process with other stacks would refuse what is meant for these.
        for shared in (False, True):
            self.assertRaises(
                OSError,
                SignalServer,
                self.application,
                '127.0.0.1',
                server.port,
                1,
                shared=shared,
            )

    def test_port_that_is_shared(self) -> None:
        first = SignalServer(self.application, '127.0.0.1', 0, 1, shared=True)
        first.start()
        self.addCleanup(first.stop)
        second = SignalServer(self.application, '127.0.0.1', first.port, 1, shared=True)
        second.start()
        second.stop()
