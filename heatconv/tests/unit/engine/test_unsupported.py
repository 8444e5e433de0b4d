"""What is not implemented is refused by name, unless another endpoint implements it."""

from __future__ import annotations

from heatconv import exception
from heatconv.engine.endpoints.unsupported import FEATURES, UnsupportedEndpoint
from heatconv.tests.unit.engine.parts import EngineTestCase, context, template, thing

A = {'A': thing('x')}


class UnsupportedTest(EngineTestCase):
    def test_each_is_refused_and_nothing_else_implements_it(self) -> None:
        for name, feature in FEATURES.items():
            found = [type(one) for one in self.engine.endpoints if hasattr(one, name)]
            self.assertEqual([UnsupportedEndpoint], found)
            error = self.refused(exception.NotSupported, self.call, name, stack_identity=None)
            self.assertEqual(f'{feature} is not supported.', str(error))

    def test_adopted_stack_is_not_made_anew(self) -> None:
        self.refused(
            exception.NotSupported,
            self.call,
            'create_stack',
            *('stack', template(A), {}, {}),
            {'adopt_stack_data': {'resources': {'A': {'resource_id': 'known'}}}},
        )
        self.assertEqual([], self.call('list_stacks'))

    def test_owner_has_a_name(self) -> None:
        self.context = context()
        self.context.username = 'alice'
        identity = self.call('create_stack', 'stack', template(A), {}, {}, {})
        self.assertEqual('alice', self.call('show_stack', identity)[0]['stack_owner'])
