"""Attributes of nested stacks and groups: their members, and what does not exist."""

from __future__ import annotations

import json
from typing import Any

from heatconv.tests.unit.engine.parts import template, thing
from heatconv.tests.unit.engine.test_nested import NestedTestCase

DEEP = json.dumps(
    template(
        {'v': {'type': 'OS::Heat::Value', 'properties': {'value': 'deep'}}},
        outputs={'out': {'value': {'get_attr': ['v', 'value']}}},
    )
)
MIDDLE = json.dumps(template({'d': {'type': 'deep.yaml'}}))


def group(type_: str = 'OS::Heat::TestResource', count: int = 1, **more: Any) -> dict[str, Any]:
    """Return a group."""
    properties = {'count': count, 'resource_def': {'type': type_}, **more}
    return {'type': 'OS::Heat::ResourceGroup', 'properties': properties}


class AttributeTestCase(NestedTestCase):
    FILES = {'deep.yaml': DEEP, 'middle.yaml': MIDDLE}  # noqa: RUF012

    def attributes(self, resources: Any, **paths: Any) -> dict[str, Any]:
        """Create a stack with an output for each path; return values, or errors as strings."""
        outputs = {name: {'value': {'get_attr': path}} for name, path in paths.items()}
        self.identity = self.ask(resources, self.FILES, outputs=outputs)
        self.assertEqual(
            'CREATE_COMPLETE', self.state(self.identity), self.stack(self.identity).reason
        )
        return self.shown()

    def shown(self) -> dict[str, Any]:
        (stack,) = self.call('show_stack', self.identity)
        return {
            one['output_key']: one.get('output_error', one['output_value'])
            for one in stack['outputs']
        }


class TwoLevelsTest(AttributeTestCase):
    def test_members_of_members(self) -> None:
        values = self.attributes(
            {
                'g': group('deep.yaml'),
                'n': {'type': 'middle.yaml'},
                'gg': group(
                    'OS::Heat::ResourceGroup', resource_def={**group('deep.yaml'), 'metadata': {}}
                ),
            },
            all_dots=['g', 'resource.0.resource.v', 'value'],
            half=['g', 'resource.0', 'resource.v.value'],
            list=['g', 'resource.0', 'resource.v', 'value'],
            output=['g', 'out'],
            nested=['n', 'resource.d', 'resource.v', 'value'],
            nested_output=['n', 'resource.d', 'out'],
            group_of_groups=['gg', 'resource.0', 'resource.0', 'out'],
            lists=['gg', 'out'],
            reference=['g', 'resource.0.resource.v'],
        )
        child = self.within(self.identity)['g']
        inner_stack = self.within({'stack_id': child.id})['0']
        reference = self.rows_of(inner_stack)['v'].physical_id
        self.assertEqual(
            {
                **dict.fromkeys(('all_dots', 'half', 'list', 'nested', 'nested_output'), 'deep'),
                'output': ['deep'],
                'group_of_groups': 'deep',
                'lists': [['deep']],
                'reference': reference,
            },
            values,
        )

    def test_whole_attributes_of_a_group(self) -> None:
        values = self.attributes(
            {'g': group()}, one=['g', 'refs_map', '0'], all=['g', 'refs_map'], show=['g', 'show']
        )
        self.assertEqual(values['all'], values['one'])
        self.assertIsNone(values['show'])


class MissingTest(AttributeTestCase):
    def test_members_and_attributes(self) -> None:
        values = self.attributes(
            {'g': group(), 'n': {'type': 'deep.yaml'}, 'c': self.chain()},
            member=['g', 'resource.5.output'],
            link=['c', 'resource.5', 'output'],
            inner=['n', 'resource.zz'],
            attribute=['g', 'resource.0.outptu'],
            by_name=['g', 'attributes', 'outptu'],
            all=['g', 'attributes'],
        )
        for name, path, text in (
            ('member', 'g', "Member '5' not found in group resource 'g'."),
            ('link', 'c', "Member '5' not found in group resource 'c'."),
            ('inner', 'n', "Member 'zz' not found in group resource 'n'."),
            ('attribute', '0', 'The Referenced Attribute (0 outptu) is incorrect.'),
            ('by_name', '0', 'The Referenced Attribute (0 outptu) is incorrect.'),
            ('all', 'g', 'The Referenced Attribute (g attributes) is incorrect.'),
        ):
            self.assertIn(text, values[name], path)

    def test_resource_that_needs_one_fails(self) -> None:
        identity = self.ask({'g': group(), 'v': thing({'get_attr': ['g', 'resource.5.output']})})
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertIn("Member '5' not found in group resource 'g'.", self.stack(identity).reason)

    def test_output_of_a_nested_stack_that_does_not_resolve(self) -> None:
        files = {
            'in.yaml': json.dumps(
                template(
                    {'a': thing('x')},
                    outputs={
                        'bad': {'value': {'str_split': ['/', {'get_attr': ['a', 'output']}, 1]}},
                        'good': {'value': {'get_attr': ['a', 'output']}},
                    },
                )
            )
        }
        outputs = {name: {'value': {'get_attr': ['n', name]}} for name in ('bad', 'good')}
        self.identity = self.ask({'n': {'type': 'in.yaml'}}, files, outputs=outputs)
        values = self.shown()
        self.assertEqual('x', values['good'])
        self.assertIn('Error in n output bad: ', values['bad'])

    @staticmethod
    def chain() -> dict[str, Any]:
        properties = {'resources': ['OS::Heat::TestResource']}
        return {'type': 'OS::Heat::ResourceChain', 'properties': properties}


class AfterFailuresTest(AttributeTestCase):
    def test_values_that_are_there(self) -> None:
        self.attributes({'g': group(count=2)}, all=['g', 'output'], refs=['g', 'refs'])
        before = self.shown()
        child = self.within(self.identity)['g']
        self.call(
            'resource_mark_unhealthy',
            {'stack_id': child.id, 'stack_name': child.name, 'tenant': child.project_id},
            '1',
            True,
        )
        self.call('stack_check', self.identity)
        self.parts.rest()
        self.assertEqual(before, self.shown())

    def test_stub_has_every_attribute(self) -> None:
        values = self.attributes(
            {'s': {'type': 'OS::Heat::None'}, 'g': group('OS::Heat::None')},
            alone=['s', 'anything'],
            member=['g', 'resource.0.anything'],
        )
        self.assertEqual({'alone': None, 'member': None}, values)

    def test_stub_resolves_nothing(self) -> None:
        broken = {'str_split': ['/', {'get_attr': ['a', 'output']}, 1]}
        identity = self.ask(
            {'a': thing('x'), 's': {'type': 'OS::Heat::None', 'properties': {'x': broken}}}
        )
        self.assertEqual('CREATE_COMPLETE', self.state(identity))
        self.ask(
            {'a': thing('x'), 's': {'type': 'OS::Heat::None', 'properties': {'y': 1}}},
            identity=identity,
        )
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        self.assertEqual('CREATE', self.rows(identity)['s'].action)


class RemovalTest(AttributeTestCase):
    def members(self, identity: Any) -> list[str]:
        return sorted(self.rows_of(self.within(identity)['g']))

    def test_names_are_skipped_by_the_create(self) -> None:
        identity = self.ask(
            {'g': group(count=2, removal_policies=[{'resource_list': ['0', '2']}])}
        )
        self.assertEqual(['1', '3'], self.members(identity))

    def test_member_that_failed_goes(self) -> None:
        def failing(count: int, fails: bool, *removed: str) -> dict[str, Any]:
            definition = thing('%index%', properties={'fail': fails})
            policies = [{'resource_list': list(removed)}]
            return {'g': group(count=count, resource_def=definition, removal_policies=policies)}

        identity = self.ask(failing(2, False))
        before = self.rows_of(self.within(identity)['g'])
        self.ask(failing(3, True), identity=identity)
        self.assertEqual('UPDATE_FAILED', self.state(identity))
        self.ask(failing(2, False, '2'), identity=identity)
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        self.assertEqual(sorted(before), self.members(identity))
        # The create of the whole group failed.
        self.anew()
        identity = self.ask(failing(2, True))
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.ask(failing(2, False, '0'), identity=identity)
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        self.assertEqual(['1', '2'], self.members(identity))

    def test_reference_to_a_member_that_is_gone_names_it_still(self) -> None:
        identity = self.ask({'g': group(count=2)})
        gone = self.rows_of(self.within(identity)['g'])['0'].physical_id
        resources = {
            'g': group(
                count=2,
                removal_policies_mode='update',
                removal_policies=[{'resource_list': [gone]}],
            )
        }
        for _ in range(2):
            self.ask(resources, identity=identity)
            self.assertEqual(['1', '2'], self.members(identity))


class RandomStringTest(AttributeTestCase):
    def test_reference_gives_the_string(self) -> None:
        secret = {'type': 'OS::Heat::RandomString', 'properties': {'length': 9}}
        identity = self.ask(
            {'pw': secret, 'user': thing({'get_resource': 'pw'}), 'g': group(secret['type'])},
            outputs={
                'reference': {'value': {'get_resource': 'pw'}},
                'value': {'value': {'get_attr': ['pw', 'value']}},
                'refs': {'value': {'get_attr': ['g', 'refs', 0]}},
                'member': {'value': {'get_attr': ['g', 'value']}},
            },
        )
        values = self.outputs(identity)
        self.assertEqual(9, len(values['reference']))
        self.assertEqual(values['value'], values['reference'])
        self.assertEqual(values['member'], [values['refs']])
        self.assertEqual(values['value'], self.rows(identity)['user'].attributes['output'])
        shown = self.call('describe_stack_resource', identity, 'pw')
        self.assertEqual({'value': values['value']}, shown['attributes'])
        self.assertNotEqual(values['value'], shown['physical_resource_id'])

    def test_sequence_is_translated(self) -> None:
        properties = {'length': 40, 'sequence': 'lowercase'}
        identity = self.ask(
            {'r': {'type': 'OS::Heat::RandomString', 'properties': properties}},
            outputs={'value': {'value': {'get_resource': 'r'}}},
        )
        self.assertRegex(self.outputs(identity)['value'], '^[a-z]{40}$')
        described = self.call('resource_schema', 'OS::Heat::RandomString')
        self.assertNotIn('sequence', described['properties'])
        generated = self.call('generate_template', 'OS::Heat::RandomString', 'hot')
        self.assertNotIn('sequence', generated['parameters'])
