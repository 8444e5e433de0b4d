"""Engine and workers as daemons, on RabbitMQ and each database server."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import testtools

from heatconv import exception
from heatconv.storage.values import Request
from heatconv.tests import databases
from heatconv.tests.functional.daemons import Daemons
from heatconv.tests.walk import Walk


def slow(seconds: float, length: int = 2) -> dict[str, Any]:
    """Return a template of slow resources, each after the one before."""
    resources: dict[str, Any] = {}
    for number in range(length):
        resources[f'r{number}'] = {
            'type': 'OS::Heat::TestResource',
            'properties': {'action_wait_secs': {'create': seconds}},
            'depends_on': [f'r{number - 1}'] if number else [],
        }
    return {'heat_template_version': '2018-08-31', 'resources': resources}


def created(daemons: Daemons, template: dict[str, Any], name: str = 'slow', **args: Any) -> Any:
    return daemons.client.call(
        'create_stack', stack_name=name, template=template, params={}, files={}, args=args
    )


class _DaemonsTest(Walk, testtools.TestCase):
    database: Callable[[], Any]

    def setUp(self) -> None:
        super().setUp()
        self.daemons = self.useFixture(
            Daemons(
                type(self).database, lease_duration=5.0, action_timeout=1.0, heartbeat_interval=0.5
            )
        )

    def test_whole_life(self) -> None:
        self.live_a_whole_life(
            self.daemons.client.call, self.daemons.at_rest, self.daemons.records
        )

    def test_killed_workers_are_replaced_and_nothing_is_made_twice(self) -> None:
        identity = created(self.daemons, slow(1.0, 3))
        self.daemons.wait(self.daemons.records.all, 'the first create')
        self.daemons.kill('worker')
        before = [one.token for one in self.daemons.records.all()]
        self.daemons.start('worker')
        self.assertEqual('CREATE_COMPLETE', self.daemons.at_rest(identity))
        after = [one.token for one in self.daemons.records.all()]
        self.assertEqual(3, len(after))
        self.assertEqual(before, [token for token in after if token in before])

    def test_nested_stacks_survive_the_death_of_engine_and_workers(self) -> None:
        thing = {'type': 'OS::Heat::TestResource', 'properties': {'wait_secs': 1}}
        inner = {
            'heat_template_version': '2021-04-16',
            'parameters': {'n': {'type': 'string'}},
            'resources': {'a': thing, 'b': {**thing, 'depends_on': 'a'}},
            'outputs': {'n': {'value': {'get_param': 'n'}}},
        }
        definition = {'type': 'inner.yaml', 'properties': {'n': 'n%index%'}}
        group = {
            'type': 'OS::Heat::ResourceGroup',
            'properties': {'count': 5, 'resource_def': definition},
        }
        template = {
            'heat_template_version': '2021-04-16',
            'resources': {'g': group},
            'outputs': {'n': {'value': {'get_attr': ['g', 'n']}}},
        }
        call = self.daemons.client.call
        identity = call(
            'create_stack',
            stack_name='nested',
            template=template,
            params={},
            files={'inner.yaml': json.dumps(inner)},
            args={},
        )
        time.sleep(1.5)
        for name in ('worker', 'engine'):
            self.daemons.kill(name)
            self.daemons.start(name)
        self.assertEqual('CREATE_COMPLETE', self.daemons.at_rest(identity, 60))
        # Each thing was made once.
        self.assertEqual(10, len(self.daemons.records.all()))
        (shown,) = call('show_stack', stack_identity=identity)
        self.assertEqual([f'n{one}' for one in range(5)], shown['outputs'][0]['output_value'])
        call('delete_stack', stack_identity=identity)
        time.sleep(0.5)
        self.daemons.kill('worker')
        self.daemons.start('worker')
        self.assertEqual('DELETE_COMPLETE', self.daemons.at_rest(identity, 60))
        self.assertEqual([], self.daemons.records.all())

    def test_engine_killed_after_it_accepted_loses_nothing(self) -> None:
        identity = created(self.daemons, slow(0.0))
        self.daemons.kill('engine')
        self.daemons.start('engine')
        self.assertEqual('CREATE_COMPLETE', self.daemons.at_rest(identity))

    def test_delete_while_an_operation_never_ends(self) -> None:
        identity = created(self.daemons, slow(-1))
        self.daemons.wait(self.daemons.records.all, 'the create')
        self.daemons.client.call('delete_stack', stack_identity=identity)
        self.assertEqual('DELETE_COMPLETE', self.daemons.at_rest(identity))
        self.assertEqual([], self.daemons.records.all())

    def test_cancel_of_an_operation_that_never_ends(self) -> None:
        identity = created(self.daemons, slow(-1, 1))
        first = self.daemons.wait(self.daemons.records.all, 'the create')[0]
        self.daemons.client.call(
            'stack_cancel_update', stack_identity=identity, cancel_with_rollback=False
        )
        began = time.monotonic()
        self.assertEqual('CREATE_FAILED', self.daemons.at_rest(identity))
        # One poll interval of 0.2 s, and what a loaded machine takes to notice.
        self.assertLess(time.monotonic() - began, 3.0)
        # As in Heat, the operation goes on and is watched until a request needs its resource.
        (row,) = self.daemons.store.resources(identity['stack_id'])
        self.assertEqual('IN_PROGRESS', row.status)
        self.assertIsNotNone(row.claim)
        self.daemons.client.call(
            'update_stack',
            stack_identity=identity,
            template=slow(0.0, 1),
            params={},
            files={},
            args={},
        )
        self.assertEqual('UPDATE_COMPLETE', self.daemons.at_rest(identity))
        (now,) = self.daemons.records.all()
        self.assertNotEqual(first.token, now.token)

    def test_sighup_reads_the_options_again(self) -> None:
        text = self.daemons.config.read_text()
        self.assertIn('lease_duration = 5.0', text)
        self.daemons.config.write_text(
            text.replace('lease_duration = 5.0', 'lease_duration = 500.0')
        )
        self.daemons.processes['worker'].send_signal(signal.SIGHUP)

        def long_leases() -> bool:
            leases = self.daemons.workers()
            return any(one.expires_at - one.started_at > 400 for one in leases)

        self.daemons.wait(long_leases, 'the processes that start anew')

    def test_stack_that_takes_too_long_fails_in_time(self) -> None:
        identity = created(self.daemons, slow(-1), timeout_mins=1)
        stack = self.daemons.store.stack(identity['stack_id'])
        assert stack is not None and stack.deadline is not None
        # A minute is long for a test: as if most of it had passed.
        self.daemons.store.request(
            stack.id, lambda now: Request(dataclasses.replace(now, deadline=now.created_at + 3))
        )
        self.assertEqual('CREATE_FAILED', self.daemons.at_rest(identity))
        stack = self.daemons.store.stack(identity['stack_id'])
        assert stack is not None
        self.assertIn('timed out', stack.reason)

    def test_sigterm_lets_what_acts_finish(self) -> None:
        identity = created(self.daemons, slow(0.0, 30))
        self.assertEqual(0, self.daemons.stop('worker'))
        self.assertEqual([], self.daemons.workers())
        claimed = [
            row.name
            for row in self.daemons.store.resources(identity['stack_id'])
            if row.claim is not None
        ]
        self.assertEqual([], claimed)
        self.daemons.start('worker')
        self.assertEqual('CREATE_COMPLETE', self.daemons.at_rest(identity))

    def test_another_project_sees_nothing(self) -> None:
        identity = created(self.daemons, slow(0.0, 1))
        self.daemons.at_rest(identity)
        other = self.daemons.connected('other')
        self.assertEqual([], other.call('list_stacks'))
        for method, arguments in (
            ('show_stack', {}),
            ('delete_stack', {}),
            ('list_stack_resources', {}),
            ('list_events', {}),
            ('stack_rollback', {}),
            ('get_template', {}),
            ('list_outputs', {}),
        ):
            error = self.assertRaises(
                exception.EntityNotFound, other.call, method, stack_identity=identity, **arguments
            )
            self.assertIn('could not be found', str(error))
        self.assertRaises(
            exception.EntityNotFound, other.call, 'identify_stack', stack_name='slow'
        )

    def test_command_line_talks_to_the_daemons(self) -> None:
        path = self.daemons.directory / 'template.json'
        path.write_text(json.dumps(slow(0.0)))

        def heatconv(*words: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [
                    sys.executable,
                    '-m',
                    'heatconv.cli.main',
                    '--config-file',
                    str(self.daemons.config),
                    *words,
                ],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )

        made = heatconv('stack', 'create', 'demo', '-t', str(path), '--wait', '-f', 'json')
        self.assertEqual(
            (0, 'CREATE_COMPLETE'),
            (made.returncode, json.loads(made.stdout)['stack_status']),
            made.stderr,
        )
        again = heatconv('stack', 'create', 'demo', '-t', str(path))
        self.assertEqual(2, again.returncode)
        self.assertIn('already exists', again.stderr)
        gone = heatconv('stack', 'delete', 'demo', '-y', '--wait')
        self.assertEqual(0, gone.returncode, gone.stderr)

    def test_sighup_reads_the_configuration_again(self) -> None:
        leases = {one.id for one in self.daemons.workers()}
        text = self.daemons.config.read_text().replace('workers = 2', 'workers = 2\nthreads = 3')
        self.daemons.config.write_text(text)
        self.daemons.processes['worker'].send_signal(1)
        self.daemons.wait(
            lambda: len({one.id for one in self.daemons.workers()} - leases) == 2,
            'new processes',
        )
        identity = created(self.daemons, slow(0.0))
        self.assertEqual('CREATE_COMPLETE', self.daemons.at_rest(identity))
        self.assertIsNone(self.daemons.processes['worker'].poll())

    def test_lines_of_a_worker_name_request_stack_and_resource(self) -> None:
        template = slow(0.0, 1)
        template['resources']['r0']['properties']['fail'] = True
        identity = created(self.daemons, template, 'told')
        self.assertEqual('CREATE_FAILED', self.daemons.at_rest(identity))
        stack = self.daemons.store.stack(identity['stack_id'])
        assert stack is not None
        self.assertRegex(stack.request_id, '^req-')
        self.assertRegex(
            self.daemons.log('worker'), rf'\[.*{stack.request_id}.*project.*\] \[told/r0\] Plugin '
        )

    def test_report_on_demand(self) -> None:
        """A Guru Meditation Report of the process that works."""
        lease = self.daemons.workers()[0]
        os.kill(lease.pid, signal.SIGUSR2)
        self.daemons.wait(lambda: 'Guru Meditation' in self.daemons.log('worker'), 'the report')
        self.daemons.wait(lambda: 'max_pool_size' in self.daemons.log('worker'), 'options')
        # Of each thread the last calls are told: one of these waits in its own, as a rule.
        self.assertRegex(self.daemons.log('worker'), r' in (_sweeps|beat|_receive)\n')
        self.assertEqual(2, len(self.daemons.workers()))

    def test_check_of_the_services(self) -> None:
        command = ['-m', 'heatconv.cmd.manage', '--config-file', str(self.daemons.config)]
        command = [sys.executable, *command, 'service', 'check']
        well = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual((0, 4), (well.returncode, well.stdout.count('ok ')), well)
        self.daemons.stop('worker')
        ill = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(1, ill.returncode)
        self.assertRegex(ill.stdout, 'FAILED +worker')

    def test_casts_go_to_the_owner_of_a_node(self) -> None:
        known = 'Workers: '
        self.daemons.wait(
            lambda: any(
                line.count('.') >= 2 and known in line and ', ' in line.partition(known)[2]
                for line in self.daemons.log('engine').splitlines()
            ),
            'both workers in the ring of the engine',
        )
        identity = created(self.daemons, slow(0.0, 12))
        self.assertEqual('CREATE_COMPLETE', self.daemons.at_rest(identity))

    def test_service_list_names_the_living(self) -> None:
        listed = subprocess.run(
            [
                sys.executable,
                '-m',
                'heatconv.cmd.manage',
                '--config-file',
                str(self.daemons.config),
                'service',
                'list',
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        self.assertEqual(3, listed.count(' alive '))


class TakeOverTest(testtools.TestCase):
    """With the intervals that are the default: a lease and a sweep, and no longer."""

    def test_work_of_a_killed_worker_is_taken_over_in_time(self) -> None:
        daemons = self.useFixture(
            Daemons(databases.postgresql, poll_interval=1.0, sweep_interval=4.0)
        )
        identity = created(daemons, slow(-1, 1))
        stack_id = identity['stack_id']

        def claim() -> str | None:
            rows = daemons.store.resources(stack_id)
            return next((row.claim for row in rows if daemons.records.all()), None)

        first = daemons.wait(claim, 'the claim')
        (pid,) = [one.pid for one in daemons.workers() if one.id == first]
        os.kill(pid, signal.SIGKILL)
        began = time.monotonic()
        daemons.wait(lambda: claim() not in (None, first), 'another claim')
        self.assertLess(time.monotonic() - began, 15.0)
        self.assertEqual(1, len(daemons.records.all()))


class PostgresqlDaemonsTest(_DaemonsTest):
    database = staticmethod(databases.postgresql)


class MysqlDaemonsTest(_DaemonsTest):
    database = staticmethod(databases.mysql)


del _DaemonsTest
