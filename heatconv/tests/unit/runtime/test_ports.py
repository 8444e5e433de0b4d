from __future__ import annotations

import uuid

import testtools

from heatconv.runtime.ports import SystemIds


class SystemIdsTest(testtools.TestCase):
    def test_ids_are_uuids_in_the_order_of_their_making(self) -> None:
        ids = SystemIds()
        made = [ids.fresh() for _ in range(5000)]
        self.assertEqual(sorted(set(made)), made)
        self.assertEqual({7}, {uuid.UUID(one).version for one in made})
