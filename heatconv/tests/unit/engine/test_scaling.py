"""Groups that scale: by signals, by updates, and with workers that die."""

from __future__ import annotations

from typing import Any

from heatconv import exception
from heatconv.convergence.model import Action
from heatconv.engine import wire_format
from heatconv.engine.prepare import prepare
from heatconv.tests.unit.engine.parts import template, thing
from heatconv.tests.unit.engine.test_nested import NestedTestCase


class Killed(BaseException):
    """The process ends here."""


OUTPUTS = {
    'size': {'value': {'get_attr': ['group', 'current_size']}},
    'values': {'value': {'get_attr': ['group', 'outputs_list', 'output']}},
    'by_name': {'value': {'get_attr': ['group', 'outputs', 'output']}},
    'references': {'value': {'get_attr': ['group', 'refs']}},
    'map': {'value': {'get_attr': ['group', 'refs_map']}},
    'oldest': {'value': {'get_attr': ['group', 'resource.0.output']}},
    'oldest_reference': {'value': {'get_attr': ['group', 'resource.0']}},
}


def group(value: Any = 'a', **properties: Any) -> dict[str, Any]:
    """Return a group of one to six things."""
    given = {'min_size': 1, 'max_size': 6, 'resource': thing(value), **properties}
    return {'type': 'OS::Heat::AutoScalingGroup', 'properties': given}


def policy(adjustment: float = 1, **properties: Any) -> dict[str, Any]:
    """Return a policy that changes the size of the group."""
    given = {
        'auto_scaling_group_id': {'get_resource': 'group'},
        'scaling_adjustment': adjustment,
        'adjustment_type': 'change_in_capacity',
        **properties,
    }
    return {'type': 'OS::Heat::ScalingPolicy', 'properties': given}


class ScalingTestCase(NestedTestCase):
    def scaling(self, value: Any = 'a', **properties: Any) -> dict[str, Any]:
        """Have a stack with a group and two policies made; return its identity."""
        self.resources = {
            'group': group(value, **properties),
            'up': policy(),
            'down': policy(-1),
        }
        return self.made(self.resources, outputs=OUTPUTS)

    def changed(self, identity: Any, value: Any = 'a', **properties: Any) -> None:
        """Have the group updated."""
        self.resources['group'] = group(value, **properties)
        self.update(identity, self.resources, outputs=OUTPUTS)
        self.parts.rest()

    def outputs(self, identity: Any) -> dict[str, Any]:
        (stack,) = self.call('show_stack', identity)
        return {one['output_key']: one['output_value'] for one in stack['outputs']}

    def signal(self, identity: Any, name: str = 'up', details: Any = None) -> str:
        """Send a signal, and do all that it begins; return why it has no effect."""
        answer = self.call('resource_signal', identity, name, details, sync_call=True)
        self.parts.rest()
        return str((answer or {}).get('ignored', ''))

    def signal_events(self, identity: Any) -> list[str]:
        """Return the reasons of the events for signals."""
        events = self.store.events(identity['stack_id'])
        return [one.event.reason for one in events if one.event.action == Action.SIGNAL]

    def child(self, identity: Any) -> Any:
        return self.within(identity)['group']

    def names(self, identity: Any) -> list[str]:
        """Return the names of the members, the oldest first."""
        rows = self.store.resources(self.child(identity).id)
        return [row.name for row in sorted(rows, key=lambda row: (row.created_at, row.name))]


class SignalTest(ScalingTestCase):
    def test_up_and_down(self) -> None:
        identity = self.scaling()
        self.assertEqual(1, self.outputs(identity)['size'])
        for expected in (2, 3):
            self.parts.elapse(1)
            self.assertEqual('', self.signal(identity))
            self.assertEqual(expected, self.outputs(identity)['size'])
        names = self.names(identity)
        self.assertEqual('', self.signal(identity, 'down'))
        # The oldest goes.
        self.assertEqual(names[1:], self.names(identity))
        self.assertEqual('CREATE_COMPLETE', self.state(identity))

    def test_attributes(self) -> None:
        identity = self.scaling(desired_capacity=2)
        self.parts.elapse(1)
        self.signal(identity)
        outputs = self.outputs(identity)
        names = self.names(identity)
        rows = {row.name: row for row in self.store.resources(self.child(identity).id)}
        references = [rows[name].physical_id for name in names]
        self.assertEqual(['a'] * 3, outputs['values'])
        self.assertEqual(dict.fromkeys(names, 'a'), outputs['by_name'])
        self.assertEqual(references, outputs['references'])
        self.assertEqual(dict(zip(names, references, strict=True)), outputs['map'])
        self.assertEqual('a', outputs['oldest'])
        self.assertEqual(references[0], outputs['oldest_reference'])

    def test_metadata_and_attributes_of_resources_follow_signals(self) -> None:
        """A load balancer reads the members of a group from its metadata."""
        self.resources = {
            'group': group(),
            'up': policy(),
            'balancer': thing(metadata={'members': {'get_attr': ['group', 'refs']}}),
        }
        identity = self.made(self.resources)
        for size in (2, 3):
            self.parts.elapse(1)
            self.signal(identity)
            balancer = self.call('describe_stack_resource', identity, 'balancer')
            self.assertEqual(size, len(balancer['metadata']['members']))
            shown = self.call('describe_stack_resource', identity, 'group', ['current_size'])
            self.assertEqual(size, shown['attributes']['current_size'])
            self.assertEqual(balancer['metadata']['members'], shown['attributes']['refs'])

    def test_attribute_that_does_not_exist(self) -> None:
        outputs = {
            'none': {'value': {'get_attr': ['group', 'outputs']}},
            'far': {'value': {'get_attr': ['group', 'resource.7']}},
        }
        identity = self.made({'group': group()}, outputs=outputs)
        (stack,) = self.call('show_stack', identity)
        errors = {one['output_key']: one.get('output_error') for one in stack['outputs']}
        self.assertIn('(group outputs) is incorrect', errors['none'])
        self.assertIn("Member '7' not found", errors['far'])

    def test_size_is_seen_from_outside_of_a_nested_stack(self) -> None:
        inner = template(
            {'group': group(), 'up': policy()},
            outputs={'size': {'value': {'get_attr': ['group', 'current_size']}}},
        )
        identity = self.call(
            'create_stack',
            'stack',
            template(
                {'N': {'type': 'inner.yaml'}},
                outputs={'size': {'value': {'get_attr': ['N', 'size']}}},
            ),
            None,
            {'inner.yaml': inner},
            None,
        )
        self.parts.rest()
        self.parts.elapse(1)
        self.signal(wire_format.identity(self.within(identity)['N']))
        self.assertEqual({'size': 2}, self.outputs(identity))

    def test_limits(self) -> None:
        identity = self.scaling(desired_capacity=6)
        self.parts.elapse(1)
        self.assertIn('stays 6', self.signal(identity))
        identity = self.made({'group': group(), 'down': policy(-1)}, 'other')
        self.parts.elapse(1)
        self.assertIn('stays 1', self.signal(identity, 'down'))

    def test_more_members_than_a_stack_may_have(self) -> None:
        self.allow(max_resources_per_stack=3)
        huge = {'max_size': 2**200}
        for number, size in enumerate((4, 10**15, 2**200)):
            identity = self.made({'group': group(**huge, desired_capacity=size)}, f's{number}')
            self.assertEqual('CREATE_FAILED', self.state(identity))
            self.assertIn(f'{size} resources are more than the 3 ', self.stack(identity).reason)
        exact = policy(2**200, adjustment_type='exact_capacity')
        self.resources = {'group': group(**huge, desired_capacity=2), 'all': exact, 'up': policy()}
        identity = self.made(self.resources, outputs=OUTPUTS)
        self.parts.elapse(1)
        error = self.refused(exception.StackValidationFailed, self.signal, identity, 'all')
        self.assertIn(f'{2**200} resources are more than the 3 ', str(error))
        self.assertEqual('', self.signal(identity))
        self.assertEqual(3, self.outputs(identity)['size'])
        self.changed(identity, **huge, desired_capacity=4)
        self.assertIn('4 resources are more than the 3 ', self.stack(identity).reason)

    def test_percentage_whose_product_is_infinite(self) -> None:
        self.resources = {
            'group': group(desired_capacity=3),
            'up': policy(1e308, adjustment_type='percent_change_in_capacity'),
        }
        identity = self.made(self.resources, outputs=OUTPUTS)
        self.parts.elapse(1)
        self.assertEqual('', self.signal(identity))
        self.assertEqual(6, self.outputs(identity)['size'])

    def test_ignored_signal_leaves_no_event(self) -> None:
        identity = self.scaling(desired_capacity=6)
        self.parts.elapse(1)
        self.signal(identity)
        self.signal(identity, 'down')
        events = [
            event['resource_name']
            for event in self.call('list_events', identity)
            if event['resource_action'] == 'SIGNAL'
        ]
        self.assertEqual(['down'], events)

    def test_cooldown_of_the_policy(self) -> None:
        self.resources = {'group': group(), 'up': policy(cooldown=60)}
        identity = self.made(self.resources, outputs=OUTPUTS)
        self.assertEqual('', self.signal(identity))
        self.parts.elapse(59)
        self.assertIn('cooldown for another 1 s', self.signal(identity))
        self.parts.elapse(1)
        self.assertEqual('', self.signal(identity))
        self.assertEqual(3, self.outputs(identity)['size'])

    def test_cooldown_of_the_group_counts_after_its_create(self) -> None:
        identity = self.scaling(cooldown=30)
        self.assertIn('cooldown', self.signal(identity))
        self.parts.elapse(30)
        self.assertEqual('', self.signal(identity))
        self.assertIn('cooldown', self.signal(identity, 'down'))

    def test_update_that_changes_no_member_keeps_the_cooldown(self) -> None:
        identity = self.scaling(cooldown=30)
        self.parts.elapse(30)
        self.resources['other'] = thing('b')
        self.update(identity, self.resources, outputs=OUTPUTS)
        self.parts.rest()
        self.assertEqual('', self.signal(identity))

    def test_cooldown_never_moves_back(self) -> None:
        self.resources = {'group': group(), 'up': policy(cooldown=60), 'down': policy(-1)}
        identity = self.made(self.resources, outputs=OUTPUTS)
        self.assertEqual('', self.signal(identity))
        self.parts.elapse(10)
        # The group itself has no cooldown.
        self.changed(identity, desired_capacity=4)
        self.assertEqual(4, self.outputs(identity)['size'])
        self.parts.elapse(10)
        self.assertIn('cooldown for another 40 s', self.signal(identity, 'down'))
        self.parts.elapse(40)
        self.assertEqual('', self.signal(identity, 'down'))

    def test_cooldown_counts_from_the_end_of_the_change(self) -> None:
        slow = thing(properties={'action_wait_secs': {'create': 30}})
        self.resources = {
            'group': group(resource=slow),
            'up': policy(cooldown=60),
            'none': policy(cooldown=-5),
        }
        identity = self.made(self.resources, outputs=OUTPUTS)
        self.parts.elapse(1)
        began = self.parts.clock.now()
        self.assertEqual('', self.signal(identity))
        ended = self.parts.clock.now()
        self.assertGreaterEqual(ended, began + 30)
        self.parts.elapse(59)
        self.assertIn('cooldown for another', self.signal(identity, 'none'))
        self.parts.elapse(2)
        self.assertEqual('', self.signal(identity, 'none'))
        # A negative cooldown is none.
        self.parts.elapse(1)
        self.assertEqual('', self.signal(identity, 'none'))
        self.assertEqual(4, self.outputs(identity)['size'])

    def test_no_urls(self) -> None:
        identity = self.scaling()
        self.assertEqual(
            {'alarm_url': None, 'signal_url': None}, self.rows(identity)['up'].attributes
        )

    def test_first_member_is_a_nested_stack(self) -> None:
        empty = group(min_size=0, desired_capacity=0, resource={'type': 'member.yaml'})
        source = template({'group': empty, 'up': policy()})
        files = {'member.yaml': template({'one': thing('x')})}
        identity = self.call('create_stack', 'stack', source, None, files, None)
        self.parts.rest()
        self.assertEqual([], self.names(identity))
        self.parts.elapse(1)
        self.assertEqual('', self.signal(identity))
        (member,) = self.within(wire_format.identity(self.child(identity))).values()
        (row,) = self.store.resources(member.id)
        self.assertEqual('x', row.attributes['output'])

    def test_two_signals_at_once_scale_once(self) -> None:
        identity = self.scaling()
        self.parts.elapse(1)
        first = self.call('resource_signal', identity, 'up', None, sync_call=True)
        second = self.call('resource_signal', identity, 'up', None, sync_call=True)
        self.parts.rest()
        self.assertNotIn('ignored', first)
        self.assertIn('changes already', second['ignored'])
        self.assertEqual(2, self.outputs(identity)['size'])

    def test_signal_that_read_the_group_too_early(self) -> None:
        identity = self.scaling()
        self.parts.elapse(1)
        children = self.parts.registry.plugin('OS::Heat::ScalingPolicy').children
        update, others = children.update, iter([True])

        def late(child: Any, content: Any, events: Any) -> bool:
            if next(others, False):
                # Another signal is faster, and done before this one.
                self.signal(identity, 'up')
            return bool(update(child, content, events))

        children.update = late
        self.assertEqual('', self.signal(identity, 'up'))
        self.assertEqual(3, self.outputs(identity)['size'])

    def test_other_requests_are_always_faster(self) -> None:
        identity = self.scaling()
        self.parts.elapse(1)
        children = self.parts.registry.plugin('OS::Heat::ScalingPolicy').children
        children.update = lambda *_: False
        error = self.assertRaises(exception.ActionInProgress, self.signal, identity, 'up')
        self.assertIn('CREATE', str(error))
        self.assertEqual([], self.signal_events(identity))

    def test_crash_saves_the_change_and_its_event_or_neither(self) -> None:
        identity = self.scaling()
        self.parts.elapse(1)
        request = self.store.request
        for saved in (False, True):

            def dies(*args: Any, saved: bool = saved) -> None:
                if saved:
                    request(*args)
                raise Killed

            self.store.request = dies
            self.assertRaises(Killed, self.signal, identity)
            self.store.request = request
            self.parts.recover()
            self.assertEqual(1 + saved, self.outputs(identity)['size'])
            self.assertEqual(int(saved), len(self.signal_events(identity)))

    def test_group_that_is_updated(self) -> None:
        identity = self.scaling()
        self.parts.elapse(1)
        self.resources['group'] = group('b')
        self.update(identity, self.resources, outputs=OUTPUTS)
        self.parts.rest(12)
        self.assertEqual('IN_PROGRESS', self.rows(identity)['group'].status)
        answer = self.call('resource_signal', identity, 'up', None, sync_call=True)
        self.assertIn('in progress', answer['ignored'])
        self.parts.recover()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        self.assertEqual('', self.signal(identity))

    def test_suspended(self) -> None:
        identity = self.scaling()
        self.call('stack_suspend', identity)
        self.parts.rest()
        self.refused(exception.NotSupported, self.signal, identity)
        self.call('stack_resume', identity)
        self.parts.rest()
        self.assertEqual('', self.signal(identity))
        self.assertEqual(2, self.outputs(identity)['size'])

    def test_details(self) -> None:
        identity = self.scaling()
        self.parts.elapse(1)
        alarm = {'alarm_id': 'x', 'current': 'alarm', 'previous': 'ok'}
        self.assertEqual('', self.signal(identity, 'up', alarm))
        self.refused(exception.StackValidationFailed, self.signal, identity, 'up', ['alarm'])

    def test_group_of_another_stack(self) -> None:
        other = self.child(self.scaling())
        lonely = policy(auto_scaling_group_id=other.name)
        identity = self.made({'up': lonely}, 'other')
        error = self.refused(exception.StackValidationFailed, self.signal, identity)
        self.assertIn('has no scaling group', str(error))
        self.assertEqual('CREATE_COMPLETE', f'{other.action}_{other.status}')

    def test_group_that_does_not_scale(self) -> None:
        fixed = {'type': 'OS::Heat::ResourceGroup', 'properties': {'resource_def': thing()}}
        identity = self.made({'group': fixed})
        resources = {'group': fixed, 'up': policy(auto_scaling_group_id=self.child(identity).name)}
        self.update(identity, resources)
        self.parts.rest()
        error = self.refused(exception.StackValidationFailed, self.signal, identity)
        self.assertIn('has no scaling group', str(error))

    def test_update_with_a_failed_member(self) -> None:
        identity = self.scaling(desired_capacity=3)
        names = self.failed(identity, 0)
        self.changed(identity)
        self.assertEqual(names[1:], self.names(identity))
        names = self.failed(identity, 0)
        # A desired size counts it: it is created again.
        self.changed(identity, desired_capacity=2)
        self.assertEqual(sorted(names), sorted(self.names(identity)))
        self.assertEqual(2, self.outputs(identity)['size'])

    def failed(self, identity: Any, place: int) -> list[str]:
        """Let a member fail; return the names of all."""
        self.parts.elapse(1)
        names = self.names(identity)
        child = self.child(identity)
        (row,) = [row for row in self.store.resources(child.id) if row.name == names[place]]
        self.parts.records.remove(row.token)
        self.call('stack_check', wire_format.identity(child))
        self.parts.rest()
        return names

    def test_failed_member_goes_first(self) -> None:
        identity = self.scaling(desired_capacity=3)
        self.parts.elapse(1)
        names = self.names(identity)
        child = wire_format.identity(self.child(identity))
        row = {row.name: row for row in self.store.resources(child['stack_id'])}[names[2]]
        self.parts.records.remove(row.token)
        self.call('stack_check', child)
        self.parts.rest()
        self.assertEqual(2, self.outputs(identity)['size'])
        self.assertEqual('', self.signal(identity, 'down'))
        self.assertEqual([names[1]], self.names(identity))

    def test_aws_names(self) -> None:
        aws = {
            'type': 'AWS::AutoScaling::ScalingPolicy',
            'properties': {
                'AutoScalingGroupName': {'get_resource': 'group'},
                'ScalingAdjustment': 100,
                'AdjustmentType': 'PercentChangeInCapacity',
                'Cooldown': 0,
            },
        }
        self.resources = {'group': group(desired_capacity=2), 'up': aws}
        identity = self.made(self.resources, outputs=OUTPUTS)
        self.parts.elapse(1)
        self.assertEqual('', self.signal(identity))
        self.assertEqual(4, self.outputs(identity)['size'])


class UpdateTest(ScalingTestCase):
    def changes(self, identity: Any) -> list[list[str]]:
        """Return what each update of the nested stack did to its members."""
        child = wire_format.identity(self.child(identity))
        parts: list[list[str]] = []
        for event in reversed(self.call('list_events', child)):
            if event['resource_status'] != 'IN_PROGRESS':
                continue
            if event['resource_name'] == child['stack_name']:
                parts.append([])
            else:
                parts[-1].append(event['resource_action'])
        return [sorted(part) for part in parts]

    def test_size_is_kept_unless_it_is_desired(self) -> None:
        identity = self.scaling(desired_capacity=2)
        self.parts.elapse(1)
        self.signal(identity)
        self.changed(identity)
        self.assertEqual(3, self.outputs(identity)['size'])
        self.changed(identity, desired_capacity=2)
        self.assertEqual(2, self.outputs(identity)['size'])
        self.changed(identity, min_size=4)
        self.assertEqual(4, self.outputs(identity)['size'])
        self.changed(identity, max_size=1)
        self.assertEqual(1, self.outputs(identity)['size'])

    def test_one_by_one(self) -> None:
        identity = self.scaling(desired_capacity=3)
        self.changed(identity, 'b', desired_capacity=3)
        self.assertEqual(
            [['CREATE'] * 3, ['UPDATE'], ['UPDATE'], ['UPDATE']], self.changes(identity)
        )
        self.assertEqual(['b'] * 3, self.outputs(identity)['values'])

    def test_batches(self) -> None:
        updates = {'max_batch_size': 2}
        identity = self.scaling(desired_capacity=3)
        self.changed(identity, 'b', desired_capacity=3, rolling_updates=updates)
        self.assertEqual([['CREATE'] * 3, ['UPDATE'] * 2, ['UPDATE']], self.changes(identity))

    def test_members_stay_in_service(self) -> None:
        updates = {'max_batch_size': 2, 'min_in_service': 3}
        identity = self.scaling(desired_capacity=3)
        names = self.names(identity)
        self.parts.elapse(1)
        self.changed(identity, 'b', desired_capacity=3, rolling_updates=updates)
        # Two are added, one of the old ones is updated, and the rest goes.
        self.assertEqual(
            [['CREATE'] * 3, ['CREATE'] * 2, ['DELETE', 'UPDATE'], ['DELETE']],
            self.changes(identity),
        )
        self.assertEqual(['b'] * 3, self.outputs(identity)['values'])
        self.assertLessEqual(len({*names} & {*self.names(identity)}), 1)

    def test_pause(self) -> None:
        updates = {'pause_time': 100}
        identity = self.scaling(desired_capacity=3)
        before = self.parts.clock.now()
        self.changed(identity, 'b', desired_capacity=3, rolling_updates=updates)
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        # Between three batches, but not after the last one.
        self.assertTrue(200 <= self.parts.clock.now() - before < 300)

    def test_failed_batch_is_continued(self) -> None:
        identity = self.scaling(desired_capacity=2)
        bad = {**thing('b'), 'properties': {'value': 'b', 'fail': True}}
        self.resources['group'] = group(desired_capacity=2, resource=bad)
        self.update(identity, self.resources, outputs=OUTPUTS)
        self.parts.rest()
        self.assertEqual('UPDATE_FAILED', self.state(identity))
        self.changed(identity, 'c', desired_capacity=2)
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        self.assertEqual(['c', 'c'], self.outputs(identity)['values'])

    def test_sizes_are_checked(self) -> None:
        for properties, words in (
            ({'min_size': 7}, 'MinSize can not be greater'),
            ({'desired_capacity': 7}, 'DesiredCapacity must be between'),
            ({'min_size': 2, 'desired_capacity': 1}, 'DesiredCapacity must be between'),
        ):
            resources = {'group': group(**properties)}
            error = self.refused(exception.StackValidationFailed, self.create, resources)
            self.assertIn(words, str(error))
        step = policy(min_adjustment_step=2)
        error = self.refused(
            exception.StackValidationFailed, self.create, {'group': group(), 'up': step}
        )
        self.assertIn('min_adjustment_step property should only', str(error))


def slow(value: str) -> dict[str, Any]:
    """Return a thing whose operations take three seconds."""
    return {**thing(value), 'properties': {'value': value, 'wait_secs': 3}}


class InServiceTest(ScalingTestCase):
    """The members that are under way belong to the batch, whoever began them."""

    def rolling(self, kind: str, value: str, **policy: Any) -> dict[str, Any]:
        """Return a group of three slow members that are updated one by one."""
        rolling = {'max_batch_size': 1, **policy}
        if kind == 'scaling':
            return group(desired_capacity=3, resource=slow(value), rolling_updates=rolling)
        return {
            'type': 'OS::Heat::ResourceGroup',
            'properties': {'count': 3, 'resource_def': slow(value)},
            'update_policy': {'rolling_update': rolling},
        }

    def most_at_once(self, kind: str, steps: int, disturb: Any) -> int:
        """Return how many members were under way at the same time.

        :param steps: number of steps after which the update is disturbed.
        """
        self.anew()
        identity = self.made({'group': self.rolling(kind, 'a')})
        child = self.child(identity)
        self.update(identity, {'group': self.rolling(kind, 'b')})
        tasks: list[Any] = []
        most = 0
        for step in range(2_000):
            if step == steps:
                tasks = disturb(identity, tasks)
            if self.heard.wishes:
                wish = self.heard.wishes.pop(0)
                tasks.append(self.parts.start(prepare(wish, self.parts.ids, True)))
            elif self.heard.keys:
                key = self.heard.keys.pop(0)
                tasks.append(self.parts.start(self.parts.checker().check(key)))
            if not tasks:
                if self.state(identity) == 'UPDATE_COMPLETE':
                    break
                self.parts.sweep()
                continue
            task = tasks.pop(0)
            if not task.go_on(1):
                tasks.append(task)
            rows = self.store.resources(child.id)
            most = max(most, sum(1 for row in rows if row.status == 'IN_PROGRESS'))
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), (kind, steps))
        return most

    def test_after_the_death_of_a_worker(self) -> None:
        def crash(identity: Any, tasks: list[Any]) -> list[Any]:
            self.parts.crash()
            return []

        for kind in ('scaling', 'numbered'):
            for steps in range(10, 90, 11):
                self.assertEqual(1, self.most_at_once(kind, steps, crash), (kind, steps))

    def test_another_update_of_the_owner(self) -> None:
        for kind in ('scaling', 'numbered'):

            def other(identity: Any, tasks: list[Any], kind: str = kind) -> list[Any]:
                resources = {'group': self.rolling(kind, 'b'), 'other': thing('x')}
                self.update(identity, resources)
                return tasks

            for steps in range(10, 90, 11):
                self.assertEqual(1, self.most_at_once(kind, steps, other), (kind, steps))

    def test_pause_is_kept(self) -> None:
        identity = self.made({'group': self.rolling('scaling', 'a', pause_time=500)})
        before = self.parts.clock.now()
        self.update(identity, {'group': self.rolling('scaling', 'b', pause_time=500)})
        while len(self.changed_to(identity, 'b')) < 1:
            self.parts.rest(5)
            self.parts.recover_once()
        self.assertLess(self.parts.clock.now() - before, 400)
        while len(self.changed_to(identity, 'b')) < 2:
            self.parts.recover_once()
        self.assertGreaterEqual(self.parts.clock.now() - before, 500)

    def changed_to(self, identity: Any, value: str) -> list[str]:
        rows = self.store.resources(self.child(identity).id)
        return [row.name for row in rows if row.attributes.get('output') == value]

    def test_cancelled_update_does_not_go_on(self) -> None:
        for pause in (0, 20):
            self.anew()
            identity = self.made({'group': self.rolling('scaling', 'a', pause_time=pause)})
            new = self.rolling('scaling', 'b', pause_time=pause)
            self.update(identity, {'group': new})
            self.parts.rest(60)
            self.assertEqual(1, len(self.changed_to(identity, 'b')))
            self.call('stack_cancel_update', identity, False)
            self.parts.recover()
            self.parts.recover()
            self.assertEqual('UPDATE_FAILED', self.state(identity))
            self.assertLess(len(self.changed_to(identity, 'b')), 3)
            # The next update finishes it.
            self.update(identity, {'group': new})
            self.parts.rest()
            self.assertEqual('UPDATE_COMPLETE', self.state(identity))
            self.assertEqual(3, len(self.changed_to(identity, 'b')))


class DeathTest(ScalingTestCase):
    """A worker dies after each question in turn."""

    def test_rolling_update(self) -> None:
        step = 0
        updates = {'max_batch_size': 1, 'min_in_service': 2}
        while True:
            self.anew()
            identity = self.scaling(desired_capacity=2)
            self.resources['group'] = group('b', desired_capacity=2, rolling_updates=updates)
            self.update(identity, self.resources, outputs=OUTPUTS)
            ended = self.parts.rest(most=step) < step
            if not ended:
                self.parts.recover()
            self.assertEqual('UPDATE_COMPLETE', self.state(identity), f'after {step}')
            self.assertEqual(['b', 'b'], self.outputs(identity)['values'], f'after {step}')
            child = wire_format.identity(self.child(identity))
            self.assertEqual(2, len(self.store.resources(child['stack_id'])))
            self.assertEqual('', self.signal(identity))
            if ended:
                break
            step += 1
        self.assertGreater(step, 30)

    def test_signal(self) -> None:
        step = 0
        while True:
            self.anew()
            identity = self.scaling()
            self.parts.elapse(1)
            self.call('resource_signal', identity, 'up', None)
            ended = self.parts.rest(most=step) < step
            if not ended:
                self.parts.recover()
            self.assertEqual(2, self.outputs(identity)['size'], f'after {step}')
            self.assertEqual(2, len(self.store.resources(self.child(identity).id)))
            self.assertEqual('CREATE_COMPLETE', self.state(identity))
            if ended:
                break
            step += 1
        self.assertGreater(step, 5)
