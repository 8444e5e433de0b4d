"""What users see of groups, chains and nested stacks, also of those that failed."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from heatconv.convergence.evolve import evolve
from heatconv.engine.nested_stacks import nested_stack
from heatconv.tests.unit.engine.parts import template, thing
from heatconv.tests.unit.engine.test_nested import NestedTestCase, nested
from heatconv.tests.unit.engine.test_nested_repair import group


def chain(**properties: Any) -> dict[str, Any]:
    """Return a chain of one thing."""
    return {
        'type': 'OS::Heat::ResourceChain',
        'properties': {
            'resources': ['OS::Heat::TestResource'],
            'resource_properties': {'value': 'a'},
            **properties,
        },
    }


class AttributesTest(NestedTestCase):
    def test_chain_has_no_map_of_references(self) -> None:
        identity = self.ask({'G': group(), 'C': chain()})
        shown = {
            name: set(self.call('describe_stack_resource', identity, name)['attributes'])
            for name in 'GC'
        }
        self.assertEqual({'refs'}, shown['C'])
        self.assertEqual({'refs', 'refs_map', 'removed_rsrc_list'}, shown['G'])

    def test_member_of_an_empty_group(self) -> None:
        member = {'value': {'get_attr': ['G', 'resource.0', 'output']}}
        identity = self.ask({'G': group(count=0)}, outputs={'it': member})
        self.assertEqual({'it': None}, self.outputs(identity))
        (shown,) = self.call('show_stack', identity)
        self.assertNotIn('output_error', shown['outputs'][0])

    def test_reference_of_a_group_is_its_id(self) -> None:
        outputs = {name: {'value': {'get_resource': name}} for name in 'GC'}
        identity = self.ask({'G': group(), 'C': chain()}, outputs=outputs)
        within = self.within(identity)
        self.assertEqual({name: within[name].id for name in 'GC'}, self.outputs(identity))

    def test_values_of_a_nested_stack_that_failed(self) -> None:
        source = template(
            {'I': thing('x', properties={'fail': True})}, outputs={'it': {'value': 'red'}}
        )
        identity = self.ask(
            {'N': {'type': 'inner.yaml'}},
            {'inner.yaml': json.dumps(source)},
            outputs={'it': {'value': {'get_attr': ['N', 'it']}}},
        )
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertEqual({'it': 'red'}, self.outputs(identity))

    def test_group_whose_content_is_gone(self) -> None:
        identity = self.ask({'G': group()})
        (child,) = self.within(identity).values()
        plugin: Any = self.parts.registry.plugin('OS::Heat::ResourceGroup')
        lost = dataclasses.replace(nested_stack(child), template_id=None)
        self.assertEqual([], plugin.attributes(lost)['refs'])


class ReplacedTest(NestedTestCase):
    def test_chain_with_other_properties(self) -> None:
        identity = self.ask({'C': chain()})
        before = self.rows(identity)['C'].physical_id
        self.ask({'C': chain(resources=['OS::Heat::TestResource'] * 2)}, identity=identity)
        self.assertEqual(before, self.rows(identity)['C'].physical_id)
        self.ask({'C': chain(resource_properties={'value': 'b'})}, identity=identity)
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        self.assertNotEqual(before, self.rows(identity)['C'].physical_id)

    def test_list_has_the_resources_of_the_newest_nested_stack_only(self) -> None:
        identity = self.ask({'N': nested()})
        (old,) = self.within(identity).values()
        self.call('resource_mark_unhealthy', identity, 'N', True)
        failing = json.dumps(
            template(
                {'I': thing('x', properties={'fail': True})},
                parameters={'size': {'type': 'string'}},
            )
        )
        self.ask({'N': nested()}, {'inner.yaml': failing}, identity=identity)
        self.assertEqual('UPDATE_FAILED', self.state(identity))
        listed = [
            one['stack_identity']['stack_id']
            for one in self.call('list_stack_resources', identity, 5)
            if one['resource_name'] == 'I'
        ]
        self.assertEqual(1, len(listed))
        self.assertNotEqual([old.id], listed)


class HookAfterAnUpdateTest(NestedTestCase):
    def test_nested_stack_is_updated_once(self) -> None:
        environment = {'resource_registry': {'resources': {'N': {'hooks': 'post-update'}}}}
        identity = self.ask({'N': nested()}, environment=environment)
        self.ask({'N': nested(color='blue')}, None, environment, identity)
        self.call('resource_signal', identity, 'N', {'unset_hook': 'post-update'})
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        begun = [
            event
            for event in self.call('list_events', identity)
            if (event['resource_name'], event['resource_action'], event['resource_status'])
            == ('N', 'UPDATE', 'IN_PROGRESS')
        ]
        self.assertEqual(1, len(begun))


class EarlierReleaseTest(NestedTestCase):
    def test_external_resource_is_known_once_it_was_kept(self) -> None:
        external = {'type': 'OS::Heat::TestResource', 'external_id': 'some'}
        identity = self.ask({'A': external})
        row = self.rows(identity)['A']
        self.store._rows[row.id] = evolve(row, external=False)
        self.ask({'A': {**external, 'depends_on': 'B'}, 'B': thing('x')}, identity=identity)
        self.assertTrue(self.rows(identity)['A'].external)
        self.ask({'A': {'type': 'OS::Heat::TestResource'}}, identity=identity)
        self.assertEqual('UPDATE_FAILED', self.state(identity))
        self.assertIn('external_id', self.stack(identity).reason)
