"""Resource groups that are created and updated in batches."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import fixtures

from heatconv.engine import wire_format
from heatconv.engine.plugin_view import as_plugin_sees
from heatconv.resources.nested import SOON
from heatconv.resources.plugin import Reality
from heatconv.resources.test_resource import TestResource
from heatconv.tests.unit.engine.parts import template, thing
from heatconv.tests.unit.engine.test_scaling import Killed, ScalingTestCase


def group(value: str = 'a', count: int = 5, /, policy: Any = None, **properties: Any) -> Any:
    """Return a group with an update policy."""
    given = {'count': count, 'resource_def': thing(f'{value}%index%'), **properties}
    return {
        'type': 'OS::Heat::ResourceGroup',
        'properties': given,
        **({'update_policy': policy} if policy else {}),
    }


class BatchesTest(ScalingTestCase):
    def changes(self, identity: Any) -> list[list[str]]:
        """Return what each update of the nested stack did."""
        child = wire_format.identity(self.child(identity))
        parts: list[list[str]] = []
        for event in reversed(self.call('list_events', child)):
            if event['resource_status'] != 'IN_PROGRESS':
                continue
            if event['resource_name'] == child['stack_name']:
                parts.append([])
            else:
                parts[-1].append(f'{event["resource_action"][0]}{event["resource_name"]}')
        return [sorted(part) for part in parts]

    def values(self, identity: Any) -> list[Any]:
        """Return the values of the members, in the order of their numbers."""
        rows = {row.name: row for row in self.store.resources(self.child(identity).id)}
        return [rows[name].attributes['output'] for name in sorted(rows, key=int)]

    def until(self, condition: Callable[[], bool]) -> None:
        """Do what is announced until a condition holds while a task sleeps; die then."""
        elapse = self.parts.elapse

        def dies(seconds: float) -> None:
            if condition():
                raise Killed
            elapse(seconds)

        with fixtures.MockPatchObject(self.parts, 'elapse', dies):
            self.assertRaises(Killed, self.parts.rest)

    def updated(self, identity: Any, resource: Any) -> None:
        self.update(identity, {'group': resource})
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)

    def test_batch_create(self) -> None:
        policy = {'batch_create': {'max_batch_size': 2, 'pause_time': 100}}
        before = self.parts.clock.now()
        identity = self.made({'group': group(policy=policy)})
        self.assertEqual('CREATE_COMPLETE', self.state(identity))
        self.assertEqual([['C0', 'C1'], ['C2', 'C3'], ['C4']], self.changes(identity))
        self.assertTrue(200 <= self.parts.clock.now() - before < 300)

    def test_without_a_policy_at_once(self) -> None:
        identity = self.made({'group': group()})
        self.updated(identity, group('b'))
        self.assertEqual(
            [[f'C{n}' for n in range(5)], [f'U{n}' for n in range(5)]], self.changes(identity)
        )

    def test_highest_numbers_first(self) -> None:
        policy = {'rolling_update': {'max_batch_size': 2}}
        identity = self.made({'group': group(policy=policy)})
        self.updated(identity, group('b', policy=policy))
        self.assertEqual([['U3', 'U4'], ['U1', 'U2'], ['U0']], self.changes(identity)[1:])
        self.assertEqual([f'b{n}' for n in range(5)], self.values(identity))

    def test_members_stay_in_service(self) -> None:
        policy = {'rolling_update': {'max_batch_size': 2, 'min_in_service': 4}}
        identity = self.made({'group': group(policy=policy)})
        self.updated(identity, group('b', policy=policy))
        self.assertEqual(
            [['C5', 'U4'], ['U2', 'U3'], ['U0', 'U1'], ['D5']], self.changes(identity)[1:]
        )

    def test_other_size_and_definition(self) -> None:
        policy = {'rolling_update': {'max_batch_size': 2}}
        identity = self.made({'group': group(policy=policy)})
        self.updated(identity, group('b', 3, policy=policy))
        self.assertEqual([f'b{n}' for n in range(3)], self.values(identity))
        self.updated(identity, group('c', 5, policy=policy))
        self.assertEqual([f'c{n}' for n in range(5)], self.values(identity))
        for changes in self.changes(identity)[1:]:
            self.assertLessEqual(len([one for one in changes if one[0] != 'D']), 2)

    def test_only_the_size(self) -> None:
        policy = {'rolling_update': {'max_batch_size': 1}}
        identity = self.made({'group': group(policy=policy)})
        self.updated(identity, group('a', 8, policy=policy))
        self.assertEqual([['C5', 'C6', 'C7']], self.changes(identity)[1:])

    def test_removed_member(self) -> None:
        policy = {'rolling_update': {'max_batch_size': 2}}
        identity = self.made({'group': group(policy=policy)})
        removal = [{'resource_list': ['1']}]
        self.updated(identity, group('b', 5, policy=policy, removal_policies=removal))
        rows = sorted(row.name for row in self.store.resources(self.child(identity).id))
        self.assertEqual(['0', '2', '3', '4', '5'], rows)
        # It was removed by its name, so no reference is kept.
        content = self.store.template(self.child(identity).newest_template_id)
        self.assertEqual((['1'], {}), (content['removed'], content['removed_references']))

    def test_parameter_in_the_policy(self) -> None:
        policy = {'rolling_update': {'max_batch_size': {'get_param': 'most'}}}
        parameters = {'most': {'type': 'number', 'default': 3}}
        resources = {'group': group(policy=policy)}
        identity = self.made(resources, parameters=parameters)
        self.update(identity, {'group': group('b', policy=policy)}, parameters=parameters)
        self.parts.rest()
        self.assertEqual([['U2', 'U3', 'U4'], ['U0', 'U1']], self.changes(identity)[1:])

    def test_pause_that_is_left(self) -> None:
        policy = {'batch_create': {'max_batch_size': 4, 'pause_time': 100}}
        identity = self.create({'group': group(policy=policy)})
        self.until(lambda: self.child(identity).status == 'COMPLETE')
        child = self.child(identity)
        plugin = self.parts.registry.plugin('OS::Heat::ResourceGroup')
        row = self.rows(identity)['group']
        given = self.store.template(child.newest_template_id)['properties']
        resource = dataclasses.replace(as_plugin_sees(self.stack(identity), row), properties=given)
        due = max(one.updated_at for one in self.store.resources(child.id)) + 100
        for left in (due - self.parts.clock.now(), 60.0, 0.25):
            self.parts.clock.time = due - left
            observation = plugin.proceed(resource)
            self.assertEqual(
                (Reality.PENDING, left), (observation.reality, observation.retry_after)
            )
            plugin.update(resource, ())
            self.assertEqual(child, self.child(identity))
        self.parts.clock.time = due
        observation = plugin.proceed(resource)
        self.assertEqual((Reality.PENDING, SOON), (observation.reality, observation.retry_after))
        self.assertNotEqual(child.newest_template_id, self.child(identity).newest_template_id)

    def test_other_properties_do_not_wait_for_the_pause(self) -> None:
        policy = {'rolling_update': {'max_batch_size': 2, 'pause_time': 1000}}
        identity = self.made({'group': group(policy=policy)})
        self.update(identity, {'group': group('b', policy=policy)})
        self.until(
            lambda: (
                self.changes(identity)[1:] == [['U3', 'U4']]
                and self.child(identity).status == 'COMPLETE'
            )
        )
        before = self.parts.clock.now()
        self.update(identity, {'group': group('c', policy=policy)})
        self.parts.crash()
        self.parts.sweep()
        self.until(lambda: len(self.changes(identity)) > 2)
        self.assertLess(self.parts.clock.now() - before, 900)
        self.parts.recover()
        self.assertEqual([f'c{n}' for n in range(5)], self.values(identity))

    def test_file_alone_has_changed(self) -> None:
        policy = {'rolling_update': {'max_batch_size': 1, 'pause_time': 1000}}
        resources = {'group': group(count=2, policy=policy)}
        resources['group']['properties']['resource_def'] = {'type': 'member.yaml'}

        def files(value: str) -> dict[str, Any]:
            return {'member.yaml': template({'one': thing(value)})}

        identity = self.call('create_stack', 'stack', template(resources), None, files('a'), None)
        self.parts.rest()
        before = self.parts.clock.now()
        self.call('update_stack', identity, template(resources), None, files('b'), None)
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        self.assertLess(self.parts.clock.now() - before, 100)
        for member in self.within(wire_format.identity(self.child(identity))).values():
            (row,) = self.store.resources(member.id)
            self.assertEqual('b', row.attributes['output'])

    def test_members_keep_their_files_until_their_batch(self) -> None:
        policy = {'rolling_update': {'max_batch_size': 1}}
        for kind in ('OS::Heat::ResourceGroup', 'OS::Heat::AutoScalingGroup'):

            def wanted(name: str, kind: str = kind) -> Any:
                member = {'type': name}
                if kind.endswith('AutoScalingGroup'):
                    given = {'min_size': 3, 'max_size': 3, 'resource': member}
                    return template({'group': {'type': kind, 'properties': given}})
                one = group(count=3, policy=policy, resource_def=member)
                return template({'group': one})

            files = {name: template({'one': thing(name)}) for name in ('old.yaml', 'new.yaml')}
            old = {'old.yaml': files['old.yaml']}
            new = {'new.yaml': files['new.yaml']}
            identity = self.call('create_stack', kind[10:], wanted('old.yaml'), None, old, None)
            self.parts.rest()
            self.call('update_stack', identity, wanted('new.yaml'), None, new, None)
            self.parts.rest()
            self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)
            child = wire_format.identity(self.child(identity))
            for member in self.within(child).values():
                (row,) = self.store.resources(member.id)
                self.assertEqual('new.yaml', row.attributes['output'])

    def test_nested_stack_that_was_deleted_by_hand(self) -> None:
        policy = {'rolling_update': {'max_batch_size': 2}}
        identity = self.made({'group': group(policy=policy)})
        self.call('delete_stack', wire_format.identity(self.child(identity)))
        self.parts.rest()
        self.updated(identity, group('b', policy=policy))
        self.assertEqual([f'b{n}' for n in range(5)], self.values(identity))

    def test_failed_batch_is_tried_again_at_once(self) -> None:
        policy = {'rolling_update': {'max_batch_size': 2, 'pause_time': 1000}}
        identity = self.made({'group': group(policy=policy)})
        update, fails = TestResource.update, [True]

        def once(plugin: Any, resource: Any, changed: Any) -> None:
            if fails and resource.name == '4':
                fails.clear()
                raise ValueError('broken')
            update(plugin, resource, changed)

        self.useFixture(fixtures.MockPatchObject(TestResource, 'update', once))
        self.update(identity, {'group': group('b', policy=policy)})
        self.parts.rest()
        self.assertEqual('UPDATE_FAILED', self.state(identity))
        # Less than the pause has passed since then.
        self.update(identity, {'group': group('b', policy=policy)})
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        self.assertEqual([f'b{n}' for n in range(5)], self.values(identity))

    def test_policy_with_which_an_update_would_never_end(self) -> None:
        identity = self.made({'group': group()})
        for wrong in ({'max_batch_size': -1}, {'pause_time': 'inf'}):
            self.update(identity, {'group': group('b', policy={'rolling_update': wrong})})
            self.parts.rest(most=200)
            self.assertEqual('UPDATE_FAILED', self.state(identity))
        self.updated(identity, group('b', policy={'rolling_update': {'max_batch_size': 5}}))
        self.assertEqual([f'b{n}' for n in range(5)], self.values(identity))

    def test_more_members_than_a_stack_may_have(self) -> None:
        self.allow(max_resources_per_stack=6)
        policies = (None, {'rolling_update': {'max_batch_size': 2}})
        for name, policy in zip(('one', 'two'), policies, strict=True):
            identity = self.made({'group': group(policy=policy)}, name)
            for count in (7, 10**15, 2**200):
                self.update(identity, {'group': group('b', count, policy=policy)})
                self.parts.rest()
                self.assertEqual('UPDATE_FAILED', self.state(identity))
                self.assertIn(
                    f'{count} resources are more than the 6 ', self.stack(identity).reason
                )
            self.updated(identity, group('b', 6, policy=policy))
        self.allow(max_resources_per_stack=-1)
        self.updated(identity, group('b', 7))

    def test_worker_dies_after_each_question(self) -> None:
        policy = {
            'batch_create': {'max_batch_size': 2},
            'rolling_update': {'max_batch_size': 2, 'min_in_service': 2},
        }
        for value in ('a', 'b'):
            step = 0
            while True:
                self.anew()
                if value == 'a':
                    identity = self.create({'group': group('a', 3, policy=policy)})
                else:
                    identity = self.made({'group': group('a', 3, policy=policy)})
                    self.update(identity, {'group': group('b', 3, policy=policy)})
                ended = self.parts.rest(most=step) < step
                if not ended:
                    self.parts.recover()
                self.assertIn('_COMPLETE', self.state(identity), f'after {step}')
                expected = [f'{value}{n}' for n in range(3)]
                self.assertEqual(expected, self.values(identity), f'after {step}')
                if ended:
                    break
                step += 1
            self.assertGreater(step, 20)
