"""OS::Heat::Stack: a stack in this region, whose template is a string."""

from __future__ import annotations

from typing import Any

from heatconv import exception
from heatconv.tests.unit.engine.parts import thing
from heatconv.tests.unit.engine.test_nested import inner
from heatconv.tests.unit.engine.test_string_stacks import (
    STACK,
    URL,
    StringStackTestCase,
    declared,
)


class RemoteStackTest(StringStackTestCase):
    def with_context(self, **context: Any) -> dict[str, Any]:
        resource = declared(STACK)
        resource['properties']['context'] = context
        return resource

    def test_attributes_and_reference(self) -> None:
        outputs = {
            name: {'value': value}
            for name, value in {
                'id': {'get_resource': 'N'},
                'name': {'get_attr': ['N', 'stack_name']},
                'all': {'get_attr': ['N', 'outputs']},
            }.items()
        }
        identity = self.ask({'N': declared(STACK)}, {URL: inner()}, outputs=outputs)
        (child,) = self.within(identity).values()
        self.assertEqual(
            {'id': child.id, 'name': child.name, 'all': {'color': 'red'}}, self.outputs(identity)
        )

    def test_this_region(self) -> None:
        for context in (
            {},
            {'region_name': 'RegionOne', 'insecure': True},
            {'region_name': '', 'credential_secret_id': '', 'ca_cert': None},
        ):
            self.anew()
            identity = self.ask({'N': self.with_context(**context)}, {URL: inner()})
            self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)

    def test_name_of_the_region_is_configured(self) -> None:
        self.parts.registry.nest(self.parts.children, region='North')
        identity = self.ask({'N': self.with_context(region_name='North')}, {URL: inner()})
        self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        error = self.refused(
            exception.StackValidationFailed,
            self.ask,
            {'N': self.with_context(region_name='RegionOne')},
            {URL: inner()},
        )
        self.assertIn('whose name is North', str(error))

    def test_other_clouds_are_refused(self) -> None:
        for name in ('region_name', 'credential_secret_id', 'ca_cert'):
            resource = self.with_context(**{name: 'other'})
            error = self.refused(
                exception.StackValidationFailed, self.ask, {'N': resource}, {URL: inner()}
            )
            self.assertIn(f'context.{name}', str(error))
        # What is known is refused at once, even if the rest is not.
        resource = self.with_context(
            region_name='other', credential_secret_id={'get_attr': ['A', 'output']}
        )
        resources = {'A': thing(''), 'N': resource}
        self.refused(exception.StackValidationFailed, self.ask, resources, {URL: inner()})
        # Only the name of a region may be that of this one.
        resource = self.with_context(ca_cert='RegionOne')
        self.refused(exception.StackValidationFailed, self.ask, {'N': resource}, {URL: inner()})

    def test_other_region_that_is_known_at_run_time(self) -> None:
        for value, state in (('other', 'CREATE_FAILED'), ('RegionOne', 'CREATE_COMPLETE')):
            self.anew()
            resource = self.with_context(region_name={'get_attr': ['A', 'output']})
            identity = self.ask({'A': thing(value), 'N': resource}, {URL: inner()})
            self.assertEqual(state, self.state(identity), self.stack(identity).reason)
            if value == 'other':
                self.assertIn('context.region_name', self.reason(identity))
                self.assertEqual({}, self.within(identity))

    def test_naming_this_region_replaces_nothing(self) -> None:
        identity = self.ask({'N': declared(STACK)}, {URL: inner()})
        row = self.rows(identity)['N']
        named = self.with_context(region_name='RegionOne')
        self.ask({'N': named}, {URL: inner()}, identity=identity)
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        self.assertEqual(row.id, self.rows(identity)['N'].id)

    def test_text_that_is_no_template(self) -> None:
        for text, told in (('a: [', 'line'), ('[]', 'must be a map'), ('a: 1', 'version')):
            self.anew()
            identity = self.ask({'N': declared(STACK)}, {URL: text})
            self.assertEqual('CREATE_FAILED', self.state(identity))
            self.assertIn(told, self.reason(identity))
            self.asked(STACK, identity=identity)
            self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)

    def test_template_that_is_too_large(self) -> None:
        self.parts.registry.plugin(STACK).children.max_template_size = 100  # type: ignore
        identity = self.asked(STACK)
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertIn('more than the 100 that are allowed', self.reason(identity))
