"""The members of resource groups and chains, as far as no nested stack is needed."""

from __future__ import annotations

from typing import Any

import testtools

from heatconv.hot.functions import ListNode, Node
from heatconv.resources import groups
from heatconv.resources.groups import ResourceChain, ResourceGroup
from heatconv.resources.plugin import Resource
from heatconv.sim.moves import SimClock


class ChainTest(testtools.TestCase):
    def members(self, **properties: Any) -> dict[str, Any]:
        plugin = ResourceChain(None, SimClock())
        properties = {'resources': ['A', 'B', 'C'], 'concurrent': False, **properties}
        resource = Resource('t', 'chain', 'type', 's', 'stack', 'p', properties)
        return plugin.resources(resource, None, ())

    def test_one_after_the_other(self) -> None:
        expected = {
            '0': {'type': 'A'},
            '1': {'type': 'B', 'depends_on': ['0']},
            '2': {'type': 'C', 'depends_on': ['1']},
        }
        self.assertEqual(expected, self.members())

    def test_concurrent(self) -> None:
        members = self.members(concurrent=True, resource_properties={'x': 1})
        expected = {
            str(number): {'type': name, 'properties': {'x': 1}}
            for number, name in enumerate('ABC')
        }
        self.assertEqual(expected, members)

    def test_checked_members(self) -> None:
        """Each known type is checked once, in its first place."""
        types = ListNode(['A', Node(), 'A', 'B'])
        members = ResourceChain.schema.members
        assert members is not None
        found = members({'resources': types})
        self.assertEqual({'0': 'A', '3': 'B'}, {name: one['type'] for name, one in found.items()})
        self.assertEqual({}, members({'resources': Node()}))


class GroupTest(testtools.TestCase):
    def test_checked_member(self) -> None:
        members = ResourceGroup.schema.members
        assert members is not None
        definition = {'type': 'A', 'properties': {'x': '%index%'}}
        expected = {'0': {'type': 'A', 'properties': {'x': '0'}}}
        self.assertEqual(expected, members({'resource_def': definition}))
        self.assertEqual({}, members({'resource_def': definition, 'count': 0}))
        self.assertEqual({}, members({'resource_def': Node()}))
        # Without a type, it is only known at run time.
        found = members({'resource_def': definition, 'index_var': Node()})
        self.assertEqual({'0': {}}, found)

    def test_order_of_names(self) -> None:
        # A user may name anything as a member to remove.
        names = ['10', 'b', '9', '²', 'a', '٣', '9' * 5_000]
        self.assertEqual(
            ['9' * 5_000, 'a', 'b', '²', '٣', '9', '10'], sorted(names, key=groups._order)
        )
