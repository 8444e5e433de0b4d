"""``heatconv-signal`` as a daemon: signals over HTTP, while processes and the database die."""

from __future__ import annotations

import http.client
import json
import os
import pathlib
import signal
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import fixtures
import testtools

from heatconv.tests import databases
from heatconv.tests.functional.daemons import Daemons
from heatconv.tests.servers import NotInstalled, Postgresql


def template(resources: Any, **outputs: Any) -> dict[str, Any]:
    return {
        'heat_template_version': '2021-04-16',
        'resources': resources,
        'outputs': {name: {'value': value} for name, value in outputs.items()},
    }


def waiting(count: int) -> dict[str, Any]:
    """Return a template that waits for signals."""
    condition = {'handle': {'get_resource': 'handle'}, 'timeout': 300, 'count': count}
    return template(
        {
            'handle': {
                'type': 'OS::Heat::WaitConditionHandle',
                'properties': {'signal_transport': 'CFN_SIGNAL'},
            },
            'condition': {'type': 'OS::Heat::WaitCondition', 'properties': condition},
        },
        signal={'get_attr': ['handle', 'signal']},
        data={'get_attr': ['condition', 'data']},
    )


def send(url: str, body: Any = None, seconds: float = 60) -> int:
    """Send a signal until the server takes or refuses it; return the status."""
    parts = urlsplit(url)
    ends = time.monotonic() + seconds
    while True:
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        try:
            path = f'{parts.path}?{parts.query}'
            connection.request('POST', path, json.dumps(body) if body is not None else None)
            status = connection.getresponse().status
        except OSError:
            status = 503
        except http.client.HTTPException:
            status = 503
        finally:
            connection.close()
        if status != 503 or time.monotonic() > ends:
            return status
        time.sleep(0.2)


class _SignalsTest(testtools.TestCase):
    def daemons_on(self, database: Any) -> Daemons:
        return self.useFixture(
            Daemons(
                database,
                signals=True,
                lease_duration=5.0,
                action_timeout=1.0,
                heartbeat_interval=0.5,
            )
        )

    def outputs(self, daemons: Daemons, identity: Any) -> dict[str, Any]:
        (stack,) = daemons.client.call('show_stack', stack_identity=identity)
        return {one['output_key']: one['output_value'] for one in stack['outputs']}

    def created(self, daemons: Daemons, made: Any, name: str) -> Any:
        return daemons.client.call(
            'create_stack', stack_name=name, template=made, params={}, files={}, args={}
        )

    def url_of_handle(self, daemons: Daemons, identity: Any) -> str:
        signal_ = daemons.wait(
            lambda: self.outputs(daemons, identity)['signal'], 'the URL of the handle'
        )
        return str(json.loads(signal_)['alarm_url'])


class PostgresqlTest(_SignalsTest):
    def test_daemon_that_is_killed(self) -> None:
        daemons = self.daemons_on(databases.postgresql)
        identity = self.created(daemons, waiting(4), 'waiting')
        url = self.url_of_handle(daemons, identity)
        self.assertEqual(403, send(url + '0'))
        for number in range(4):
            if number == 2:
                daemons.kill('signal')
                daemons.start('signal')
            self.assertEqual(200, send(url, {'id': f's{number}', 'data': number}))
        self.assertEqual('CREATE_COMPLETE', daemons.at_rest(identity))
        data = json.loads(self.outputs(daemons, identity)['data'])
        self.assertEqual({f's{number}': number for number in range(4)}, data)
        services = daemons.client.call('list_services')
        binaries = {one['binary'] for one in services if one['status'] == 'up'}
        self.assertIn('heatconv-signal', binaries)
        daemons.client.call('delete_stack', stack_identity=identity)
        daemons.at_rest(identity)
        self.assertEqual(403, send(url, {}))

    def test_key_is_rotated(self) -> None:
        daemons = self.daemons_on(databases.postgresql)
        identity = self.created(daemons, waiting(2), 'waiting')
        old = self.url_of_handle(daemons, identity)
        config = daemons.config.read_text()
        daemons.config.write_text(config.replace('\nkey = ', f'\nkey = {"new" * 12}\nkey = '))
        for name in daemons.daemons:
            before = daemons.log(name).count('Serving')
            os.kill(daemons.processes[name].pid, signal.SIGHUP)
            daemons.wait(
                lambda name=name, before=before: daemons.log(name).count('Serving') > before,
                f'the restart of the {name}',
            )
        daemons.wait(lambda: len(daemons.workers()) >= 2, 'the workers')
        other = self.created(daemons, waiting(1), 'other')
        new = daemons.wait(lambda: self.other_url(daemons, other, old), 'a URL of the new key')
        self.assertEqual(
            [200, 200, 200], [send(old, {'id': str(n)}) for n in range(2)] + [send(new)]
        )
        self.assertEqual('CREATE_COMPLETE', daemons.at_rest(identity))
        self.assertEqual('CREATE_COMPLETE', daemons.at_rest(other))

    def other_url(self, daemons: Daemons, identity: Any, old: str) -> str | None:
        """Return the URL of a handle if another key has signed it; else sign it again."""
        url = self.url_of_handle(daemons, identity)
        if url.partition('=')[2][:8] != old.partition('=')[2][:8]:
            return url
        daemons.client.call('delete_stack', stack_identity=identity)
        daemons.wait(lambda: daemons.store.stack(identity['stack_id']).deleted_at, 'the delete')
        identity.update(self.created(daemons, waiting(1), 'other'))
        return None

    def test_group_scales_while_daemons_die(self) -> None:
        daemons = self.daemons_on(databases.postgresql)
        member = {'type': 'OS::Heat::TestResource', 'properties': {'wait_secs': 0.5}}
        group = {'min_size': 1, 'max_size': 9, 'resource': member}
        up = {
            'auto_scaling_group_id': {'get_resource': 'group'},
            'scaling_adjustment': 1,
            'adjustment_type': 'change_in_capacity',
        }
        made = template(
            {
                'group': {'type': 'OS::Heat::AutoScalingGroup', 'properties': group},
                'up': {'type': 'OS::Heat::ScalingPolicy', 'properties': up},
            },
            url={'get_attr': ['up', 'signal_url']},
            size={'get_attr': ['group', 'current_size']},
        )
        identity = self.created(daemons, made, 'scaling')
        self.assertEqual('CREATE_COMPLETE', daemons.at_rest(identity))
        url = self.outputs(daemons, identity)['url']
        for size, victim in ((2, 'worker'), (3, 'engine'), (4, 'signal')):
            self.assertEqual(200, send(url))
            daemons.kill(victim)
            daemons.start(victim)
            daemons.wait(
                lambda size=size: self.group_rests(daemons, identity, size), f'{size} members'
            )
        self.assertEqual(4, self.outputs(daemons, identity)['size'])
        self.assertEqual(5, len(daemons.records.all()))  # with the policy

    def group_rests(self, daemons: Daemons, identity: Any, size: int) -> bool:
        """Say whether the group has so many members, and nothing more to do."""
        rows = {row.name: row for row in daemons.store.resources(identity['stack_id'])}
        child = daemons.store.stack(rows['group'].physical_id or '')
        assert child is not None
        members = daemons.store.resources(child.id)
        return child.status == 'COMPLETE' and len(members) == size


class RestartTest(_SignalsTest):
    """A PostgreSQL of its own, which is restarted while signals arrive."""

    SENDERS, EACH = 8, 40

    def test_every_signal_counts_once(self) -> None:
        directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        directory.chmod(0o755)  # PostgreSQL runs as another user
        try:
            server = Postgresql(directory / 'postgresql')
            server.start()
        except NotInstalled as error:
            self.skipTest(str(error))
        self.addCleanup(server.stop)
        daemons = self.daemons_on(lambda: databases.ServerDatabase(server.url))
        total = self.SENDERS * self.EACH
        identity = self.created(daemons, waiting(total), 'waiting')
        url = self.url_of_handle(daemons, identity)
        statuses: list[int] = []

        def sender(number: int) -> None:
            for each in range(self.EACH):
                statuses.append(send(url, {'data': number * self.EACH + each}))

        threads = [threading.Thread(target=sender, args=(n,)) for n in range(self.SENDERS)]
        for thread in threads:
            thread.start()
        daemons.wait(lambda: len(statuses) > total // 4, 'the first signals')
        server.stop(signal.SIGINT)
        server.start()
        for thread in threads:
            thread.join()
        self.assertEqual([200] * total, statuses)
        self.assertEqual('CREATE_COMPLETE', daemons.at_rest(identity, 120))
        data = json.loads(self.outputs(daemons, identity)['data'])
        self.assertEqual(list(range(total)), sorted(data.values()))
