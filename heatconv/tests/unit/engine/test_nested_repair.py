"""Nested stacks that were changed or damaged, and nested templates that are renamed."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from heatconv.engine import wire_format
from heatconv.tests.unit.engine.parts import template, thing
from heatconv.tests.unit.engine.test_nested import NestedTestCase, inner, nested


def group(**properties: Any) -> dict[str, Any]:
    """Return a group of two things."""
    definition = thing('%index%')
    return {
        'type': 'OS::Heat::ResourceGroup',
        'properties': {'count': 2, 'resource_def': definition, **properties},
    }


class DeathTest(NestedTestCase):
    """A worker dies after each question in turn."""

    def asked(self, resources: Any, **given: Any) -> Any:
        """Request the stack; nothing of it is done yet."""
        files = {'inner.yaml': inner()}
        if 'identity' in given:
            return self.call(
                'update_stack', given['identity'], template(resources), None, files, None
            )
        return self.call('create_stack', 'stack', template(resources), None, files, None)

    def test_unhealthy_member_is_mended(self) -> None:
        step = 0
        while True:
            self.anew()
            identity = self.asked({'N': nested()})
            self.parts.rest()
            (child,) = self.within(identity).values()
            before = self.rows_of(child)['I']
            self.call('resource_mark_unhealthy', wire_format.identity(child), 'I', True)
            self.asked({'N': nested()}, identity=identity)
            ended = self.parts.rest(most=step) < step
            if not ended:
                self.parts.recover()
            self.assertEqual('UPDATE_COMPLETE', self.state(identity), f'after {step}')
            (child,) = self.within(identity).values()
            after = self.rows_of(child)['I']
            self.assertNotEqual(before.physical_id, after.physical_id, f'after {step}')
            self.assertEqual(child.id, self.rows(identity)['N'].physical_id)
            if ended:
                break
            step += 1
        self.assertGreater(step, 10)

    def test_create_makes_everything_once(self) -> None:
        step = 0
        while True:
            self.anew()
            identity = self.asked({'N': nested()})
            ended = self.parts.rest(most=step) < step
            if not ended:
                self.parts.recover()
            self.assertEqual('CREATE_COMPLETE', self.state(identity), f'after {step}')
            (child,) = self.within(identity).values()
            made = [
                event['resource_name']
                for event in self.call('list_events', wire_format.identity(child))
                if event['resource_status'] == 'COMPLETE' and event['resource_name'] == 'I'
            ]
            self.assertEqual(['I'], made, f'after {step}')
            if ended:
                break
            step += 1
        self.assertGreater(step, 10)


class RenamedTemplateTest(NestedTestCase):
    """The name of a nested template does not identify a resource."""

    def assert_kept(self, before: Any, after: Any, files: Any, *environments: Any) -> None:
        """Create and update a stack; assert that the thing in its nested stack is the same."""
        for index, resources in enumerate((before, after)):
            environment = environments[index] if environments else None
            if index == 0:
                identity = self.ask(resources, files, environment)
                (child,) = self.within(identity).values()
                rows = self.rows_of(child)
                state = 'CREATE_COMPLETE'
            else:
                self.ask(resources, files, environment, identity)
                state = 'UPDATE_COMPLETE'
            self.assertEqual(state, self.state(identity), self.stack(identity).reason)
        (child_after,) = self.within(identity).values()
        self.assertEqual(child.id, child_after.id)
        rows_after = self.rows_of(child_after)
        self.assertEqual(list(rows), list(rows_after))
        for name, row in rows.items():
            self.assertEqual(row.id, rows_after[name].id)
            self.assertEqual(row.physical_id, rows_after[name].physical_id)

    FILES: ClassVar[dict[str, str]] = {
        'file:///one/app.yaml': inner(),
        'file:///two/app.yaml': inner(),
    }

    def test_another_directory(self) -> None:
        one, two = (nested(name) for name in self.FILES)
        self.assert_kept({'N': one}, {'N': two}, self.FILES)

    def test_alias(self) -> None:
        one, two = ({'resource_registry': {'My::App': name}} for name in self.FILES)
        alias = {'N': nested('My::App')}
        self.assert_kept(alias, alias, self.FILES, one, two)

    def test_alias_in_place_of_the_file(self) -> None:
        name = next(iter(self.FILES))
        environment = {'resource_registry': {'My::App': name}}
        self.assert_kept(
            {'N': nested(name)}, {'N': nested('My::App')}, self.FILES, None, environment
        )

    def test_members_of_groups(self) -> None:
        one, two = ({'G': group(resource_def=nested(name), count=1)} for name in self.FILES)
        self.assert_kept(one, two, self.FILES)
        one, two = (
            {
                'C': {
                    'type': 'OS::Heat::ResourceChain',
                    'properties': {'resources': [name], 'resource_properties': {'size': '1'}},
                }
            }
            for name in self.FILES
        )
        self.anew()
        self.assert_kept(one, two, self.FILES)

    def test_another_type_replaces_it(self) -> None:
        identity = self.ask({'N': nested()})
        before = self.rows(identity)['N']
        self.ask({'N': thing('x')}, identity=identity)
        after = self.rows(identity)['N']
        self.assertNotEqual(before.id, after.id)
        self.assertEqual({}, self.within(identity))
        self.ask({'N': nested()}, identity=identity)
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        self.assertEqual(1, len(self.within(identity)))

    def test_type_of_all_templates_cannot_be_declared(self) -> None:
        with self.assertRaisesRegex(Exception, 'OS::Heat::TemplateResource'):
            self.ask({'N': nested('OS::Heat::TemplateResource')})

    def test_declared_types_are_shown(self) -> None:
        environment = {
            'resource_registry': {'My::App': 'inner.yaml', 'My::Thing': 'OS::Heat::TestResource'}
        }
        identity = self.ask(
            {'N': nested('My::App'), 'M': nested(), 'T': {'type': 'My::Thing'}, 'U': thing()},
            environment=environment,
        )
        declared = {
            'N': 'My::App',
            'M': 'inner.yaml',
            'T': 'My::Thing',
            'U': 'OS::Heat::TestResource',
        }
        listed = self.call('list_stack_resources', identity)
        self.assertEqual(declared, {one['resource_name']: one['resource_type'] for one in listed})
        filtered = self.call('list_stack_resources', identity, filters={'type': 'My::Thing'})
        self.assertEqual(['T'], [one['resource_name'] for one in filtered])
        events = self.call('list_events', identity)
        types = {one['resource_name']: one['resource_type'] for one in events}
        del types['stack']
        self.assertEqual(declared, types)
        # The alias may lead elsewhere, or go, and the resource stays.
        self.ask(
            {'N': nested(), 'M': nested('My::App'), 'T': thing(), 'U': thing()},
            environment=environment,
            identity=identity,
        )
        shown = self.call('describe_stack_resource', identity, 'T')
        self.assertEqual('OS::Heat::TestResource', shown['resource_type'])


class DamagedTest(NestedTestCase):
    """An update of a stack goes down to its nested stacks, whose resources decide what to do."""

    def test_unhealthy_member(self) -> None:
        for resources in ({'X': group()}, {'X': nested()}):
            self.anew()
            identity = self.ask(resources)
            child = self.within(identity)['X']
            before = self.rows_of(child)
            damaged = max(before)
            self.call('resource_mark_unhealthy', self.identity_of(child), damaged, True)
            self.ask(resources, identity=identity)
            self.assertEqual('UPDATE_COMPLETE', self.state(identity))
            self.assertEqual(child.id, self.within(identity)['X'].id)
            after = self.rows_of(child)
            for name, row in before.items():
                same = after[name].physical_id == row.physical_id
                self.assertEqual(name != damaged, same, name)

    def test_stack_that_was_changed_by_hand(self) -> None:
        identity = self.ask({'N': nested()})
        child = self.within(identity)['N']
        changed = (template({'I': thing('by hand')}), None, None, {'existing': True})
        self.call('update_stack', self.identity_of(child), *changed)
        self.parts.rest()
        self.assertEqual('by hand', self.rows_of(child)['I'].attributes['output'])
        self.ask({'N': nested()}, identity=identity)
        self.assertEqual('red', self.rows_of(child)['I'].attributes['output'])
        self.assertEqual('red', self.rows(identity)['N'].attributes['color'])

    def test_stack_that_was_deleted_by_hand(self) -> None:
        identity = self.ask({'N': nested()})
        child = self.within(identity)['N']
        self.call('delete_stack', self.identity_of(child))
        self.parts.rest()
        self.ask({'N': nested()}, identity=identity)
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        again = self.within(identity)['N']
        self.assertNotEqual(child.id, again.id)
        self.assertEqual(again.id, self.rows(identity)['N'].physical_id)

    def test_check_finds_a_member_and_the_update_replaces_only_that(self) -> None:
        identity = self.ask({'G': group()})
        child = self.within(identity)['G']
        before = self.rows_of(child)
        self.parts.records.remove(before['1'].token)
        self.call('stack_check', identity)
        self.parts.rest()
        self.assertEqual('CHECK_FAILED', self.state(identity))
        self.ask({'G': group()}, identity=identity)
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        self.assertEqual(child.id, self.within(identity)['G'].id)
        after = self.rows_of(child)
        self.assertEqual(before['0'].id, after['0'].id)
        self.assertNotEqual(before['1'].id, after['1'].id)

    def test_nested_stack_that_a_user_marked_is_replaced(self) -> None:
        identity = self.ask({'N': nested()})
        child = self.within(identity)['N']
        self.call('resource_mark_unhealthy', identity, 'N', True)
        self.ask({'N': nested()}, identity=identity)
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        self.assertNotEqual(child.id, self.within(identity)['N'].id)

    def test_two_levels(self) -> None:
        middle = json.dumps(template({'D': nested()}, parameters={'size': {'type': 'string'}}))
        files = {'middle.yaml': middle, 'inner.yaml': inner()}
        identity = self.ask({'N': nested('middle.yaml')}, files)
        outer = self.within(identity)['N']
        lower = self.within({'stack_id': outer.id})['D']
        before = self.rows_of(lower)['I']
        self.call('resource_mark_unhealthy', self.identity_of(lower), 'I', True)
        self.ask({'N': nested('middle.yaml')}, files, identity=identity)
        after = self.rows_of(lower)['I']
        self.assertNotEqual(before.id, after.id)
        self.assertEqual('CREATE_COMPLETE', f'{after.action}_{after.status}')

    def identity_of(self, stack: Any) -> dict[str, str]:
        return {'stack_id': stack.id, 'stack_name': stack.name, 'tenant': stack.project_id}
