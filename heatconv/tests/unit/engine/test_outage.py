"""While the database is away users are asked to ask again, and casts cost nothing."""

from __future__ import annotations

from typing import Any

from heatconv.exception import Unavailable
from heatconv.storage.base import StoreUnavailable
from heatconv.storage.memory import MemoryStore
from heatconv.tests.unit.engine.parts import EngineTestCase, thing


class Away(MemoryStore):
    away = False

    def stack(self, stack_id: str) -> Any:
        if self.away:
            raise StoreUnavailable('connection refused')
        return super().stack(stack_id)

    def stacks(self, query: Any) -> Any:
        if self.away:
            raise StoreUnavailable('connection refused')
        return super().stacks(query)


class OutageTest(EngineTestCase):
    store_type = Away

    def test_request_is_to_be_made_again(self) -> None:
        self.store.away = True
        error = self.refused(Unavailable, self.call, 'list_stacks')
        self.assertIn('try again later', str(error))
        self.assertNotIn('connection refused', str(error))
        self.assertIn('connection refused', self.log.output)
        self.assertNotIn('Traceback', self.log.output)
        self.store.away = False
        self.assertEqual([], self.call('list_stacks'))

    def test_wish_is_left_to_the_sweep(self) -> None:
        identity = self.create({'A': thing()})
        self.store.away = True
        self.engine.prepare.prepare(self.context, identity['stack_id'])
        self.assertIn('left to the sweep', self.log.output)
        self.store.away = False
        self.parts.sweep()
        self.parts.rest()
        self.assertEqual('CREATE_COMPLETE', self.state(identity))
