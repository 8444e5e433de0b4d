"""Rolling updates, batch after batch."""

from __future__ import annotations

import itertools
from typing import Any

import testtools
from hypothesis import given
from hypothesis import strategies as st

from heatconv.resources.scaling import batches
from heatconv.resources.scaling.batches import Policy

OLD, NEW = {'type': 'old'}, {'type': 'new'}


class BatchesTest(testtools.TestCase):
    def test_members_that_change(self) -> None:
        members = [('a', OLD), ('b', OLD), ('c', OLD)]
        for size, changes, expected in (
            (3, 0, {'a': OLD, 'b': OLD, 'c': OLD}),
            (3, 1, {'a': NEW, 'b': OLD, 'c': OLD}),
            (2, 0, {'b': OLD, 'c': OLD}),
            (2, 1, {'b': NEW, 'c': OLD}),
            (0, 0, {}),
            # A new member counts as a change, and is made even without one left.
            (4, 0, {'a': OLD, 'b': OLD, 'c': OLD, 'n0': NEW}),
            (4, 1, {'a': OLD, 'b': OLD, 'c': OLD, 'n0': NEW}),
            (4, 2, {'a': NEW, 'b': OLD, 'c': OLD, 'n0': NEW}),
        ):
            names = (f'n{number}' for number in itertools.count())
            found = batches.definitions(members, size, changes, names, lambda _: NEW)
            self.assertEqual(expected, found, (size, changes))
            self.assertEqual(list(expected), list(found))

    def test_next_batch(self) -> None:
        policy = Policy(1, 2)
        for arguments, expected in (
            ((4, 4, 0), (4, 2)),
            ((4, 4, 3), (4, 1)),
            ((2, 4, 2), (2, 0)),
            # Members that failed are tried again in the same batch.
            ((4, 4, 1, policy, 1), (4, 1)),
            ((4, 4, 2, policy, 2), (4, 0)),
            ((2, 4, 2, policy, 1), (4, 0)),
            # They are not in service: others stay in their place, and the group grows.
            ((3, 4, 1, Policy(2, 3), 1), (5, 2)),
            # But it grows by no more members than a batch may create.
            ((3, 3, 2, Policy(3, 2), 1), (4, 1)),
            # A batch that is under way goes on.
            ((4, 4, 1, policy, 0, True), (4, 0)),
            ((2, 4, 2, policy, 0, True), (4, 0)),
        ):
            given_: Any = arguments if len(arguments) > 3 else (*arguments, policy)
            self.assertEqual(expected, batches.next_batch(*given_), arguments)

    @given(
        target=st.integers(0, 9),
        old=st.integers(0, 9),
        working=st.integers(0, 9),
        retried=st.integers(0, 9),
        in_service=st.integers(0, 12),
        batch=st.integers(1, 12),
    )
    def test_limits_of_a_batch(
        self, target: int, old: int, working: int, retried: int, in_service: int, batch: int
    ) -> None:
        size, updated = old + working + retried, working + retried
        policy = Policy(in_service, batch)
        total, changes = batches.next_batch(target, size, updated, policy, retried)
        self.assertLessEqual(changes + retried, max(batch, retried))
        # No more members are created than may change.
        self.assertLessEqual(total, max(size + changes, size))
        # The members that are neither changed nor tried again stay in service.
        others = total - changes - retried
        self.assertGreaterEqual(others, min(in_service, target, size - retried))

    def test_policy(self) -> None:
        self.assertEqual(Policy(0, 1, 0.0), Policy.read({}))
        self.assertEqual(
            Policy(2, 3, 1.5),
            Policy.read({'min_in_service': '2', 'max_batch_size': 3, 'pause_time': 1.5}),
        )

    def test_policy_with_which_an_update_would_never_end(self) -> None:
        for wrong, message in (
            ({'max_batch_size': -1}, 'at least one member'),
            ({'max_batch_size': '-1'}, 'at least one member'),
            ({'min_in_service': -1}, 'must not be negative'),
            ({'pause_time': -0.1}, 'a number of seconds'),
            ({'pause_time': 'nan'}, 'a number of seconds'),
            ({'pause_time': 'inf'}, 'a number of seconds'),
        ):
            error = self.assertRaises(ValueError, Policy.read, wrong)
            self.assertIn(message, str(error))

    @given(st.integers(0, 12), st.integers(0, 12), st.integers(1, 5), st.integers(0, 12))
    def test_update_ends_and_keeps_its_promises(
        self, target: int, size: int, most: int, in_service: int
    ) -> None:
        policy = Policy(in_service, most)
        members = {f'o{number}': OLD for number in range(size)}
        names = (f'n{number}' for number in itertools.count())
        promised = min(in_service, target, size)
        for _ in range(100):
            updated = sum(1 for definition in members.values() if definition == NEW)
            if batches.is_rolled_out(target, len(members), updated):
                break
            total, changes = batches.next_batch(target, len(members), updated, policy)
            after = batches.definitions(
                list(members.items()), total, changes, names, lambda _: NEW
            )
            changed = [name for name, new in after.items() if members.get(name) != new]
            kept = [name for name, definition in members.items() if after.get(name) == definition]
            self.assertLessEqual(len(changed), most)
            self.assertGreaterEqual(len(kept), promised)
            members = after
        self.assertEqual(target, len(members))
        self.assertEqual([NEW] * target, list(members.values()))
