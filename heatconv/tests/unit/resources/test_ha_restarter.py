"""OS::Heat::HARestarter does nothing, and is hidden."""

from __future__ import annotations

from typing import Any, ClassVar

from heatconv.convergence.model import Reality
from heatconv.engine import catalogue
from heatconv.resources.plugin import Resource
from heatconv.tests.unit.engine.parts import EngineTestCase


class HARestarterTest(EngineTestCase):
    RESTARTER: ClassVar[dict[str, Any]] = {
        'type': 'OS::Heat::HARestarter',
        'properties': {'InstanceId': 'x'},
    }

    def test_it_does_nothing(self) -> None:
        outputs = {'any': {'value': {'get_attr': ['R', 'AlarmUrl']}}}
        identity = self.made({'R': self.RESTARTER}, outputs=outputs)
        self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        (shown,) = self.call('show_stack', identity)
        self.assertIsNone(shown['outputs'][0]['output_value'])
        row = self.rows(identity)['R']
        self.update(identity, {'R': {**self.RESTARTER, 'properties': {'InstanceId': 'y'}}})
        self.parts.rest()
        self.assertEqual(row.id, self.rows(identity)['R'].id)
        self.call('delete_stack', identity)
        self.parts.rest()
        self.assertEqual('DELETE_COMPLETE', self.state(identity))

    def test_everything_may_be_asked_twice(self) -> None:
        name = 'OS::Heat::HARestarter'
        plugin = self.parts.registry.plugin(name)
        assert plugin is not None
        resource = Resource('token', 'R', name, 'id', 'stack', 'project')
        for _ in range(2):
            plugin.create(resource)
            self.assertEqual(Reality.READY, plugin.observe(resource).reality)
        for _ in range(2):
            plugin.delete(resource)
            self.assertEqual(Reality.ABSENT, plugin.observe(resource).reality)

    def test_it_is_hidden(self) -> None:
        self.assertNotIn('OS::Heat::HARestarter', self.call('list_resource_types'))
        listed = catalogue.resource_types(self.parts.registry, 'HIDDEN')
        self.assertEqual([], listed)
        shown = self.call('resource_schema', 'OS::Heat::HARestarter')
        self.assertEqual('HIDDEN', shown['support_status']['status'])
        self.assertEqual('10.0.0', shown['support_status']['version'])
