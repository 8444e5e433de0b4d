"""Groups of deployments: one nested stack with a deployment for each server."""

from __future__ import annotations

from typing import Any

from heatconv import exception
from heatconv.hot import nested
from heatconv.hot.functions import MapNode, Node
from heatconv.resources.plugin import Resource
from heatconv.resources.rollouts import UNFINISHED
from heatconv.tests.unit.engine.parts import thing
from heatconv.tests.unit.resources.software.test_stacks import SCRIPT, StackTestCase

TYPES = (
    'OS::Heat::SoftwareDeploymentGroup',
    'OS::Heat::SoftwareDeployments',
    'OS::Heat::StructuredDeploymentGroup',
    'OS::Heat::StructuredDeployments',
)


def group(type_: str = TYPES[0], **properties: Any) -> dict[str, Any]:
    """Return a script, and a group that deploys it."""
    given = {'config': {'get_resource': 'C'}, 'servers': {'a': 'id-a', 'b': 'id-b'}, **properties}
    return {'C': SCRIPT, 'G': {'type': type_, 'properties': given}}


class GroupTest(StackTestCase):
    def member_types(self, identity: Any) -> set[str]:
        nested = self.row(identity, 'G').physical_id
        return {row.type for row in self.store.resources(nested)}

    def waiting(self) -> dict[str, str]:
        """Return the ids of the deployments in progress by server."""
        return {
            one['server_id']: one['id']
            for one in self.call('list_software_deployments')
            if one['status'] == 'IN_PROGRESS'
        }

    def signal_all(self, **details: Any) -> None:
        for server, token in self.waiting().items():
            self.call('signal_software_deployment', token, {'o': f'of {server}', **details})
        self.parts.recover()

    def test_life(self) -> None:
        outputs = {
            name: {'value': {'get_attr': ['G', *path]}}
            for name, path in {
                'stdouts': ['deploy_stdouts'],
                'stdout': ['deploy_stdout', 'b'],
                'stderrs': ['deploy_stderrs'],
                'codes': ['deploy_status_codes'],
                'own': ['o'],
                'one': ['o', 'a'],
            }.items()
        }
        template = group(input_values={'i': 1})
        template['A'] = thing({'get_attr': ['G', 'o', 'a']})
        identity = self.begun(template, outputs=outputs)
        self.assertEqual({'id-a', 'id-b'}, set(self.waiting()))
        for server in ('id-a', 'id-b'):
            inputs = self.inputs(server)
            self.assertEqual((1, server), (inputs['i'], inputs['deploy_server_id']))
            self.assertEqual(server.removeprefix('id-'), inputs['deploy_resource_name'])
        self.signal_all(deploy_stdout='out', deploy_status_code=0)
        self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        self.assertEqual('of id-a', self.row(identity, 'A').attributes['output'])
        shown = {
            one['output_key']: one['output_value']
            for one in self.call('show_stack', identity, True)[0]['outputs']
        }
        self.assertEqual(
            {
                'stdouts': {'a': 'out', 'b': 'out'},
                'stdout': 'out',
                'stderrs': {'a': None, 'b': None},
                'codes': {'a': 0, 'b': 0},
                'own': {'a': 'of id-a', 'b': 'of id-b'},
                'one': 'of id-a',
            },
            shown,
        )
        self.call('delete_stack', identity)
        self.parts.rest()
        self.assertEqual('DELETE_COMPLETE', self.state(identity))
        self.assertEqual([], self.call('list_software_deployments'))

    def test_servers_come_and_go(self) -> None:
        identity = self.begun(group())
        self.signal_all()
        kept = {one['server_id']: one['id'] for one in self.call('list_software_deployments')}
        self.update(identity, group(servers={'b': 'id-b', 'c': 'id-c'}))
        self.parts.rest(120)
        self.assertEqual({'id-c'}, set(self.waiting()))
        self.signal_all()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        now = {one['server_id']: one['id'] for one in self.call('list_software_deployments')}
        self.assertEqual({'id-b', 'id-c'}, set(now))
        self.assertEqual(kept['id-b'], now['id-b'])

    def test_update_deploys_on_all_servers(self) -> None:
        identity = self.begun(group())
        self.signal_all()
        self.update(identity, group(input_values={'i': 2}))
        self.parts.rest(200)
        self.assertEqual({'id-a', 'id-b'}, set(self.waiting()))
        self.assertEqual(
            (2, 'UPDATE'), tuple(self.inputs('id-a')[one] for one in ('i', 'deploy_action'))
        )
        self.signal_all()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)

    def test_one_failure_fails_the_group(self) -> None:
        identity = self.create(group())
        self.rest_with({'deploy_status_code': 1}, {})
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertIn('Deployment to server failed', self.stack(identity).reason)

    def test_no_servers(self) -> None:
        outputs = {
            name: {'value': {'get_attr': ['G', *path]}}
            for name, path in {
                'codes': ['deploy_status_codes'],
                'own': ['o'],
                'one': ['o', 'a'],
                'details': ['show'],
            }.items()
        }
        identity = self.made(group(servers={}), outputs=outputs)
        self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        shown = self.call('show_stack', identity, True)[0]['outputs']
        self.assertEqual([{}, {}, None, None], [one['output_value'] for one in shown])
        self.assertEqual([], [one for one in shown if one.get('output_error')])

    def test_unknown_attribute(self) -> None:
        template = group(signal_transport='NO_SIGNAL')
        template['A'] = thing({'get_attr': ['G', 'nothing']})
        identity = self.made(template)
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertIn('(G nothing) is incorrect', self.stack(identity).reason)

    def test_types_of_members(self) -> None:
        for type_ in TYPES:
            self.anew()
            identity = self.made(group(type_, signal_transport='NO_SIGNAL', actions=['CREATE']))
            self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
            kind = 'Structured' if 'Structured' in type_ else 'Software'
            self.assertEqual({f'OS::Heat::{kind}Deployment'}, self.member_types(identity))

    def test_structured_group_fills_in(self) -> None:
        template = group(TYPES[2], input_key='fill', input_values={'i': 5})
        config = {'config': {'v': {'fill': 'i'}}}
        template['C'] = {'type': 'OS::Heat::StructuredConfig', 'properties': config}
        self.begun(template)
        self.assertEqual({'v': 5}, self.deployed('id-a')[0]['config'])

    def test_former_names_are_hidden(self) -> None:
        listed = self.call('list_resource_types')
        self.assertIn(TYPES[0], listed)
        self.assertIn(TYPES[2], listed)
        self.assertNotIn(TYPES[1], listed)
        self.assertNotIn(TYPES[3], listed)

    def test_members_as_far_as_known(self) -> None:
        plugin = self.parts.registry.plugin(TYPES[0])
        assert plugin is not None
        members = plugin.schema.members
        assert members is not None
        node = Node()
        for servers in ({'a': node, 'b': 'id'}, MapNode({'a': node, 'b': 'id'})):
            self.assertEqual(
                {
                    'a': {
                        'type': 'OS::Heat::SoftwareDeployment',
                        'properties': {'config': 'c', 'server': node},
                    }
                },
                members({'servers': servers, 'config': 'c'}),
            )
        for unknown in ({}, {'servers': node}, {'servers': {}}):
            self.assertEqual({}, members(unknown))

    def test_what_is_refused(self) -> None:
        for wrong in ({'actions': ['CHECK']}, {'servers': []}, {'input_key': 'x'}):
            self.refused(exception.StackValidationFailed, self.create, group(**wrong))
        # The servers may be known at run time only.
        for number, servers in enumerate(({'a': [1]}, {'a/b': 'id'})):
            identity = self.made(group(servers=servers), name=f'stack-{number}')
            self.assertEqual('CREATE_FAILED', self.state(identity))

    def batched(self, servers: str, batch_create: int = 0, rolling_update: int = 0) -> Any:
        """Return a group with an update policy.

        :param servers: the names of the servers, a letter each.
        :param batch_create: the size of the batches; 0 for no batches. Likewise for updates.
        """
        template = group(servers={name: f'id-{name}' for name in servers})
        sizes = {'batch_create': batch_create, 'rolling_update': rolling_update}
        template['G']['update_policy'] = {
            name: {'max_batch_size': size} for name, size in sizes.items() if size
        }
        return template

    def batches(self, *details: dict[str, Any]) -> list[int]:
        """Go on to the end; return how many deployments were awaited at a time.

        :param details: what the deployments of the first batches are signaled.
        """
        left = list(details)
        sizes: list[int] = []
        seen: list[int] = []

        def work() -> None:
            waiting = self.waiting()
            seen.append(len(waiting))
            # Members begin one after the other: wait until no other follows.
            if waiting and seen[-8:] == [len(waiting)] * 8:
                sizes.append(len(waiting))
                now = left.pop(0) if left else {}
                for token in waiting.values():
                    self.call('signal_software_deployment', token, now)

        self.parts.work = work
        self.parts.rest()
        self.parts.work = None
        return sizes

    def test_batches(self) -> None:
        template = self.batched('abc', 2, 1)
        identity = self.create(template)
        self.assertEqual([2, 1], self.batches())
        self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        template['G']['properties']['input_values'] = {'i': 1}
        self.update(identity, template)
        self.assertEqual([1, 1, 1], self.batches())
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)

    def test_pauses(self) -> None:
        plugin: Any = self.parts.registry.plugin(TYPES[0])
        policy = {'rolling_update': {'pause_time': 5}, 'batch_create': {'pause_time': 7}}
        properties = {nested.FACADE: {'update_policy': policy}}
        resource = Resource('token', 'G', TYPES[0], 'stack-id', 'stack', 'project', properties)
        self.assertEqual(7, plugin.policy(resource, {}).pause)
        self.assertEqual(5, plugin.policy(resource, {'template': {}}).pause)
        self.assertEqual(7, plugin.policy(resource, {UNFINISHED: 'batch_create'}).pause)

    def test_batches_of_a_create_only(self) -> None:
        template = self.batched('abc', 1)
        identity = self.create(template)
        self.assertEqual([1, 1, 1], self.batches())
        template['G']['properties']['input_values'] = {'i': 1}
        self.update(identity, template)
        self.assertEqual([3], self.batches())
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)

    def test_batches_of_an_update_with_other_servers(self) -> None:
        identity = self.create(self.batched('abx', rolling_update=1))
        self.assertEqual([3], self.batches())
        self.update(identity, self.batched('abcd', rolling_update=1))
        self.assertEqual([1, 1], self.batches())
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        servers = {one['server_id'] for one in self.call('list_software_deployments')}
        self.assertEqual({'id-a', 'id-b', 'id-c', 'id-d'}, servers)

    def test_batches_after_a_failure(self) -> None:
        template = self.batched('abc', rolling_update=1)
        identity = self.create(template)
        self.batches()
        template['G']['properties']['input_values'] = {'i': 1}
        self.update(identity, template)
        self.assertEqual([1], self.batches({'deploy_status_code': 1}))
        self.assertEqual('UPDATE_FAILED', self.state(identity))
        self.update(identity, template)
        self.assertEqual([1, 1, 1], self.batches())
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)
