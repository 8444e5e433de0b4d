"""Exports, and snapshots of stacks."""

from __future__ import annotations

from typing import Any
from unittest import mock

from heatconv import exception
from heatconv.tests.unit.engine.parts import EngineTestCase, template, thing
from heatconv.tests.unit.engine.test_nested import NestedTestCase, nested

AB = {'A': thing('x'), 'B': thing({'get_resource': 'A'})}
SECRET_PARAMETER = {'type': 'string', 'hidden': True}
SECRET = {'parameters': {'p': SECRET_PARAMETER}}


class ArchiveTestCase(EngineTestCase):
    def created(self) -> dict[str, str]:
        given = {'parameters': {'p': 's3cret'}}
        identity = self.create(AB, params=given, **SECRET)
        self.parts.rest()
        return identity


class ExportTest(ArchiveTestCase):
    def test_everything_but_what_is_hidden(self) -> None:
        shown = self.call('export_stack', self.created())
        self.assertEqual(
            ('stack', 'CREATE', 'COMPLETE'),
            tuple(shown[key] for key in ('name', 'action', 'status')),
        )
        self.assertEqual({'p': '******'}, shown['environment']['parameters'])
        self.assertEqual(['A', 'B'], sorted(shown['resources']))
        self.assertNotIn('s3cret', str(shown))

    def test_abandon_is_the_operator_s_to_allow(self) -> None:
        identity = self.created()
        error = self.refused(exception.NotSupported, self.call, 'abandon_stack', identity)
        self.assertIn('enable_stack_abandon', str(error))
        self.assertEqual('CREATE_COMPLETE', self.state(identity))

    def test_abandoned_resources_stay(self) -> None:
        self.allow(abandon=True)
        identity = self.created()
        self.assertEqual('stack', self.call('abandon_stack', identity)['name'])
        self.parts.rest()
        self.assertEqual('DELETE_COMPLETE', self.state(identity))
        self.assertEqual([], self.store.resources(identity['stack_id']))
        self.assertEqual(2, len(self.parts.records.all()))

    def test_died_anywhere_while_it_is_abandoned(self) -> None:
        self.allow(abandon=True)
        for most in range(25):
            identity = self.made(AB, f'stack{most}')
            there = len(self.parts.records.all())
            self.call('abandon_stack', identity)
            self.parts.rest(most)
            self.parts.recover()
            self.parts.rest()
            self.assertEqual('DELETE_COMPLETE', self.state(identity), most)
            self.assertEqual(there, len(self.parts.records.all()), most)

    def test_abandon_of_a_stack_under_way(self) -> None:
        self.allow(abandon=True)
        identity = self.create(AB)
        self.refused(exception.ActionInProgress, self.call, 'abandon_stack', identity)
        self.parts.rest()
        self.assert_at_rest(identity)


class SnapshotTest(ArchiveTestCase):
    def test_restore_makes_it_what_it_was(self) -> None:
        identity = self.created()
        taken = self.call('stack_snapshot', identity, 'before')
        self.assertEqual(('before', 'COMPLETE'), (taken['name'], taken['status']))
        self.call(
            'update_stack', identity, template({'A': thing('y'), 'C': thing()}), None, None, None
        )
        self.parts.rest()
        self.assertEqual(['A', 'C'], sorted(self.rows(identity)))
        self.call('stack_restore', identity, taken['id'])
        self.assertEqual('RESTORE_IN_PROGRESS', self.state(identity))
        self.parts.rest()
        self.assertEqual('RESTORE_COMPLETE', self.state(identity))
        self.assert_at_rest(identity)
        rows = self.rows(identity)
        self.assertEqual((['A', 'B'], 'x'), (sorted(rows), rows['A'].attributes['output']))

    def test_restore_that_fails_goes_back(self) -> None:
        identity = self.call(
            'create_stack',
            'stack',
            template({'A': thing('x', properties={'fail': False})}),
            None,
            None,
            {'disable_rollback': False},
        )
        self.parts.rest()
        taken = self.call('stack_snapshot', identity)
        self.update(identity, {'B': thing('y')})
        self.parts.rest()
        plugin = self.parts.registry.plugin('OS::Heat::TestResource')
        broken = mock.patch.object(plugin, 'create', side_effect=ValueError('broken'))
        with broken:
            self.call('stack_restore', identity, taken['id'])
            self.parts.rest()
        self.assertEqual('ROLLBACK_COMPLETE', self.state(identity))
        self.assertEqual(['B'], list(self.rows(identity)))

    def test_died_anywhere_while_it_is_restored(self) -> None:
        for most in range(40):
            identity = self.made(AB, f'stack{most}')
            taken = self.call('stack_snapshot', identity)
            self.update(identity, {'A': thing('y'), 'C': thing()})
            self.parts.rest()
            self.call('stack_restore', identity, taken['id'])
            self.parts.rest(most)
            self.parts.recover()
            self.parts.rest()
            rows = self.rows(identity)
            self.assertEqual((['A', 'B'], 'x'), (sorted(rows), rows['A'].attributes['output']))
            self.call('delete_stack', identity)
            self.parts.rest()
            self.assertEqual([], self.parts.records.all(), most)

    def test_list_show_and_delete(self) -> None:
        identity = self.created()
        made = []
        for name in ('one', None):
            made.append(self.call('stack_snapshot', identity, name))
            self.parts.rest()
        listed = self.call('stack_list_snapshots', identity)
        self.assertEqual([one['id'] for one in made], [one['id'] for one in listed])
        self.assertEqual(['one', ''], [one['name'] for one in listed])
        shown = self.call('show_snapshot', identity, made[0]['id'])
        self.assertEqual(['A', 'B'], sorted(shown['data']['resources']))
        self.assertNotIn('s3cret', str(shown))
        self.call('delete_snapshot', identity, made[0]['id'])
        self.assertEqual(
            [
                '',
            ],
            [one['name'] for one in self.call('stack_list_snapshots', identity)],
        )

    def test_what_is_not_there_or_of_another_stack(self) -> None:
        identity, other = self.created(), self.made(AB, 'other')
        taken = self.call('stack_snapshot', identity)
        for method in ('show_snapshot', 'delete_snapshot', 'stack_restore'):
            for one, snapshot_id in ((identity, 'none'), (other, taken['id'])):
                self.refused(exception.EntityNotFound, self.call, method, one, snapshot_id)
        self.assertEqual(1, len(self.call('stack_list_snapshots', identity)))

    def test_what_is_under_way_has_none(self) -> None:
        identity = self.create(AB)
        self.refused(exception.ActionInProgress, self.call, 'stack_snapshot', identity)
        self.refused(
            exception.StackValidationFailed, self.call, 'stack_snapshot', identity, 'x' * 256
        )

    def test_template_is_kept_with_it(self) -> None:
        identity = self.created()
        taken: Any = self.call('stack_snapshot', identity)
        self.update(identity, {'C': thing()})
        self.parts.rest()
        self.update(identity, {'C': thing('z')})
        self.parts.rest()
        self.store.purge_deleted(10**12)
        self.call('stack_restore', identity, taken['id'])
        self.parts.rest()
        self.assertEqual(['A', 'B'], sorted(self.rows(identity)))


class SnapshotActionTest(ArchiveTestCase):
    def test_stack_and_resources_show_the_action(self) -> None:
        identity = self.created()
        self.call('stack_snapshot', identity, 'one')
        self.assertEqual('SNAPSHOT_IN_PROGRESS', self.state(identity))
        self.refused(exception.ActionInProgress, self.call, 'stack_snapshot', identity, 'two')
        self.parts.rest()
        self.assertEqual('SNAPSHOT_COMPLETE', self.state(identity))
        states = {f'{row.action}_{row.status}' for row in self.rows(identity).values()}
        self.assertEqual({'SNAPSHOT_COMPLETE'}, states)
        self.assert_at_rest(identity)
        self.update(identity, {'A': thing('y')})
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))

    def test_metadata_is_kept(self) -> None:
        resources = {
            'A': thing('x', metadata={'k': 'v'}),
            'B': thing('y', metadata={'from': {'get_attr': ['A', 'output']}}),
        }
        identity = self.made(resources)
        taken = self.call('stack_snapshot', identity)
        self.parts.rest()
        for data in (taken['data'], self.call('export_stack', identity)):
            metadata = {name: one['metadata'] for name, one in data['resources'].items()}
            self.assertEqual({'A': {'k': 'v'}, 'B': {'from': 'x'}}, metadata)


class NestedArchiveTest(NestedTestCase):
    RESOURCES = {  # noqa: RUF012
        'N': nested(color='blue'),
        'G': {
            'type': 'OS::Heat::ResourceGroup',
            'properties': {'count': 2, 'resource_def': thing('%index%')},
        },
        'A': thing('a'),
    }
    OUTPUTS = {  # noqa: RUF012
        'color': {'value': {'get_attr': ['N', 'color']}},
        'members': {'value': {'get_attr': ['G', 'output']}},
    }

    def test_abandoned_nested_stacks_are_adopted(self) -> None:
        self.allow(abandon=True, adopt=True)
        identity = self.ask(self.RESOURCES, outputs=self.OUTPUTS)
        before = self.outputs(identity)
        export = self.call('abandon_stack', identity)
        self.parts.rest()
        self.assertEqual({}, self.within(identity))
        self.assertEqual(4, len(self.parts.records.all()))
        group = export['resources']['G']
        self.assertEqual(('CREATE', 'COMPLETE'), (group['action'], group['status']))
        self.assertEqual({'0', '1'}, set(group['resources']))
        self.assertEqual({'I'}, set(export['resources']['N']['resources']))

        args = {'adopt_stack_data': export}
        content = (export['template'], export['environment'], export['files'], args)
        adopted = self.call('create_stack', 'adopted', *content)
        self.parts.rest()
        self.assertEqual('ADOPT_COMPLETE', self.state(adopted), self.stack(adopted).reason)
        for name, resources in (('N', ['I']), ('G', ['0', '1'])):
            child = self.within(adopted)[name]
            self.assertEqual(('ADOPT', 'COMPLETE'), (child.action, child.status))
            rows = self.rows_of(child)
            for resource in resources:
                exported = export['resources'][name]['resources'][resource]
                self.assertEqual(exported['resource_id'], rows[resource].physical_id)
        self.assertEqual(before, self.outputs(adopted))

    def test_killed_while_it_is_adopted(self) -> None:
        for most in range(0, 120, 3):
            self.anew()
            self.allow(abandon=True, adopt=True)
            identity = self.ask(self.RESOURCES, outputs=self.OUTPUTS)
            export = self.call('abandon_stack', identity)
            self.parts.rest()
            for record in self.parts.records.all():
                self.parts.records.remove(record.token)
            args = {'adopt_stack_data': export}
            content = (export['template'], None, export['files'], args)
            adopted = self.call('create_stack', 'adopted', *content)
            self.parts.rest(most)
            self.parts.recover()
            self.assertEqual('ADOPT_COMPLETE', self.state(adopted), most)
            self.assertEqual(4, len(self.parts.records.all()), most)
            self.assertEqual(2, len(self.within(adopted)), most)
