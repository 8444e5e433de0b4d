#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

from __future__ import annotations

from heatconv.hot.errors import ResolutionError, TooLarge
from heatconv.hot.functions.node import Frame, ListNode, MapNode
from heatconv.hot.limits import MAX_TEXT, Budget
from heatconv.hot.scope import Scope
from heatconv.tests.unit.hot.raising import TemplateTestCase


class BudgetTest(TemplateTestCase):
    def test_spends_to_the_last_unit(self) -> None:
        budget = Budget(3)
        budget.spend(3)
        self.assert_wrong(TooLarge, '', 'limit of 3 values', budget.spend, 1)

    def test_texts_cost_by_their_length(self) -> None:
        Budget(11).spend_text(640)
        self.raised(TooLarge, Budget(10).spend_text, 640)
        Budget(MAX_TEXT).spend_text(MAX_TEXT)
        self.assert_wrong(TooLarge, '', 'longer than', Budget(MAX_TEXT).spend_text, MAX_TEXT + 1)

    def test_values_cost_with_all_that_is_in_them(self) -> None:
        value = {'a': [1, 'x' * 64, {'b': None}], 'c': True}
        Budget(8).spend_value(value)
        self.raised(TooLarge, Budget(7).spend_value, value)

    def test_kind_of_error(self) -> None:
        self.raised(ResolutionError, Budget(0, ResolutionError).spend, 1)

    def test_containers_cost(self) -> None:
        for node in (MapNode({'a': 1, 'b': 2}), ListNode([1, 2])):
            node.resolve(Frame(Scope(), Budget(2)))
            self.raised(TooLarge, node.resolve, Frame(Scope(), Budget(1)))
