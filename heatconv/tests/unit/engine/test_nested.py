"""Stacks within stacks: templates as types, groups and chains."""

from __future__ import annotations

import itertools
import json
from typing import Any

from heatconv import exception
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Resource, Stack, Status
from heatconv.engine import wire_format
from heatconv.engine.prepare import prepare
from heatconv.engine.requests.nested import update_nested
from heatconv.runtime import effects
from heatconv.storage.stack_query import StackQuery
from heatconv.storage.values import Request
from heatconv.tests.unit.engine.parts import EngineTestCase, template, thing

INNER = {
    'parameters': {'size': {'type': 'string'}, 'color': {'type': 'string', 'default': 'red'}},
    'outputs': {'color': {'value': {'get_attr': ['I', 'output']}}},
}


def inner(value: Any = None, **more: Any) -> str:
    """Return a template to be nested."""
    value = {'get_param': 'color'} if value is None else value
    return json.dumps(template({'I': thing(value)}, **{**INNER, **more}))


def nested(name: str = 'inner.yaml', **properties: Any) -> dict[str, Any]:
    return {'type': name, 'properties': {'size': '1', **properties}}


class NestedTestCase(EngineTestCase):
    def ask(
        self,
        resources: Any,
        files: Any = None,
        environment: Any = None,
        identity: Any = None,
        **sections: Any,
    ) -> Any:
        """Create or update a stack and have it done."""
        files = {'inner.yaml': inner()} if files is None else files
        given = (template(resources, **sections), environment, files, None)
        if identity is None:
            identity = self.call('create_stack', 'stack', *given)
        else:
            self.call('update_stack', identity, *given)
        self.parts.rest()
        return identity

    def within(self, identity: Any) -> dict[str, Stack]:
        found = self.store.stacks(StackQuery(None, owners=(identity['stack_id'],)))
        return {one.owner_resource: one for one in found}

    def rows_of(self, stack: Stack) -> dict[str, Resource]:
        return {row.name: row for row in self.store.resources(stack.id)}

    def outputs(self, identity: Any) -> dict[str, Any]:
        (shown,) = self.call('show_stack', identity)
        return {one['output_key']: one['output_value'] for one in shown['outputs']}


class TemplateResourceTest(NestedTestCase):
    def test_life(self) -> None:
        uses = {'value': {'get_attr': ['N', 'color']}}
        identity = self.ask(
            {'N': nested(color='blue'), 'U': thing({'get_attr': ['N', 'color']})},
            outputs={'color': uses},
        )
        self.assertEqual('CREATE_COMPLETE', self.state(identity))
        (child,) = self.within(identity).values()
        self.assertEqual(('CREATE', 'COMPLETE'), (child.action, child.status))
        self.assertTrue(child.disable_rollback)
        self.assertEqual({'color': 'blue'}, self.outputs(identity))
        self.assertEqual('blue', self.rows(identity)['U'].attributes['output'])
        self.assertEqual(child.id, self.rows(identity)['N'].physical_id)
        thing_before = self.rows_of(child)['I'].id

        self.ask(
            {'N': nested(color='green'), 'U': thing({'get_attr': ['N', 'color']})},
            outputs={'color': uses},
            identity=identity,
        )
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        (after,) = self.within(identity).values()
        self.assertEqual(child.id, after.id)
        self.assertEqual(('UPDATE', 'COMPLETE'), (after.action, after.status))
        self.assertEqual(thing_before, self.rows_of(after)['I'].id)
        self.assertEqual({'color': 'green'}, self.outputs(identity))

        self.call('delete_stack', identity)
        self.parts.rest()
        self.assertEqual('DELETE_COMPLETE', self.state(identity))
        self.assertEqual({}, self.within(identity))
        self.assertEqual([], self.parts.records.all())

    def test_another_inner_template_updates_it_and_nothing_else(self) -> None:
        resources = {'N': nested(), 'A': thing('a')}
        files = {'inner.yaml': inner(), 'other.txt': '1'}
        identity = self.ask(resources, files)
        before = self.rows_of(self.within(identity)['N'])['I']
        self.ask(resources, {**files, 'other.txt': '2'}, identity=identity)
        self.assertEqual(before, self.rows_of(self.within(identity)['N'])['I'])
        self.ask(resources, {'inner.yaml': inner('fixed')}, identity=identity)
        self.assertEqual('UPDATE', self.within(identity)['N'].action)
        self.assertEqual('fixed', self.rows(identity)['N'].attributes['color'])

    def test_type_that_stands_for_a_template(self) -> None:
        environment = {
            'resource_registry': {'My::Thing': 'inner.yaml', 'OS::Heat::TestResource': 'i2.yaml'},
            'parameter_defaults': {'color': 'white'},
        }
        # i2 uses the type that it stands for: there it is the plain one.
        identity = self.ask(
            {'N': nested('My::Thing')},
            {
                'inner.yaml': inner(),
                'i2.yaml': inner(
                    parameters={'value': {'type': 'string'}},
                    value={'get_param': 'value'},
                    outputs={'output': {'value': 'o'}},
                ),
            },
            environment,
        )
        self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        child = self.within(identity)['N']
        grandchild = self.within({'stack_id': child.id})['I']
        self.assertEqual('white', self.rows_of(grandchild)['I'].attributes['output'])

    def test_resources_within_and_reference_ids(self) -> None:
        identity = self.ask(
            {'N': nested(color='blue'), 'M': nested('named.yaml')},
            {
                'inner.yaml': inner(),
                'named.yaml': inner(outputs={'OS::stack_id': {'value': 'my-name'}}),
            },
            outputs={
                'whole': {'value': {'get_attr': ['N', 'resource.I']}},
                'part': {'value': {'get_attr': ['N', 'resource.I', 'output']}},
                'dotted': {'value': {'get_attr': ['N', 'resource.I.output']}},
                'none': {'value': {'get_attr': ['N', 'resource.X', 'output']}},
                'id': {'value': {'get_resource': 'N'}},
                'name': {'value': {'get_resource': 'M'}},
                'all': {'value': {'get_attr': ['N']}},
            },
        )
        child = self.within(identity)['N']
        self.assertEqual(
            {
                'whole': self.rows_of(child)['I'].physical_id,
                'part': 'blue',
                'dotted': 'blue',
                'none': None,
                'id': f'arn:openstack:heat::project:stacks/{child.name}/{child.id}',
                'name': 'my-name',
                'all': {'color': 'blue'},
            },
            self.outputs(identity),
        )
        shown = self.call('describe_stack_resource', identity, 'N')
        self.assertEqual({'color': 'blue'}, shown['attributes'])

    def test_facade(self) -> None:
        facade = {'resource_facade': 'metadata'}
        files = {'inner.yaml': inner(outputs={'seen': {'value': facade}})}
        resources = {'N': {**nested(), 'metadata': {'a': {'get_resource': 'A'}}}, 'A': thing('x')}
        identity = self.ask(
            resources, files, outputs={'seen': {'value': {'get_attr': ['N', 'seen']}}}
        )
        known = self.rows(identity)['A'].physical_id
        self.assertEqual({'seen': {'a': known}}, self.outputs(identity))

    def test_metadata_and_policy_of_the_facade(self) -> None:
        resources = {
            'I': {
                **thing('x'),
                'metadata': {'resource_facade': 'metadata'},
                'deletion_policy': {'resource_facade': 'deletion_policy'},
            }
        }
        for policy in ('Retain', 'Delete'):
            self.anew()
            outer = {**nested(), 'metadata': {'k': 'v'}, 'deletion_policy': policy}
            del outer['properties']
            files = {'inner.yaml': json.dumps(template(resources))}
            identity = self.ask({'N': outer}, files)
            self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
            child = self.within(identity)['N']
            self.assertEqual(policy, self.rows_of(child)['I'].deletion_policy)
            inside = wire_format.identity(child)
            shown = self.call('describe_stack_resource', inside, 'I')
            self.assertEqual({'k': 'v'}, shown['metadata'])

    def test_create_that_fails_is_mended_in_place(self) -> None:
        broken = json.dumps(
            template({'I': thing('ok'), 'J': thing('x', properties={'fail': True})}, **INNER)
        )
        identity = self.ask({'N': nested()}, {'inner.yaml': broken})
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertIn('ValueError: resources.N.resources.J: Test', self.stack(identity).reason)
        before = self.within(identity)['N']
        kept = self.rows_of(before)['I'].id
        self.ask({'N': nested()}, {'inner.yaml': inner('ok')}, identity=identity)
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        after = self.within(identity)['N']
        self.assertEqual(before.id, after.id)
        self.assertEqual({'I': kept}, {n: row.id for n, row in self.rows_of(after).items()})

    def test_rollback_takes_it_along(self) -> None:
        identity = self.call(
            'create_stack',
            'stack',
            template({'N': nested(color='a')}),
            None,
            {'inner.yaml': inner()},
            {'disable_rollback': False},
        )
        self.parts.rest()
        broken = json.dumps(
            template({'J': thing('x', properties={'fail': True})}, **{**INNER, 'outputs': {}})
        )
        self.ask({'N': nested()}, {'inner.yaml': broken}, identity=identity)
        self.assertEqual('ROLLBACK_COMPLETE', self.state(identity), self.stack(identity).reason)
        self.assertEqual('a', self.rows(identity)['N'].attributes['color'])
        self.assertEqual(1, len(self.parts.records.all()))

    def test_what_is_wrong_within_is_told_with_its_place(self) -> None:
        for files, telling in (
            ({}, "the template 'inner.yaml' is not among the files"),
            ({'inner.yaml': '{'}, 'inner.yaml'),
            (
                {'inner.yaml': inner({'get_resource': 'none'})},
                'resources.N.inner.yaml.resources.I',
            ),
            (
                {'inner.yaml': inner('x', parameters={'need': {'type': 'string'}}, outputs={})},
                'size',
            ),
        ):
            error = self.refused(exception.StackValidationFailed, self.ask, {'N': nested()}, files)
            self.assertIn(telling, str(error))
        error = self.refused(exception.StackValidationFailed, self.ask, {'N': nested(shade='x')})
        self.assertIn("there is no property 'shade'", str(error))
        error = self.refused(
            exception.StackValidationFailed,
            self.ask,
            {'N': nested(), 'U': thing({'get_attr': ['N', 'shade']})},
        )
        self.assertIn("no attribute 'shade'", str(error))

    def test_template_within_itself(self) -> None:
        deep = json.dumps(template({'I': nested()}, parameters={'size': {'type': 'string'}}))
        error = self.refused(
            exception.StackValidationFailed, self.ask, {'N': nested()}, {'inner.yaml': deep}
        )
        self.assertIn('deeper than 5 levels', str(error))

    def test_hooks_within(self) -> None:
        registry = {'resources': {'N': {'I': {'hooks': 'pre-create'}}}}
        identity = self.call(
            'create_stack',
            'stack',
            template({'N': nested()}),
            {'resource_registry': registry},
            {'inner.yaml': inner()},
            None,
        )
        for _ in range(20):
            self.parts.rest(50)
        child = self.within(identity)['N']
        self.assertEqual('IN_PROGRESS', child.status)
        # It can be found while it is being made.
        shown = self.call('describe_stack_resource', identity, 'N')
        self.assertEqual(child.id, shown['physical_resource_id'])
        within = shown['nested_stack_id']
        self.call('resource_signal', within, 'I', {'unset_hook': 'pre-create'})
        self.parts.recover()
        self.assertEqual('CREATE_COMPLETE', self.state(identity))

    def test_death_at_any_moment(self) -> None:
        for step in range(0, 110):
            self.anew()
            given = (template({'N': nested(color='a')}), None, {'inner.yaml': inner()}, None)
            identity = self.call('create_stack', 'stack', *given)
            self.parts.rest(step)
            self.parts.recover()
            self.assertEqual('CREATE_COMPLETE', self.state(identity), step)
            self.assertEqual(1, len(self.parts.records.all()), step)
            self.assertEqual(1, len(self.within(identity)), step)

    def test_death_at_any_moment_of_an_update_and_a_delete(self) -> None:
        for step in range(0, 90, 2):
            self.anew()
            identity = self.ask({'N': nested(color='a')})
            given = (template({'N': nested(color='b')}), None, {'inner.yaml': inner()}, None)
            self.call('update_stack', identity, *given)
            self.parts.rest(step)
            self.parts.recover()
            self.assertEqual('UPDATE_COMPLETE', self.state(identity), step)
            self.assertEqual('b', self.rows(identity)['N'].attributes['color'])
            self.call('delete_stack', identity)
            self.parts.rest(step)
            self.parts.recover()
            self.assertEqual('DELETE_COMPLETE', self.state(identity), step)
            self.assertEqual([], self.parts.records.all())
            self.assertEqual({}, self.within(identity))

    def test_stack_of_somebody_that_has_the_name(self) -> None:
        identity = self.call(
            'create_stack',
            'stack',
            template({'N': nested()}),
            None,
            {'inner.yaml': inner()},
            None,
        )
        self.parts.rest(7)
        (row,) = self.store.resources(identity['stack_id'])
        taken = self.made({'A': thing('owned')}, f'stack-N-{row.token}')
        self.parts.recover()
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertIn('is not nested in this one', self.stack(identity).reason)
        self.assertEqual('CREATE_COMPLETE', self.state(taken))

    def test_each_request_is_made_once(self) -> None:
        identity = self.ask({'N': nested()})
        child = self.within(identity)['N']
        content = self.store.template(child.template_id)
        requests = self.engine.requests
        update_nested(requests, child, content, child.template_id)
        requested = self.store.stack(child.id)
        self.assertEqual('IN_PROGRESS', requested.status)
        # The same request again: the stack is on its way.
        update_nested(requests, child, content, child.template_id)
        self.assertEqual(requested, self.store.stack(child.id))
        self.parts.rest()
        self.store.request(
            child.id,
            lambda stack: Request(evolve(stack, status=Status.FAILED, version=stack.version + 1)),
        )
        update_nested(requests, child, content, child.template_id)
        self.assertEqual('IN_PROGRESS', self.store.stack(child.id).status)

    def test_quota_counts_what_is_within(self) -> None:
        deep = json.dumps(
            template({'D': nested(), 'E': thing('e')}, parameters={'size': {'type': 'string'}})
        )
        files = {'deep.yaml': deep, 'inner.yaml': inner()}
        resources = {'N': nested('deep.yaml'), 'M': nested('deep.yaml')}
        for most, fits in ((7, False), (8, True)):
            self.allow(max_resources_per_stack=most)
            if fits:
                self.ask(resources, files)
            else:
                error = self.refused(exception.RequestLimitExceeded, self.ask, resources, files)
                self.assertIn('8 resources are more than the 7', str(error))

    def test_looks_at_it_often_at_first(self) -> None:
        given = (template({'N': nested()}), None, {'inner.yaml': inner()}, None)
        self.call('create_stack', 'stack', *given)
        while self.heard.wishes:
            self.parts.run(prepare(self.heard.wishes.pop(0), self.parts.ids))
        task = self.parts.start(self.parts.checker().check(self.heard.keys.pop(0)))
        slept = [task.until(effects.Sleep).seconds]
        for _ in range(30):
            task.step()
            slept.append(task.until(effects.Sleep).seconds)
        self.assertAlmostEqual(0.2, slept[0])
        self.assertAlmostEqual(1.0, slept[-1])
        self.assertTrue(all(one <= two + 1e-6 for one, two in itertools.pairwise(slept)), slept)


class TogetherTest(NestedTestCase):
    """What is asked of a stack is asked of those within."""

    def test_looks(self) -> None:
        identity = self.ask({'N': nested()})
        for method, action in (
            ('stack_check', 'CHECK'),
            ('stack_suspend', 'SUSPEND'),
            ('stack_resume', 'RESUME'),
        ):
            self.call(method, identity)
            self.parts.rest()
            self.assertEqual(f'{action}_COMPLETE', self.state(identity))
            child = self.within(identity)['N']
            self.assertEqual((action, 'COMPLETE'), (child.action, child.status))
            self.assertEqual('red', self.rows(identity)['N'].attributes['color'])
        self.parts.records.remove(self.rows_of(child)['I'].id)
        self.call('stack_check', identity)
        self.parts.rest()
        self.assertEqual('CHECK_FAILED', self.state(identity))
        self.assertEqual('FAILED', self.within(identity)['N'].status)

    def test_cancel(self) -> None:
        slow = json.dumps(
            template({'I': thing('x', properties={'wait_secs': -1})}, **{**INNER, 'outputs': {}})
        )
        identity = self.call(
            'create_stack', 'stack', template({'N': nested()}), None, {'inner.yaml': slow}, None
        )
        self.parts.rest(60)
        self.assertEqual('IN_PROGRESS', self.within(identity)['N'].status)
        self.call('stack_cancel_update', identity, False)
        self.assertEqual('FAILED', self.within(identity)['N'].status)
        self.assertEqual('CREATE_FAILED', self.state(identity))

    def test_abandon(self) -> None:
        self.allow(abandon=True)
        identity = self.ask({'N': nested()})
        child = self.within(identity)['N']
        self.call('abandon_stack', identity)
        self.parts.rest()
        self.assertEqual('DELETE_COMPLETE', self.state(identity))
        self.assertIsNotNone(self.store.stack(child.id).deleted_at)
        self.assertEqual(1, len(self.parts.records.all()))


class ViewTest(NestedTestCase):
    def test_lists(self) -> None:
        identity = self.ask({'N': nested(), 'A': thing('a')})
        child = self.within(identity)['N']
        self.assertEqual(['stack'], [one['stack_name'] for one in self.call('list_stacks')])
        self.assertEqual(1, self.call('count_stacks'))
        shown = self.call('list_stacks', show_nested=True)
        self.assertEqual({'stack', child.name}, {one['stack_name'] for one in shown})
        self.assertEqual(2, self.call('count_stacks', show_nested=True))
        by_name = {one['stack_name']: one['parent'] for one in shown}
        self.assertEqual({'stack': None, child.name: identity['stack_id']}, by_name)

    def test_resources_by_depth(self) -> None:
        identity = self.ask({'N': nested(), 'A': thing('a')})
        child = self.within(identity)['N']
        shown = self.call('list_stack_resources', identity)
        self.assertEqual({'N', 'A'}, {one['resource_name'] for one in shown})
        (of,) = [one['nested_stack_id'] for one in shown if 'nested_stack_id' in one]
        self.assertEqual((child.id, child.name), (of['stack_id'], of['stack_name']))
        for depth in (1, 5, '1'):
            shown = self.call('list_stack_resources', identity, depth)
            self.assertEqual(['A', 'I', 'N'], sorted(one['resource_name'] for one in shown))
        (within,) = [one for one in shown if one['resource_name'] == 'I']
        self.assertEqual(('N', child.name), (within['parent_resource'], within['stack_name']))

    def test_events_by_depth(self) -> None:
        identity = self.ask({'N': nested()})
        plain = {one['resource_name'] for one in self.call('list_events', identity)}
        self.assertEqual({'stack', 'N'}, plain)
        shown = self.call('list_events', identity, nested_depth=1)
        self.assertIn('I', {one['resource_name'] for one in shown})
        self.assertEqual(
            {identity['stack_id']}, {one['root_stack_id']['stack_id'] for one in shown}
        )
        times = [one['event_time'] for one in shown]
        self.assertEqual(sorted(times), times)
        after = self.call(
            'list_events',
            identity,
            nested_depth=1,
            marker=shown[2]['event_identity']['path'].split('/')[-1],
        )
        self.assertEqual(shown[3:], after)

    def test_parameters_within(self) -> None:
        given = template({'N': nested(), 'A': thing('a')})
        files = {'inner.yaml': inner()}
        plain = self.call('validate_template', given, None, files)
        self.assertNotIn('NestedParameters', plain)
        shown = self.call('validate_template', given, None, files, show_nested=True)
        self.assertEqual(['N'], list(shown['NestedParameters']))
        within = shown['NestedParameters']['N']
        self.assertEqual('inner.yaml', within['Type'])
        self.assertEqual({'size', 'color'}, set(within['Parameters']))
        self.assertEqual('red', within['Parameters']['color']['Default'])

    def test_other_projects_do_not_see_it(self) -> None:
        identity = self.ask({'N': nested()})
        child = self.within(identity)['N']
        self.context.project_id = 'other'
        self.assertEqual([], self.call('list_stacks', show_nested=True))
        self.refused(exception.EntityNotFound, self.call, 'identify_stack', child.name)


GROUP = 'OS::Heat::ResourceGroup'


class GroupTest(NestedTestCase):
    def group(self, count: int, **more: Any) -> dict[str, Any]:
        definition = thing('v%index%')
        return {
            'G': {
                'type': GROUP,
                'properties': {'count': count, 'resource_def': definition, **more},
            }
        }

    def members(self, identity: Any) -> dict[str, str]:
        rows = self.rows_of(self.within(identity)['G'])
        return {name: row.attributes['output'] for name, row in sorted(rows.items())}

    def test_grows_and_shrinks(self) -> None:
        identity = self.ask(self.group(3))
        self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        self.assertEqual({'0': 'v0', '1': 'v1', '2': 'v2'}, self.members(identity))
        kept = self.rows_of(self.within(identity)['G'])['0'].id
        self.ask(self.group(1), identity=identity)
        self.assertEqual({'0': 'v0'}, self.members(identity))
        self.assertEqual(kept, self.rows_of(self.within(identity)['G'])['0'].id)
        self.ask(self.group(0), identity=identity)
        self.assertEqual({}, self.members(identity))

    def test_attributes(self) -> None:
        names = {
            'refs': ['refs'],
            'second': ['refs', 1],
            'map': ['refs_map'],
            'outputs': ['output'],
            'by_name': ['attributes', 'output'],
            'one': ['resource.1', 'output'],
            'dotted': ['resource.1.output'],
            'reference': ['resource.1'],
            'removed': ['removed_rsrc_list'],
        }
        identity = self.ask(
            self.group(2),
            outputs={name: {'value': {'get_attr': ['G', *path]}} for name, path in names.items()},
        )
        ids = [
            row.physical_id for _, row in sorted(self.rows_of(self.within(identity)['G']).items())
        ]
        self.assertEqual(
            {
                'refs': ids,
                'second': ids[1],
                'map': dict(zip('01', ids, strict=True)),
                'outputs': ['v0', 'v1'],
                'by_name': {'0': 'v0', '1': 'v1'},
                'one': 'v1',
                'dotted': 'v1',
                'reference': ids[1],
                'removed': [],
            },
            self.outputs(identity),
        )

    def test_removal_policies(self) -> None:
        identity = self.ask(self.group(3))
        gone = self.rows_of(self.within(identity)['G'])['2'].physical_id
        self.ask(self.group(2, removal_policies=[{'resource_list': ['0']}]), identity=identity)
        self.assertEqual({'1': 'v1', '2': 'v2'}, self.members(identity))
        # What went does not come back, and others are found by what refers to them.
        self.ask(self.group(2, removal_policies=[{'resource_list': [gone]}]), identity=identity)
        self.assertEqual({'1': 'v1', '3': 'v3'}, self.members(identity))
        self.assertEqual(['0', '2'], self.rows(identity)['G'].attributes['removed_rsrc_list'])
        self.ask(
            self.group(2, removal_policies_mode='update', removal_policies=[]),
            identity=identity,
        )
        self.assertEqual({'0': 'v0', '1': 'v1'}, self.members(identity))

    def test_members_that_are_templates(self) -> None:
        definition = {'type': 'inner.yaml', 'properties': {'size': '1', 'color': 'c%index%'}}
        resources = {'G': {'type': GROUP, 'properties': {'count': 2, 'resource_def': definition}}}
        identity = self.ask(resources, outputs={'colors': {'value': {'get_attr': ['G', 'color']}}})
        self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        self.assertEqual({'colors': ['c0', 'c1']}, self.outputs(identity))
        # Another template of theirs is another group.
        self.ask(resources, {'inner.yaml': inner('same')}, identity=identity)
        self.assertEqual(
            ['same', 'same'],
            [
                one[1]['color']
                for one in self.rows(identity)['G'].attributes['OS::members'].values()
            ],
        )

    def test_chain(self) -> None:
        resources = {
            'C': {
                'type': 'OS::Heat::ResourceChain',
                'properties': {
                    'resources': ['OS::Heat::TestResource', 'OS::Heat::RandomString'],
                },
            }
        }
        identity = self.ask(resources)
        self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        rows = self.rows_of(self.within(identity)['C'])
        self.assertEqual((rows['0'].id,), rows['1'].requires)
        self.assertEqual('OS::Heat::RandomString', rows['1'].type)
