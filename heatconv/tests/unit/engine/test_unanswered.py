"""What is not answered is refused in words, unless somebody answers it."""

from __future__ import annotations

from typing import Any

from heatconv import exception
from heatconv.engine.unanswered import FEATURES, Unanswered
from heatconv.tests.unit.engine.parts import EngineTestCase, context, template, thing

A = {'A': thing('x')}


class UnansweredTest(EngineTestCase):
    def test_each_is_refused_or_answered(self) -> None:
        endpoint = self.engine.api
        for name, feature in FEATURES.items():
            method = getattr(type(endpoint), name)
            if method is getattr(Unanswered, name):
                error = self.refused(exception.NotSupported, self.call, name, stack_identity=None)
                self.assertEqual(f'{feature} is not supported.', str(error))

    def test_an_answer_takes_the_place(self) -> None:
        class Answering(Unanswered):
            def stack_check(self, context: Any, stack_identity: Any) -> None:
                """Check a stack."""

        self.assertIsNone(Answering().stack_check(None, {}))

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
