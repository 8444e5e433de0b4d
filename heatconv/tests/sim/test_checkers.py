"""Checkers report what is wrong: a commit that may not change the last good template."""

from __future__ import annotations

import dataclasses
from typing import Any

import testtools

from heatconv.convergence.model import Action
from heatconv.sim.checkers.last_good import LastGoodChecker
from heatconv.sim.language import RsrcDef, Template
from heatconv.sim.play import make_world
from heatconv.sim.script import Request
from heatconv.sim.snapshot import Snapshot
from heatconv.sim.world import World


class LastGoodTest(testtools.TestCase):
    def finished(self) -> tuple[World, Snapshot]:
        """Return a world whose stack is created, and the snapshot of the stack."""
        world = make_world(watchers=())
        world.entries = [Request('create', 'foo', Template({'A': RsrcDef({}, [])}))]
        while not world.at_rest():
            world.take(world.choices()[0])
        (snapshot,) = world.snapshots.values()
        return world, snapshot

    def changed(self, snapshot: Snapshot, **changes: Any) -> Snapshot:
        return dataclasses.replace(snapshot, stack=dataclasses.replace(snapshot.stack, **changes))

    def test_delete_must_not_change_it(self) -> None:
        world, snapshot = self.finished()
        before = self.changed(snapshot, last_good_id='older')
        checker = LastGoodChecker()
        checker.committed(world, None, None, None, before, snapshot)  # type: ignore[arg-type]
        self.assertEqual([], world.violations)
        deleted = self.changed(snapshot, action=Action.DELETE, wish_id=None)
        checker.committed(world, None, None, None, before, deleted)  # type: ignore[arg-type]
        self.assertEqual(['last good: a delete changed it'], world.violations)

    def test_preparation_of_a_delete_must_not_change_it(self) -> None:
        world, snapshot = self.finished()
        target = snapshot.stack.newest_template_id
        before = self.changed(snapshot, last_good_id='older')
        deleted = self.changed(
            snapshot, action=Action.DELETE, wish_id=None, template_id=target, last_good_id='newer'
        )
        LastGoodChecker().prepared(world, None, None, before, deleted)  # type: ignore[arg-type]
        self.assertEqual(['last good: a delete changed it'], world.violations)

    def test_it_must_be_the_template_of_the_traversal(self) -> None:
        world, snapshot = self.finished()
        after = self.changed(snapshot, last_good_id='another')
        LastGoodChecker().committed(world, None, None, None, snapshot, after)  # type: ignore[arg-type]
        self.assertEqual(['last good: it is not the template of the traversal'], world.violations)
