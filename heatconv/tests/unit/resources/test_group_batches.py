"""The members of a resource group after the next batch."""

from __future__ import annotations

from collections.abc import Collection

import testtools

from heatconv.resources.group_batches import next_members
from heatconv.resources.scaling.batches import Policy


def members(values: str) -> dict[str, dict[str, str]]:
    """Return the definitions of members 0, 1, ..., one letter each; a dot is no member."""
    return {str(place): {'value': value} for place, value in enumerate(values) if value != '.'}


class NextMembersTest(testtools.TestCase):
    def next(
        self,
        now: str,
        failed: Collection[str] = '',
        under_way: Collection[str] = '',
        size: int = 4,
        most: int = 1,
        in_service: int = 0,
    ) -> str | None:
        """Return the members after the next batch of an update from ``a`` to ``b``.

        :param failed: the numbers of the failed members.
        :param under_way: the numbers of the members that are neither failed nor complete.
        """
        present = members(now)
        after = next_members(
            present,
            set(failed),
            set(present).difference(failed, under_way),
            members('b' * size),
            lambda number: [str(place) for place in range(number)],
            lambda name: {'value': 'b'},
            Policy(in_service, most),
        )
        return None if after is None else ''.join(after[name]['value'] for name in after)

    def test_highest_numbers_first(self) -> None:
        self.assertEqual('aabb', self.next('aaaa', most=2))
        self.assertEqual('abbb', self.next('aabb', most=1))
        self.assertIsNone(self.next('abbb'))
        self.assertIsNone(self.next('bbbb'))

    def test_batch_that_is_under_way_goes_on(self) -> None:
        for under_way in ('2', '3', '23'):
            self.assertEqual('aabb', self.next('aabb', under_way=under_way, most=2))
        self.assertEqual('aabb', self.next('aabb', failed='2', under_way='3', most=2))

    def test_failed_member_is_part_of_the_batch(self) -> None:
        self.assertEqual('aabb', self.next('aaab', failed='3', most=2))
        self.assertEqual('aaab', self.next('aaab', failed='3', most=1))

    def test_member_that_is_not_in_service_goes_first(self) -> None:
        # One with the old definition, in the way of a cancel.
        self.assertEqual('baaa', self.next('aaaa', under_way='0'))
        self.assertEqual('baaa', self.next('aaaa', failed='0'))

    def test_grows_to_keep_members_in_service(self) -> None:
        self.assertEqual('aaabb', self.next('aaaa', most=2, in_service=3))

    def test_member_that_only_the_update_needs_is_not_changed(self) -> None:
        self.assertEqual('aaaba', self.next('aaaaa', size=4, in_service=4))

    def test_members_whose_numbers_are_not_used_any_more(self) -> None:
        self.assertEqual('b', self.next('....aa', size=3))

    def test_shrinks(self) -> None:
        self.assertEqual('aab', self.next('aaaaa', size=3))
        self.assertEqual('aaaab', self.next('aaaab', under_way='4', size=3))
