"""Stacks of what is there already: adopted, or only referred to."""

from __future__ import annotations

import json
from typing import Any

from heatconv import exception
from heatconv.tests.unit.engine.parts import EngineTestCase, template, thing

SECRET = {'type': 'OS::Heat::RandomString', 'properties': {'length': 8}}


class AdoptTest(EngineTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.allow(adopt=True, abandon=True)

    def adopt(self, resources: Any, there: Any, as_text: bool = True, **options: Any) -> Any:
        adopted = {'template': template(resources), 'environment': {}, 'resources': there}
        given = json.dumps(adopted) if as_text else adopted
        args = {'adopt_stack_data': given, **options}
        return self.call('create_stack', 'taken', template(resources), None, None, args)

    def test_what_was_abandoned_goes_on_elsewhere(self) -> None:
        resources = {'S': SECRET, 'A': thing({'get_attr': ['S', 'value']})}
        identity = self.made(resources)
        before = self.rows(identity)
        given = self.call('abandon_stack', identity)
        self.parts.rest()
        self.assertEqual('DELETE_COMPLETE', self.state(identity))
        taken = self.adopt(resources, given['resources'])
        self.assertEqual('ADOPT_IN_PROGRESS', self.state(taken))
        self.parts.rest()
        self.assertEqual('ADOPT_COMPLETE', self.state(taken))
        after = self.rows(taken)
        for name in resources:
            self.assertEqual(before[name].physical_id, after[name].physical_id)
        self.assertEqual(before['S'].attributes, after['S'].attributes)
        self.assertEqual(before['A'].attributes, after['A'].attributes)
        # From now on it is the stack's own.
        self.update(taken, {'S': SECRET, 'A': thing('other')})
        self.parts.rest()
        self.assertEqual(before['A'].physical_id, self.rows(taken)['A'].physical_id)
        self.assertEqual('other', self.rows(taken)['A'].attributes['output'])
        self.call('delete_stack', taken)
        self.parts.rest()
        self.assertEqual('DELETE_COMPLETE', self.state(taken))
        self.assertEqual(
            {row.id for row in before.values()}, {one.token for one in self.parts.records.all()}
        )

    def test_what_is_not_said_to_be_there_fails(self) -> None:
        for there in ({}, {'A': None}, {'A': {'resource_id': None}}):
            self.anew()
            self.allow(adopt=True)
            taken = self.adopt({'A': thing('x')}, there, False, disable_rollback=False)
            self.parts.rest()
            self.assertEqual('ADOPT_FAILED', self.state(taken))
            self.assertIn('Resource ID was not provided.', self.stack(taken).reason)
            self.assertEqual([], self.parts.records.all())
            # An update makes what is not there.
            self.update(taken, {'A': thing('x')})
            self.parts.rest()
            self.assertEqual('UPDATE_COMPLETE', self.state(taken))

    def test_death_at_any_moment(self) -> None:
        for step in range(50):
            self.anew()
            self.allow(adopt=True)
            taken = self.adopt(
                {'A': thing('x'), 'B': thing({'get_resource': 'A'})},
                {'A': {'resource_id': 'there'}, 'B': {'resource_id': 'too'}},
            )
            self.parts.rest(step)
            self.parts.recover()
            self.assertEqual('ADOPT_COMPLETE', self.state(taken), step)
            rows = self.rows(taken)
            self.assertEqual(('there', 'too'), (rows['A'].physical_id, rows['B'].physical_id))
            self.assertEqual('there', rows['B'].attributes['output'])
            self.assert_at_rest(taken)

    def test_what_is_refused(self) -> None:
        for given in ('[', '[]', '{}', {'resources': []}, [1]):
            self.refused(
                exception.StackValidationFailed,
                self.call,
                'create_stack',
                'taken',
                template(),
                None,
                None,
                {'adopt_stack_data': given},
            )
        self.allow(adopt=False)
        error = self.refused(exception.NotSupported, self.adopt, {}, {'A': {}})
        self.assertIn('enable_stack_adopt', str(error))


class ExternalTest(EngineTestCase):
    def external(self, external_id: str = 'known', **more: Any) -> dict[str, Any]:
        return {
            'E': {'type': 'OS::Heat::TestResource', 'external_id': external_id, **more},
            'U': thing({'get_resource': 'E'}),
        }

    def test_it_is_referred_to_and_left_alone(self) -> None:
        identity = self.made(self.external())
        self.assertEqual('CREATE_COMPLETE', self.state(identity))
        rows = self.rows(identity)
        self.assertEqual('known', rows['E'].physical_id)
        self.assertEqual('known', rows['U'].attributes['output'])
        self.update(identity, self.external(properties={'value': 'other'}))
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        self.assertEqual(rows['E'].id, self.rows(identity)['E'].id)
        record = self.parts.records.get(rows['E'].id)
        self.assertEqual({}, dict(record.properties))
        self.call('delete_stack', identity)
        self.parts.rest()
        self.assertEqual('DELETE_COMPLETE', self.state(identity))
        self.assertIsNotNone(self.parts.records.get(rows['E'].id))

    def test_its_id_cannot_change(self) -> None:
        identity = self.made(self.external())
        self.update(identity, self.external('another'))
        self.parts.rest()
        self.assertEqual('UPDATE_FAILED', self.state(identity))
        self.assertIn(
            'Update to property external_id of E (OS::Heat::TestResource) is not supported.',
            self.stack(identity).reason,
        )
        self.assertEqual('known', self.rows(identity)['E'].physical_id)

    def test_external_id_cannot_be_dropped(self) -> None:
        identity = self.made(self.external())
        ordinary = {'E': thing('x', replaced='y'), 'U': thing({'get_resource': 'E'})}
        for resources in (ordinary, {**ordinary, 'E': thing('z')}):
            self.update(identity, resources)
            self.parts.rest()
            self.assertEqual('UPDATE_FAILED', self.state(identity))
            self.assertIn('Update to property external_id', self.stack(identity).reason)
            self.assertEqual('known', self.rows(identity)['E'].physical_id)
        # The resource is still external: a delete of the stack keeps it.
        self.call('delete_stack', identity)
        self.parts.rest()
        self.assertEqual('DELETE_COMPLETE', self.state(identity))
        self.assertEqual(['known'], [record.physical_id for record in self.parts.records.all()])

    def test_external_id_cannot_be_added(self) -> None:
        identity = self.made({'E': thing('x')})
        physical_id = str(self.rows(identity)['E'].physical_id)
        for external_id in (physical_id, 'known'):
            self.update(identity, {'E': {**thing('x'), 'external_id': external_id}})
            self.parts.rest()
            self.assertEqual('UPDATE_FAILED', self.state(identity))
        self.call('delete_stack', identity)
        self.parts.rest()
        self.assertEqual([], self.parts.records.all())

    def test_what_cannot_be_one(self) -> None:
        for given in (1, {'get_resource': 'U'}, {'get_attr': ['U', 'output']}):
            error = self.refused(
                exception.StackValidationFailed,
                self.create,
                self.external(given),  # type: ignore[arg-type]
            )
            self.assertIn('external_id', str(error))

    def test_empty_id_makes_an_ordinary_resource(self) -> None:
        identity = self.made({'E': {**thing('x'), 'external_id': ''}})
        self.assertEqual('x', self.rows(identity)['E'].attributes['output'])
        # As in Heat, the policy is that of an external resource.
        self.assertEqual('Retain', self.rows(identity)['E'].deletion_policy)
