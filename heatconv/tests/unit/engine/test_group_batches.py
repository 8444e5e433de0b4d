"""Resource groups that are created and updated in batches."""

from __future__ import annotations

from typing import Any

from heatconv.engine import wire_format
from heatconv.tests.unit.engine.parts import thing
from heatconv.tests.unit.engine.test_scaling import ScalingTestCase


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

    def test_parameter_in_the_policy(self) -> None:
        policy = {'rolling_update': {'max_batch_size': {'get_param': 'most'}}}
        parameters = {'most': {'type': 'number', 'default': 3}}
        resources = {'group': group(policy=policy)}
        identity = self.made(resources, parameters=parameters)
        self.update(identity, {'group': group('b', policy=policy)}, parameters=parameters)
        self.parts.rest()
        self.assertEqual([['U2', 'U3', 'U4'], ['U0', 'U1']], self.changes(identity)[1:])

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
