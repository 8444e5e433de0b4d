"""A stack's whole life, checked at every step against the plugin's own record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Walk:
    """Mixed into a test case; needs `call`, `at_rest`, `records` of its set-up."""

    def live_a_whole_life(self: Any, call: Any, at_rest: Any, records: Any) -> None:
        """Create, update in place, replace, remove, fail and roll back, delete."""
        identity: dict[str, Any] = {}
        ids: dict[str, dict[str, str]] = {}
        for step, template in templates():
            if not identity:
                identity = call(
                    'create_stack',
                    stack_name='demo',
                    template=template,
                    params={},
                    files={},
                    args={'disable_rollback': True},
                )
                self.assertEqual('CREATE_COMPLETE', at_rest(identity))
            else:
                call(
                    'update_stack',
                    stack_identity=identity,
                    template=template,
                    params={},
                    files={},
                    args={},
                )
                self.assertEqual('UPDATE_COMPLETE', at_rest(identity))
            ids[step] = self.agree(call, identity, records, template)
        self.assertEqual(ids['create'], ids['changed in place'])
        self.assertNotEqual(ids['changed in place']['base'], ids['replaced']['base'])
        self.assertEqual(ids['create']['secret'], ids['one removed']['secret'])
        self.assertEqual(['base', 'secret'], sorted(ids['one removed']))

        broken = dict(template, resources={**template['resources']})
        broken['resources']['web'] = {
            'type': 'OS::Heat::TestResource',
            'properties': {'fail': True},
        }
        call(
            'update_stack',
            stack_identity=identity,
            template=broken,
            params={},
            files={},
            args={'disable_rollback': True},
        )
        self.assertEqual('UPDATE_FAILED', at_rest(identity))
        reason = call('show_stack', stack_identity=identity)[0]['stack_status_reason']
        self.assertIn('resources.web', reason)
        self.assertIn('ValueError: resources.web: Test Resource failed web', reason)
        call('stack_rollback', stack_identity=identity)
        self.assertEqual('ROLLBACK_COMPLETE', at_rest(identity))
        self.assertEqual(ids['one removed'], self.agree(call, identity, records, template))

        call('delete_stack', stack_identity=identity)
        self.assertEqual('DELETE_COMPLETE', at_rest(identity))
        self.assertEqual([], records.all())
        events = [
            (one['resource_name'], f'{one["resource_action"]}_{one["resource_status"]}')
            for one in call('list_events', stack_identity=identity, sort_dir='asc')
        ]
        self.assertEqual(('demo', 'CREATE_IN_PROGRESS'), events[0])
        self.assertEqual(('demo', 'DELETE_COMPLETE'), events[-1])
        self.assertLess(
            events.index(('secret', 'CREATE_COMPLETE')),
            events.index(('web', 'CREATE_IN_PROGRESS')),
        )
        self.assertEqual(2, events.count(('base', 'DELETE_COMPLETE')))

    def agree(self: Any, call: Any, identity: Any, records: Any, template: Any) -> dict[str, str]:
        """Assert that resource list and record agree; return physical ids by name."""
        listed = call('list_stack_resources', stack_identity=identity)
        self.assertEqual(
            sorted(template['resources']), sorted(one['resource_name'] for one in listed)
        )
        for one in listed:
            self.assertEqual('COMPLETE', one['resource_status'])
        ids = {one['resource_name']: one['physical_resource_id'] for one in listed}
        self.assertEqual(sorted(ids.values()), sorted(one.physical_id for one in records.all()))
        by_id = {one.physical_id: one for one in records.all()}
        base = template['resources']['base']['properties']
        self.assertEqual(base['value'], by_id[ids['base']].properties['value'])
        if 'web' in ids:
            secret = by_id[ids['secret']].state['value']
            self.assertEqual(secret, by_id[ids['web']].properties['value'])
        return ids


def templates() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the templates of the walk-through: what each step does, and it."""

    def template(**resources: Any) -> dict[str, Any]:
        return {'heat_template_version': '2018-08-31', 'resources': resources}

    def thing(value: str, replaced: str = 'one', **more: Any) -> dict[str, Any]:
        properties = {'value': value, 'update_replace_value': replaced}
        return {'type': 'OS::Heat::TestResource', 'properties': properties, **more}

    secret = {'type': 'OS::Heat::RandomString', 'properties': {'length': 12}}
    web = {
        'type': 'OS::Heat::TestResource',
        'properties': {'value': {'get_attr': ['secret', 'value']}},
        'depends_on': 'base',
    }
    yield 'create', template(base=thing('a'), secret=secret, web=web)
    yield 'changed in place', template(base=thing('b'), secret=secret, web=web)
    yield 'replaced', template(base=thing('b', 'two'), secret=secret, web=web)
    yield 'one removed', template(base=thing('b', 'two'), secret=secret)
