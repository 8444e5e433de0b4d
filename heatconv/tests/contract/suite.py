"""What every store must do, whatever it keeps its rows in."""

from __future__ import annotations

import dataclasses
import itertools
import json
import threading
from collections.abc import Sequence
from typing import Any

from heatconv.convergence import check, cleanup, dead_claims, hooks, roots, settle, traversal
from heatconv.convergence import stack as stack_rules
from heatconv.convergence.check import View
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import (
    ALL,
    UPDATES,
    Action,
    Definition,
    DesiredState,
    Event,
    Kind,
    NodeKey,
    NodeStatus,
    Observation,
    Reality,
    Resource,
    Stack,
    Status,
)
from heatconv.convergence.step import Commit, RowGuard, RowWrite, Step, Verdict
from heatconv.sim.moves import SimClock, SimIds
from heatconv.storage.base import Store
from heatconv.storage.content import EncodedTemplate
from heatconv.storage.stack_query import StackQuery
from heatconv.storage.values import Lease, NewStack, Request, Snapshot, Software, SoftwareChange

LEASE = 'lease-1'


class StoreContract:
    """Mixed into a test case that has `make_store`."""

    store: Store

    def setUp(self) -> None:
        super().setUp()  # type: ignore[misc]
        self.clock = SimClock()
        self.ids = SimIds()
        self.store = self.make_store(self.clock, self.ids)  # type: ignore[attr-defined]

    # Histories

    def stack(self, name: str = 'stack', project: str = 'project', **changes: Any) -> Stack:
        stack = dataclasses.replace(Stack(self.ids.fresh(), project, name), **changes)
        template_id = self.store.save_template({'name': name})
        stack, events = stack_rules.wish(stack, Action.CREATE, template_id, self.ids.fresh())
        assert self.insert(stack, events)
        return stack

    def insert(
        self, stack: Stack, events: Sequence[Event] = (), adopts: Sequence[Resource] = ()
    ) -> bool:
        """Insert a stack with a wish; return whether its name was free."""
        template = EncodedTemplate.of({'name': stack.name})
        return self.store.insert_stacks([NewStack(template, stack, tuple(events), adopts)])[0]

    def wish(self, stack_id: str, action: Action, template_id: str | None) -> Stack:
        wish_id = self.ids.fresh()
        answered = self.store.request(
            stack_id,
            lambda stack: Request(*stack_rules.wish(stack, action, template_id, wish_id)),
        )
        assert answered is not None
        return answered[0]

    def prepare(self, stack: Stack, *names: str, **requires: tuple[str, ...]) -> Any:
        """Prepare the wish of a stack; keywords name what a resource requires."""
        wished = self.store.stack(stack.id)
        assert wished is not None and wished.wish_id is not None
        made = self.store.prepare(stack.id, wished.wish_id, self.plan_of(*names, **requires))
        assert made is not None
        return made

    def plan_of(self, *names: str, **requires: tuple[str, ...]) -> Any:
        """Return the function that plans resources; keywords name what a resource requires."""
        definitions = {
            name: Definition(name, 'Type', requires.get(name, ())) for name in (*names, *requires)
        }
        traversal_id = self.ids.fresh()

        def plan(stack: Stack, rows: Sequence[Resource]) -> traversal.Plan:
            fresh = (self.ids.fresh() for _ in itertools.count())
            return traversal.plan(stack, definitions, rows, traversal_id, fresh)

        return plan

    def view(self, key: NodeKey) -> View:
        return self.store.views([key])[0]

    def one(self, commit: Commit | None) -> Any:
        assert commit is not None
        return self.store.commit([commit])[0]

    def desired(
        self, view: View, requires: tuple[str, ...] = (), **properties: Any
    ) -> DesiredState:
        assert view.stack is not None
        return DesiredState(
            'Type', properties, view.stack.template_id, requires, replace_on_change=frozenset('r')
        )

    def begin(self, key: NodeKey, **properties: Any) -> Step:
        view = self.view(key)
        return check.begin(view, self.desired(view, **properties), LEASE, self.ids.fresh())

    def finish(self, key: NodeKey, step: Step, reality: Reality = Reality.READY) -> Step:
        assert step.call is not None
        seen = Observation(reality, 'physical', {'a': 1}, dict(step.call.properties), 'why')
        view = View(None, self.store.stack(step.call.row.stack_id))
        desired = self.desired(view, **step.call.properties)
        return check.finish(
            key, step.call.row, desired, step.call.verb, seen, 0, self.ids.fresh(), 1.0
        )

    def converge(self, key: NodeKey, **properties: Any) -> Any:
        """Create or update the subject of a node."""
        step = self.begin(key, **properties)
        assert self.one(step.commit).verdict == Verdict.STANDS
        if step.call is None:
            return None
        return self.one(self.finish(key, step).commit)

    def update_key(self, made: Any, name: str) -> NodeKey:
        return NodeKey(made.stack.traversal_id, Kind.UPDATE, name)

    def complete(self, name: str = 'stack', **properties: Any) -> tuple[Stack, Resource]:
        """Bring a stack of one resource, A, to CREATE_COMPLETE."""
        stack = self.stack(name)
        made = self.prepare(stack, 'A')
        self.converge(self.update_key(made, 'A'), **properties)
        # Nothing is to be cleaned up: the end of all updates is that of everything.
        key = NodeKey(made.stack.traversal_id, Kind.ROOT, UPDATES)
        assert self.one(roots.begin(self.view(key)).commit).verdict == Verdict.STANDS
        done = self.store.stack(stack.id)
        assert done is not None
        return done, self.store.resources(stack.id)[0]

    # Hooks

    def test_paused_node_keeps_its_hooks_and_is_found(self) -> None:
        stack = self.stack()
        definitions = {'A': Definition('A', 'Type'), 'B': Definition('B', 'Type', ('A',))}
        desired = {'A': ('pre-create', 'post-create'), 'B': ()}
        wished = self.store.stack(stack.id)
        fresh = (self.ids.fresh() for _ in itertools.count())
        made = self.store.prepare(
            stack.id,
            wished.wish_id,
            lambda stack, rows: traversal.plan(
                stack, definitions, rows, 't1', fresh, hooked=desired.__getitem__
            ),
        )
        key = self.update_key(made, 'A')
        self.assertEqual(desired['A'], self.view(key).node.hooks)
        self.assertEqual((), self.view(self.update_key(made, 'B')).node.hooks)
        paused = self.begin(key)
        self.assertEqual(Verdict.STANDS, self.one(paused.commit).verdict)
        (row,) = [row for row in self.store.resources(stack.id) if row.name == 'A']
        (node,) = self.store.paused_on(row.id)
        self.assertEqual(('!pre-create', 'post-create'), node.hooks)
        self.assertEqual([], self.store.waiting_on([row.id]))
        self.clock.time += 100
        self.assertEqual([], self.store.lost_nodes(self.clock.now(), 10))
        cleared = hooks.clear(node, row, 'pre-create')
        self.assertEqual(Verdict.STANDS, self.one(cleared.commit).verdict)
        self.assertEqual(Verdict.REFUSED, self.one(cleared.commit).verdict)
        self.assertEqual([key], self.store.waiting_on([row.id]))
        self.assertEqual([], self.store.paused_on(row.id))
        step = self.begin(key)
        self.one(step.commit)
        self.assertEqual(('!post-create',), self.view(key).node.hooks)
        self.one(
            check.finish(
                key,
                step.call.row,
                self.desired(self.view(key)),
                step.call.verb,
                Observation(Reality.READY, 'physical', {}, {}),
                0,
                self.ids.fresh(),
                1.0,
                self.view(key).node,
            ).commit
        )
        (node,) = self.store.paused_on(row.id)
        self.assertEqual(NodeStatus.WAITING, self.view(self.update_key(made, 'B')).node.status)
        self.one(hooks.clear(node, row, 'post-create').commit)
        outcome = self.one(self.begin(key).commit)
        self.assertEqual((self.update_key(made, 'B'),), outcome.ready)

    # Software

    def test_software_is_a_project_s(self) -> None:
        for number, project in enumerate(('p', 'p', 'q')):
            made = Software(f's{number}', project, 'config', {'number': number}, 1.5)
            self.store.save_software(made)
        self.store.save_software(Software('d', 'p', 'deployment', {}, 1.5))
        self.assertEqual(['s0', 's1'], [one.id for one in self.store.all_software('p', 'config')])
        self.assertEqual({'number': 0}, self.store.software('p', 'config', 's0').content)
        for project, kind in (('q', 'config'), ('p', 'deployment')):
            self.assertIsNone(self.store.software(project, kind, 's0'))
            self.assertFalse(self.store.drop_software(project, kind, 's0'))
            self.assertIsNone(self.store.change_software(project, kind, 's0', SoftwareChange))
        before = self.store.software('p', 'config', 's0')
        self.assertEqual(before, self.store.change_software('p', 'config', 's0', lambda _: None))
        changed = self.store.change_software(
            'p', 'config', 's0', lambda old: SoftwareChange({**old, 'x': ['y']})
        )
        self.assertEqual(({'number': 0, 'x': ['y']}, 1.5), (changed.content, changed.created_at))
        self.assertEqual(self.clock.now(), changed.updated_at)
        self.assertEqual(changed, self.store.software('p', 'config', 's0'))
        self.assertTrue(self.store.drop_software('p', 'config', 's0'))
        self.assertFalse(self.store.drop_software('p', 'config', 's0'))

    def test_software_and_its_events_are_saved_together(self) -> None:
        stack = self.stack()
        events = [
            Event(stack.id, 'A', 'Type', 'id', Action.SIGNAL, Status.COMPLETE, reason)
            for reason in ('changed', 'dropped')
        ]
        self.store.save_software(Software('d', 'p', 'deployment', {}, 1.5))
        self.store.change_software(
            'p', 'deployment', 'd', lambda old: SoftwareChange(old, events[:1])
        )
        self.store.change_software(
            'p', 'deployment', 'none', lambda old: SoftwareChange(old, events)
        )
        for existed in (True, False):
            dropped = self.store.drop_software('p', 'deployment', 'd', events[1:])
            self.assertEqual(existed, dropped)
            self.assertEqual(events, [one.event for one in self.store.events(stack.id)][-2:])
        self.assertEqual(
            2, sum(one.event.action == Action.SIGNAL for one in self.store.events(stack.id))
        )

    def test_definition_with_any_text(self) -> None:
        # JSON writes a NUL as an escape, which texts may contain as well.
        for number, text in enumerate(('', 'é😀', '\0', '\\u0000', '\\\0\0\\\\u0000')):
            stack = self.stack(f's{number}')
            a = f'a{text}'.replace('\0', '')
            definitions = {a: Definition(a, 'Type'), 'b': Definition('b', 'Type', (a,))}
            source = json.dumps(['Type', [a], {'text': text}])
            wished = self.store.stack(stack.id)
            fresh = (self.ids.fresh() for _ in itertools.count())
            made = self.store.prepare(
                stack.id,
                wished.wish_id,
                lambda stack, rows, at=(definitions, fresh, source, f't{number}'): traversal.plan(
                    stack, at[0], rows, at[3], at[1], source_of=lambda name: at[2]
                ),
            )
            self.converge(self.update_key(made, a))
            view = self.view(self.update_key(made, 'b'))
            self.assertEqual(source, view.node.definition)
            if view.required is not None:
                self.assertEqual([a], list(view.required))

    def test_resource_is_found_by_its_physical_id_in_its_project(self) -> None:
        _, row = self.complete()
        (found,) = self.store.resources_with('project', 'physical')
        self.assertEqual(row.id, found.id)
        self.assertEqual([], self.store.resources_with('other', 'physical'))
        self.assertEqual([], self.store.resources_with('project', 'none'))

    def test_stacks_within_others_are_listed_where_they_are_asked_for(self) -> None:
        outer = self.stack('outer')
        inner = self.stack('inner', owner_id=outer.id, owner_resource='N')
        kept = self.store.stack(inner.id)
        self.assertEqual((outer.id, 'N'), (kept.owner_id, kept.owner_resource))

        def names(**query: Any) -> list[str]:
            found = self.store.stacks(StackQuery('project', sort=(('name', False),), **query))
            return [one.name for one in found]

        self.assertEqual(['outer'], names())
        self.assertEqual(['inner', 'outer'], names(nested=True))
        self.assertEqual(['inner'], names(owners=(outer.id, 'none')))
        self.assertEqual([], names(owners=('none',)))
        self.assertEqual(1, self.store.count_stacks(StackQuery('project')))

    def test_stack_that_adopts_finds_its_rows_prepared(self) -> None:
        template_id = self.store.save_template({'name': 'adopts'})
        stack, events = stack_rules.wish(
            Stack(self.ids.fresh(), 'project', 'adopts'), Action.ADOPT, template_id, 'w'
        )
        row = Resource('r', stack.id, 'A', 'Type', physical_id='there', attributes={'a': 1})
        self.assertTrue(self.insert(stack, events, [row]))
        self.assertFalse(
            self.insert(evolve(stack, id=self.ids.fresh()), events, [evolve(row, id='again')])
        )
        self.assertIsNone(self.store.row('again'))
        made = self.prepare(stack, 'A')
        view = self.view(self.update_key(made, 'A'))
        self.assertEqual(
            ('r', 'there', {'a': 1}),
            (view.row.id, view.row.physical_id, dict(view.row.attributes)),
        )

    # Templates and stacks

    def test_template_is_found_by_its_content(self) -> None:
        content = {'b': [1, None, 'é😀'], 'a': {'x': 1.5, 'long': 'y' * 100_000}}
        template_id = self.store.save_template(content)
        self.assertEqual(template_id, self.store.save_template(content))
        self.assertEqual(content, self.store.template(template_id))
        self.assertEqual(['b', 'a'], list(self.store.template(template_id)))
        self.assertIsNone(self.store.template('0' * 64))

    def test_name_is_taken_in_its_project_only_while_the_stack_lives(self) -> None:
        first = self.stack('A')
        self.assertFalse(self.insert(Stack(self.ids.fresh(), 'project', 'A')))
        self.stack('a')
        self.stack('A', project='other')
        self.wish(first.id, Action.DELETE, None)
        self.prepare(first)
        gone = self.store.stack(first.id)
        self.assertEqual((Action.DELETE, Status.COMPLETE), (gone.action, gone.status))
        self.assertEqual(self.clock.now(), gone.deleted_at)
        self.assertIsNone(self.store.stack_by_name('project', 'A'))
        second = self.stack('A')
        self.assertEqual(second.id, self.store.stack_by_name('project', 'A').id)
        self.assertIsNone(self.store.request(first.id, lambda stack: Request(stack)))

    def test_stack_comes_back_as_it_was_saved(self) -> None:
        stack = self.stack(
            'é😀',
            disable_rollback=True,
            timeout_mins=7,
            deadline=12.5,
            tags=('x', 'y'),
            username='user',
            reason='r' * 10_000,
        )
        saved = self.store.stack(stack.id)
        self.assertEqual(dataclasses.replace(stack, created_at=self.clock.now()), saved)

    def test_request_changes_nothing_when_it_decides_so(self) -> None:
        stack = self.stack()
        before = self.store.stack(stack.id)
        self.assertEqual((before, False), self.store.request(stack.id, lambda stack: None))
        self.assertIsNone(self.store.request('nobody', lambda stack: None))

    def test_request_drops_the_nodes_with_the_same_commit(self) -> None:
        stack = self.stack()
        made = self.prepare(stack, 'A')
        self.assertEqual(3, len(self.store.nodes(stack.id)))
        self.store.request(
            stack.id, lambda stack: Request(*stack_rules.cancel(stack), drops_nodes=True)
        )
        self.assertEqual([], self.store.nodes(stack.id))
        self.assertIsNone(self.view(self.update_key(made, 'A')).node)

    def test_stacks_are_listed_sorted_filtered_and_paged(self) -> None:
        stacks = []
        for number, name in enumerate('badc'):
            self.clock.time += 1
            stacks.append(self.stack(name, project='p' if number < 3 else 'q'))
        names = lambda **query: [one.name for one in self.store.stacks(StackQuery(**query))]  # noqa: E731
        self.assertEqual(['d', 'a', 'b'], names(project_id='p'))
        self.assertEqual(['c', 'd', 'a', 'b'], names(project_id=None))
        self.assertEqual(['a', 'b', 'd'], names(project_id='p', sort=(('name', False),)))
        self.assertEqual(['d', 'a'], names(project_id='p', limit=2))
        self.assertEqual(['a'], names(project_id='p', limit=1, marker=stacks[2].id))
        self.assertEqual([], names(project_id='p', marker='nobody'))
        self.assertEqual(['b'], names(project_id='p', names=('b', 'c')))
        self.assertEqual(['b'], names(project_id='p', ids=(stacks[0].id,)))
        self.assertEqual([], names(project_id='p', actions=('DELETE',)))
        self.assertEqual([], names(project_id='p', statuses=('FAILED',)))
        self.wish(stacks[0].id, Action.DELETE, None)
        self.prepare(stacks[0])
        self.assertEqual(['d', 'a'], names(project_id='p'))
        self.assertEqual(['d', 'a', 'b'], names(project_id='p', show_deleted=True))

    def test_events_are_listed_in_order_and_paged(self) -> None:
        stack, _ = self.complete()
        events = self.store.events(stack.id)
        said = [
            (one.event.resource_name, f'{one.event.action}_{one.event.status}') for one in events
        ]
        self.assertEqual(
            [
                (None, 'CREATE_IN_PROGRESS'),
                ('A', 'CREATE_IN_PROGRESS'),
                ('A', 'CREATE_COMPLETE'),
                (None, 'CREATE_COMPLETE'),
            ],
            said,
        )
        self.assertEqual(events[1:3], self.store.events(stack.id, events[0].id, 2))
        self.assertEqual([], self.store.events(stack.id, 'nobody'))
        self.assertEqual(4, len({one.id for one in events}))

    def test_purge_forgets_deleted_stacks_and_their_templates_only(self) -> None:
        gone, kept = self.stack('gone'), self.stack('kept')
        self.wish(gone.id, Action.DELETE, None)
        self.prepare(gone)
        self.prepare(kept, 'A')
        self.assertEqual(0, self.store.purge_deleted(self.clock.now()))
        self.assertEqual(1, self.store.purge_deleted(self.clock.now() + 1))
        self.assertIsNone(self.store.stack(gone.id))
        self.assertEqual([], self.store.events(gone.id))
        self.assertIsNotNone(self.store.template(kept.wish_template_id))
        self.assertIsNone(self.store.template(gone.wish_template_id))

    def test_snapshots_are_a_stack_s_and_keep_its_template(self) -> None:
        gone, other = self.stack('gone'), self.stack('other')
        resources = {'é😀': {'status': 'COMPLETE'}}
        made = [
            Snapshot(self.ids.fresh(), stack.id, 'é', stack.wish_template_id, resources, 5.0)
            for stack in (gone, gone, other)
        ]
        for one in made:
            self.store.save_snapshot(one)
        self.assertEqual(made[:2], self.store.snapshots(gone.id))
        self.assertFalse(self.store.drop_snapshot(other.id, made[0].id))
        self.assertTrue(self.store.drop_snapshot(gone.id, made[0].id))
        self.assertFalse(self.store.drop_snapshot(gone.id, made[0].id))
        self.assertEqual(made[1:2], self.store.snapshots(gone.id))
        newer = self.store.save_template({'newer': 1})
        self.wish(other.id, Action.UPDATE, newer)
        self.prepare(other)
        self.wish(other.id, Action.UPDATE, newer)
        self.prepare(other)
        self.wish(gone.id, Action.DELETE, None)
        self.prepare(gone)
        self.store.purge_deleted(self.clock.now() + 1)
        self.assertEqual([], self.store.snapshots(gone.id))
        self.assertEqual(made[2:], self.store.snapshots(other.id))
        self.assertIsNotNone(self.store.template(other.wish_template_id))

    def test_request_that_retains_waits_for_what_is_claimed(self) -> None:
        made = self.prepare(self.stack(), 'A', 'B')
        stack_id = made.stack.id

        def retaining(stack: Stack) -> Request:
            return dataclasses.replace(
                Request(*stack_rules.wish(stack, Action.DELETE, None, 'w')), retains=True
            )

        key = self.update_key(made, 'A')
        step = self.begin(key)
        self.one(step.commit)
        stack, changed = self.store.request(stack_id, retaining)
        self.assertEqual((False, Action.CREATE), (changed, stack.action))
        policies = [row.deletion_policy for row in self.store.resources(stack_id)]
        self.assertEqual(['Delete', 'Delete'], policies)
        self.one(self.finish(key, step).commit)
        before = self.store.resources(stack_id)
        self.assertTrue(self.store.request(stack_id, retaining)[1])
        rows = self.store.resources(stack_id)
        self.assertEqual(['Retain', 'Retain'], [row.deletion_policy for row in rows])
        self.assertEqual([row.version + 1 for row in before], [row.version for row in rows])

    # Preparation

    def test_prepare_writes_rows_nodes_and_the_traversal(self) -> None:
        stack = self.stack()
        made = self.prepare(stack, 'A', B=('A',))
        self.assertEqual(list(made.rows), self.untimed(self.store.resources(stack.id)))
        self.assertEqual(sorted(made.nodes, key=lambda n: n.key), self.store.nodes(stack.id))
        saved = self.store.stack(stack.id)
        self.assertEqual(made.stack.traversal_id, saved.traversal_id)
        self.assertIsNone(saved.wish_id)

    def test_preparation_sees_all_rows_of_a_large_stack_and_no_others(self) -> None:
        names = [f'r{number:05}' for number in reversed(range(10_050))]
        made = self.prepare(self.stack(), *names)
        self.prepare(self.stack('other'), 'a', 'z')
        seen: list[str] = []

        def plan(stack: Stack, rows: list[Resource]) -> traversal.Plan:
            seen.extend(row.id for row in rows)
            return traversal.Plan(stack)

        stack = self.wish(made.stack.id, Action.UPDATE, self.store.save_template({'new': 1}))
        self.store.prepare(stack.id, stack.wish_id, plan)
        self.assertEqual(sorted(row.id for row in made.rows), seen)

    def untimed(self, rows: list[Resource]) -> list[Resource]:
        return [dataclasses.replace(row, created_at=0.0, updated_at=None) for row in rows]

    def test_prepare_of_a_wish_that_was_replaced_does_nothing(self) -> None:
        stack = self.stack()
        self.wish(stack.id, Action.UPDATE, None)
        plan = lambda stack, rows: self.fail('planned')  # noqa: E731
        self.assertIsNone(self.store.prepare(stack.id, stack.wish_id, plan))
        self.assertIsNone(self.store.prepare('nobody', 'nothing', plan))

    def test_prepare_replaces_the_nodes_of_the_old_traversal(self) -> None:
        stack = self.stack()
        old = self.prepare(stack, 'A')
        self.wish(stack.id, Action.UPDATE, self.store.save_template({'new': 1}))
        new = self.prepare(stack, 'A')
        self.assertEqual(
            {new.stack.traversal_id}, {n.key.traversal_id for n in self.store.nodes(stack.id)}
        )
        self.assertIsNone(self.view(self.update_key(old, 'A')).node)
        self.assertEqual([old.rows[0].id], [row.id for row in self.store.resources(stack.id)])

    # Views

    def test_view_of_an_update_shows_its_row_and_those_named_alike(self) -> None:
        stack, old = self.complete(r=1)
        self.complete('other', r=1)
        self.wish(stack.id, Action.UPDATE, self.store.save_template({'new': 1}))
        made = self.prepare(stack, 'A', 'a')
        key = self.update_key(made, 'A')
        self.assertEqual((old.id, ()), (self.view(key).row.id, self.view(key).siblings))
        self.converge(key, r=2)
        view = self.view(key)
        self.assertNotEqual(old.id, view.row.id)
        self.assertEqual([old.id], [row.id for row in view.siblings])
        self.assertEqual(stack.id, view.stack.id)

    def test_views_come_in_the_order_asked(self) -> None:
        made = self.prepare(self.stack(), 'B', 'A')
        keys = [
            self.update_key(made, 'B'),
            NodeKey('nothing', Kind.UPDATE, 'B'),
            self.update_key(made, 'A'),
        ]
        views = self.store.views(keys)
        self.assertEqual(['B', None, 'A'], [view.node and view.node.key.name for view in views])

    def test_view_of_a_cleanup_says_whether_the_update_ended_on_its_row(self) -> None:
        stack, row = self.complete(r=1)
        self.wish(stack.id, Action.UPDATE, self.store.save_template({'new': 1}))
        made = self.prepare(stack, 'A')
        cleans = NodeKey(made.stack.traversal_id, Kind.CLEANUP, row.id)
        self.assertTrue(self.view(cleans).serving)
        self.converge(self.update_key(made, 'A'), r=2)
        self.assertFalse(self.view(cleans).serving)
        self.assertEqual(row.id, self.view(cleans).row.id)

    def test_serving_finds_the_rows_that_updates_ended_on(self) -> None:
        made = self.prepare(self.stack(), 'A', 'B')
        keys = [self.update_key(made, name) for name in ('A', 'B', 'C')]
        found = self.store.serving(keys)
        self.assertEqual(
            {keys[0]: made.rows[0].id, keys[1]: made.rows[1].id},
            {key: row.id for key, row in found.items()},
        )

    def test_row_comes_back_as_it_was_saved(self) -> None:
        made = self.prepare(self.stack(), 'A')
        key = self.update_key(made, 'A')
        step = self.begin(key, x={'é😀': [1, None, True]}, y=list(range(20_000)))
        self.one(step.commit)
        saved = self.store.row(made.rows[0].id)
        self.assertTrue(self.untimed([step.call.row]) == self.untimed([saved]))
        self.assertEqual((self.clock.now(),) * 2, (saved.created_at, saved.updated_at))
        self.assertIsNone(self.store.row('nobody'))

    def test_several_rows_by_id(self) -> None:
        made = self.prepare(self.stack(), 'A', 'B', 'C')
        wanted = {row.id: row for row in made.rows[:2]}
        found = self.store.rows_by_id([*wanted, 'nobody'])
        self.assertEqual(
            {row_id: row.name for row_id, row in wanted.items()},
            {row_id: row.name for row_id, row in found.items()},
        )
        self.assertEqual({}, self.store.rows_by_id([]))

    def test_update_in_one_commit_has_a_time(self) -> None:
        _, row = self.complete()
        for change, is_update in (
            ({'properties': {'x': 'other'}}, True),
            ({'reason': 'r'}, False),
        ):
            row = self.store.row(row.id)
            before, now = row.updated_at, self.clock.now() + 9
            self.clock.time = now
            saved = evolve(row, version=row.version + 1, **change)
            self.one(Commit(row=RowWrite(RowGuard.UNCLAIMED, row, saved)))
            found = self.store.row(row.id)
            self.assertEqual(saved.version, found.version)
            self.assertEqual(now if is_update else before, found.updated_at, change)

    # Guards

    def test_begin_stands_once(self) -> None:
        made = self.prepare(self.stack(), 'A')
        step = self.begin(self.update_key(made, 'A'), x=1)
        outcomes = self.store.commit([step.commit, step.commit])
        self.assertEqual([Verdict.STANDS, Verdict.REFUSED], [one.verdict for one in outcomes])
        self.assertEqual(Verdict.REFUSED, self.one(step.commit).verdict)

    def test_begin_of_a_row_somebody_claims_is_refused(self) -> None:
        stack, row = self.complete()
        claim = settle.begin(dataclasses.replace(row, suspect=False), 'other', None)
        self.wish(stack.id, Action.UPDATE, self.store.save_template({'new': 1}))
        made = self.prepare(stack, 'A')
        step = self.begin(self.update_key(made, 'A'), x=1)
        self.assertEqual(Verdict.STANDS, self.one(claim.commit).verdict)
        self.assertEqual(Verdict.REFUSED, self.one(step.commit).verdict)

    def test_begin_is_refused_when_the_row_was_marked_suspect(self) -> None:
        stack, row = self.complete()
        self.wish(stack.id, Action.UPDATE, self.store.save_template({'new': 1}))
        made = self.prepare(stack, 'A')
        step = self.begin(self.update_key(made, 'A'), x=1)
        self.assertEqual(Verdict.STANDS, self.one(Commit(suspects=row.id)).verdict)
        self.assertEqual(Verdict.REFUSED, self.one(step.commit).verdict)
        self.assertEqual(row.version, self.store.row(row.id).version)

    def test_finish_lets_the_successors_go_on(self) -> None:
        made = self.prepare(self.stack(), 'A', B=('A',), C=('A', 'B'))
        keys = {name: self.update_key(made, name) for name in 'ABC'}
        outcome = self.converge(keys['A'], x=1)
        self.assertEqual((keys['B'],), outcome.ready)
        blockers = {n.key.name: n.blockers for n in self.store.nodes(made.stack.id)}
        self.assertEqual({'A': 0, 'B': 0, 'C': 1, UPDATES: 1, ALL: 1}, blockers)
        outcome = self.converge(keys['B'], x=1)
        self.assertEqual((keys['C'],), outcome.ready)
        outcome = self.converge(keys['C'], x=1)
        self.assertEqual((NodeKey(made.stack.traversal_id, Kind.ROOT, UPDATES),), outcome.ready)

    def read(self, key: NodeKey, commit: Commit) -> Commit:
        """Have a commit tell what its node was read as, as the runtime does."""
        assert commit.node is not None
        return evolve(commit, node=evolve(commit.node, read=self.view(key).node))

    def test_commit_ahead_tells_what_a_look_would(self) -> None:
        made = self.prepare(self.stack(), 'A', 'B', C=('A', 'B'), D=('A',), E=('C',))
        keys = {name: self.update_key(made, name) for name in 'ABCDE'}
        steps = {name: self.begin(keys[name], x=1) for name in 'AB'}
        self.store.commit([step.commit for step in steps.values()])
        commits = [
            self.read(keys[name], self.finish(keys[name], step).commit)
            for name, step in steps.items()
        ]
        outcomes, views = self.store.commit_and_view(commits, 10)
        self.assertEqual([(keys['D'],), (keys['C'],)], [one.ready for one in outcomes])
        for key, view in views.items():
            self.assertEqual(self.view(key), view)
            self.assertEqual(self.view(key).required, view.required)
        # Where that takes another round trip, none is told.
        self.assertIn(sorted(views), ([], [keys['C'], keys['D']]))

    def test_finishes_in_one_batch_count_each(self) -> None:
        made = self.prepare(self.stack(), 'A', 'B', C=('A', 'B'))
        keys = [self.update_key(made, name) for name in 'AB']
        steps = [self.begin(key, x=1) for key in keys]
        self.store.commit([step.commit for step in steps])
        commits = [self.finish(key, step).commit for key, step in zip(keys, steps, strict=True)]
        outcomes = self.store.commit(commits)
        self.assertEqual(
            [(), (self.update_key(made, 'C'),)], [outcome.ready for outcome in outcomes]
        )

    def test_finish_of_a_superseded_traversal_saves_the_row_only(self) -> None:
        stack = self.stack()
        made = self.prepare(stack, 'A')
        key = self.update_key(made, 'A')
        step = self.begin(key, x=1)
        self.one(step.commit)
        self.wish(stack.id, Action.UPDATE, self.store.save_template({'new': 1}))
        new = self.prepare(stack, 'A')
        before = self.store.nodes(stack.id)
        outcome = self.one(self.finish(key, step).commit)
        self.assertEqual((Verdict.LATE, ()), (outcome.verdict, outcome.ready))
        row = self.store.row(made.rows[0].id)
        self.assertEqual(('physical', None), (row.physical_id, row.claim))
        self.assertEqual(before, self.store.nodes(stack.id))
        self.assertEqual([self.update_key(new, 'A')], self.store.waiting_on([row.id]))

    def test_finish_of_a_zombie_is_refused(self) -> None:
        made = self.prepare(self.stack(), 'A')
        key = self.update_key(made, 'A')
        step = self.begin(key, x=1)
        self.one(step.commit)
        dead_claim = self.store.dead_claims(10)[0]
        self.assertEqual((made.rows[0].id, key), (dead_claim.row.id, dead_claim.node))
        self.assertEqual(
            Verdict.STANDS, self.one(dead_claims.void(dead_claim, 99.0).commit).verdict
        )
        self.assertEqual(Verdict.REFUSED, self.one(self.finish(key, step).commit).verdict)
        self.assertEqual(
            Verdict.REFUSED, self.one(dead_claims.void(dead_claim, 99.0).commit).verdict
        )
        self.assertEqual(NodeStatus.READY, self.view(key).node.status)
        self.assertEqual([], self.store.dead_claims(10))

    def test_finish_of_a_row_marked_suspect_is_looked_at_again(self) -> None:
        made = self.prepare(self.stack(), 'A', B=('A',))
        key = self.update_key(made, 'A')
        step = self.begin(key, x=1)
        self.one(step.commit)
        self.one(Commit(suspects=made.rows[0].id))
        outcome = self.one(self.finish(key, step).commit)
        self.assertEqual((Verdict.STANDS, (key,)), (outcome.verdict, outcome.ready))
        self.assertTrue(self.store.row(made.rows[0].id).suspect)
        self.assertEqual(NodeStatus.READY, self.view(key).node.status)
        self.assertEqual(1, self.view(self.update_key(made, 'B')).node.blockers)

    def test_failure_fails_the_stack_and_drops_its_nodes(self) -> None:
        stack = self.stack(disable_rollback=True)
        made = self.prepare(stack, 'A', 'B')
        key, other = self.update_key(made, 'A'), self.update_key(made, 'B')
        step, late = self.begin(key, x=1), self.begin(other, x=1)
        self.store.commit([step.commit, late.commit])
        outcomes = self.store.commit(
            [self.finish(key, step, Reality.FAILED).commit, self.finish(other, late).commit]
        )
        self.assertEqual([Verdict.STANDS, Verdict.LATE], [one.verdict for one in outcomes])
        failed = self.store.stack(stack.id)
        self.assertEqual(Status.FAILED, failed.status)
        self.assertIn('why', failed.reason)
        self.assertEqual([], self.store.nodes(stack.id))
        self.assertEqual('physical', self.store.row(made.rows[1].id).physical_id)
        self.assertIsNone(outcomes[0].wish)

    def test_failure_wishes_for_a_rollback_in_the_same_commit(self) -> None:
        stack = self.stack()
        made = self.prepare(stack, 'A')
        key = self.update_key(made, 'A')
        step = self.begin(key, x=1)
        self.one(step.commit)
        outcome = self.one(self.finish(key, step, Reality.FAILED).commit)
        self.assertEqual(stack.id, outcome.wish)
        rolling = self.store.stack(stack.id)
        self.assertEqual(
            (Action.ROLLBACK, Status.IN_PROGRESS, None),
            (rolling.action, rolling.status, rolling.wish_template_id),
        )
        self.assertEqual([stack.id], self.store.lost_wishes())

    def test_roots_close_the_traversal(self) -> None:
        stack, row = self.complete()
        self.assertEqual((Action.CREATE, Status.COMPLETE), (stack.action, stack.status))
        self.assertEqual(stack.template_id, stack.last_good_id)
        self.assertEqual([], self.store.nodes(stack.id))
        self.assertEqual((Action.CREATE, Status.COMPLETE), (row.action, row.status))

    def test_replacement_inserts_row_and_repoints_in_one_commit(self) -> None:
        stack, old = self.complete(r=1)
        self.wish(stack.id, Action.UPDATE, self.store.save_template({'new': 1}))
        made = self.prepare(stack, 'A')
        key = self.update_key(made, 'A')
        step = self.begin(key, r=2)
        self.assertEqual(Verdict.STANDS, self.one(step.commit).verdict)
        self.assertEqual(Verdict.REFUSED, self.one(step.commit).verdict)
        rows = {row.id: row for row in self.store.resources(stack.id)}
        new = rows[step.commit.inserts[0].id]
        self.assertEqual((old.id, new.id), (new.replaces, rows[old.id].replaced_by))
        self.assertEqual(new.id, self.view(key).node.subject)
        self.assertEqual(5, len(self.store.nodes(stack.id)) + 1)

    def test_row_abandoned_without_a_cleanup_node_gets_one(self) -> None:
        stack = self.stack()
        made = self.prepare(stack, 'A')
        key = self.update_key(made, 'A')
        self.one(self.begin(key, r=1).commit)
        dead_claim = self.store.dead_claims(1)[0]
        self.one(dead_claims.void(dead_claim, 99.0).commit)
        broken = dataclasses.replace(
            self.store.row(dead_claim.row.id),
            status=Status.FAILED,
            physical_id='half',
            suspect=False,
        )
        step = check.begin(
            dataclasses.replace(self.view(key), row=broken),
            self.desired(self.view(key), r=1),
            LEASE,
            self.ids.fresh(),
        )
        # The guard compares with the row as stored: make it so.
        commit = dataclasses.replace(
            step.commit,
            row=dataclasses.replace(step.commit.row, read=self.store.row(dead_claim.row.id)),
        )
        self.assertEqual(Verdict.STANDS, self.one(commit).verdict)
        nodes = {node.key: node for node in self.store.nodes(stack.id)}
        cleans = NodeKey(key.traversal_id, Kind.CLEANUP, dead_claim.row.id)
        self.assertEqual((1, NodeStatus.WAITING), (nodes[cleans].blockers, nodes[cleans].status))
        self.assertIn((Kind.CLEANUP, dead_claim.row.id), nodes[key].successors)
        self.assertEqual(2, nodes[NodeKey(key.traversal_id, Kind.ROOT, ALL)].blockers)

    def test_delete_removes_the_row_with_its_node(self) -> None:
        stack, row = self.complete()
        self.wish(stack.id, Action.DELETE, None)
        made = self.prepare(stack)
        key = NodeKey(made.stack.traversal_id, Kind.CLEANUP, row.id)
        step = cleanup.begin(self.view(key), LEASE)
        self.one(step.commit)
        done = cleanup.finish(key, step.call.row, Observation(Reality.ABSENT), 'wish', 1.0)
        outcome = self.one(done.commit)
        root = NodeKey(made.stack.traversal_id, Kind.ROOT, ALL)
        self.assertEqual((root,), outcome.ready)
        self.assertEqual([], self.store.resources(stack.id))
        self.one(roots.begin(self.view(root)).commit)
        self.assertIsNotNone(self.store.stack(stack.id).deleted_at)

    def test_one_of_many_that_begin_at_once_wins(self) -> None:
        made = self.prepare(self.stack(), *[f'R{number}' for number in range(10)])
        keys = [self.update_key(made, f'R{number}') for number in range(10)]
        steps = [self.begin(key, x=1) for key in keys]
        stood: list[int] = []
        gate = threading.Barrier(4)

        def compete(turn: int) -> None:
            gate.wait()
            order = steps if turn % 2 else steps[::-1]
            for outcome in self.store.commit([step.commit for step in order]):
                stood.append(outcome.verdict == Verdict.STANDS)

        threads = [threading.Thread(target=compete, args=(turn,)) for turn in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((40, 10), (len(stood), sum(stood)))

    def test_last_two_finishes_at_once_both_count(self) -> None:
        names = [f'R{number}' for number in range(8)]
        made = self.prepare(self.stack(), *names, Z=tuple(names))
        keys = [self.update_key(made, name) for name in names]
        steps = [self.begin(key, x=1) for key in keys]
        self.store.commit([step.commit for step in steps])
        commits = [self.finish(key, step).commit for key, step in zip(keys, steps, strict=True)]
        ready: list[NodeKey] = []
        gate = threading.Barrier(len(commits))

        def go(commit: Commit) -> None:
            gate.wait()
            ready.extend(self.store.commit([commit])[0].ready)

        threads = [threading.Thread(target=go, args=(commit,)) for commit in commits]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([self.update_key(made, 'Z')], ready)

    # Leases and the sweep

    def lease(self, expires_at: float) -> Lease:
        lease = Lease(
            self.ids.fresh(), 'worker', 'host', 42, self.clock.now(), expires_at, 'server'
        )
        self.store.grant_lease(lease)
        return lease

    def test_void_lease_never_revives(self) -> None:
        lease, other = self.lease(100.0), self.lease(300.0)
        self.assertEqual([lease, other], self.store.leases())
        self.assertTrue(self.store.renew_lease(lease.id, 150.0))
        self.assertTrue(self.store.renew_lease(lease.id, 150.0, 7))
        self.assertEqual(7, self.store.leases()[0].queued)
        self.assertEqual([], self.store.void_leases(150.0))
        self.assertEqual([lease.id], self.store.void_leases(200.0))
        self.assertFalse(self.store.renew_lease(lease.id, 900.0))
        self.assertEqual([other.id], self.store.void_leases(0.0, [other.id]))
        self.assertEqual([], self.store.leases())

    def test_rows_claimed_by_the_living_are_no_orphans(self) -> None:
        made = self.prepare(self.stack(), 'A')
        self.store.grant_lease(Lease(LEASE, 'worker', 'host', 1, 0.0, 1e9))
        self.one(self.begin(self.update_key(made, 'A'), x=1).commit)
        self.assertEqual([], self.store.dead_claims(10))
        self.assertEqual({LEASE: 1}, self.store.claims())
        self.store.void_leases(0.0, [LEASE])
        self.assertEqual(1, len(self.store.dead_claims(10)))

    def test_rows_in_doubt_without_a_node_are_strays(self) -> None:
        stack, row = self.complete()
        self.assertEqual([], self.store.unsettled_rows(10))
        self.one(Commit(suspects=row.id))
        self.assertEqual([row.id], [one.id for one in self.store.unsettled_rows(10)])
        self.wish(stack.id, Action.UPDATE, self.store.save_template({'new': 1}))
        self.prepare(stack, 'A')
        self.assertEqual([], self.store.unsettled_rows(10))

    def test_ready_nodes_nobody_touched_are_found_once(self) -> None:
        made = self.prepare(self.stack(), 'A', 'B', C=('A',))
        now = self.clock.now()
        self.assertEqual([], self.store.lost_nodes(now, 10))
        self.clock.time += 10
        keys = [self.update_key(made, name) for name in 'AB']
        self.assertEqual(keys[:1], self.store.lost_nodes(now + 5, 1))
        self.assertEqual(keys[1:], self.store.lost_nodes(now + 5, 10))
        self.assertEqual([], self.store.lost_nodes(now + 5, 10))

    def test_lost_nodes_of_others_are_found_before_those_of_a_backlog(self) -> None:
        for name in ('large', 'small', 'quiet'):
            stack = evolve(Stack(self.ids.fresh(), 'project', name), deadline=1e9)
            template_id = self.store.save_template({'name': name})
            wished, events = stack_rules.wish(stack, Action.CREATE, template_id, self.ids.fresh())
            assert self.insert(wished, events)
            made = self.prepare(wished, *(['A', 'B', 'C'] if name == 'large' else ['A']))
            if name == 'large':
                backlog = made.stack.traversal_id
            if name == 'small':
                small = self.update_key(made, 'A')
                ids = {made.stack.id}
            self.clock.time += 1
        after = self.clock.now() + 1
        self.assertEqual([small], self.store.lost_nodes(after, 3, ids.intersection, [backlog]))
        left = self.store.lost_nodes(after, 10, besides=[backlog])
        self.assertEqual({'A'}, {key.name for key in left})
        self.assertNotIn(backlog, {key.traversal_id for key in left})

    def test_what_the_dead_may_still_do_is_remembered(self) -> None:
        _, row = self.complete()
        claimed = evolve(row, claim='dead', version=row.version + 1)
        self.one(Commit(RowWrite(RowGuard.UNCLAIMED, row, claimed)))
        (dead_claim,) = self.store.dead_claims(10)
        self.assertEqual([], self.store.orphan_checks(1e9, 10))
        step = dead_claims.void(dead_claim, 99.0)
        self.one(step.commit)
        # Voided again by somebody who read it before: nothing is added.
        self.assertEqual(Verdict.REFUSED, self.one(step.commit).verdict)
        self.assertEqual([], self.store.orphan_checks(98.9, 10))
        (left,) = self.store.orphan_checks(99.0, 10)
        self.assertEqual((claimed.id, 'dead', 0), (left.row.id, left.row.claim, left.attempts))
        self.assertEqual(claimed.properties, left.row.properties)
        self.assertTrue(self.store.postpone(left, 500.0))
        self.assertEqual([], self.store.orphan_checks(499.0, 10))
        (left,) = self.store.orphan_checks(500.0, 10)
        self.assertEqual(1, left.attempts)
        self.assertTrue(self.store.postpone(left, None))
        self.assertFalse(self.store.postpone(left, 600.0))
        self.assertEqual([], self.store.orphan_checks(1e9, 10))

    def test_what_the_dead_may_do_to_a_retained_resource_is_forgotten(self) -> None:
        _, row = self.complete()
        for lease in ('dead', 'dead too'):
            row = self.store.row(row.id)
            claimed = evolve(row, claim=lease, version=row.version + 1)
            self.one(Commit(RowWrite(RowGuard.UNCLAIMED, row, claimed)))
            (dead_claim,) = self.store.dead_claims(10)
            self.one(dead_claims.void(dead_claim, 99.0).commit)
        self.assertEqual(2, len(self.store.orphan_checks(1e9, 10)))
        row = self.store.row(row.id)
        kept = evolve(row, deletion_policy='Retain', version=row.version + 1)
        self.one(Commit(RowWrite(RowGuard.UNCLAIMED, row, kept)))
        self.assertEqual(2, len(self.store.orphan_checks(1e9, 10)))
        self.one(Commit(RowWrite(RowGuard.UNCLAIMED, self.store.row(row.id), None)))
        self.assertEqual([], self.store.orphan_checks(1e9, 10))

    def test_events_from_both_ends(self) -> None:
        stack = self.stack()
        for number in range(5):
            self.store.request(
                stack.id,
                lambda current, number=number: Request(
                    current, (dataclasses.replace(stack_rules.event(current), reason=str(number)),)
                ),
            )
        oldest = self.store.events(stack.id)
        newest = self.store.events(stack.id, descending=True)
        self.assertEqual(oldest, newest[::-1])
        marker = newest[1].id
        self.assertEqual(newest[2:4], self.store.events(stack.id, marker, 2, descending=True))
        self.assertEqual([], self.store.events(stack.id, 'none', descending=True))

    def test_hidden_tags_and_owners(self) -> None:
        stack = self.stack()
        tags = ('a', 'b"_%')
        self.store.request(
            stack.id, lambda current: Request(dataclasses.replace(current, tags=tags))
        )
        for hidden, number in ((('c',), 1), (('b',), 1), (('x', 'a'), 0), (('b"_%',), 0)):
            query = StackQuery('project', hidden_tags=hidden)
            self.assertEqual(number, len(self.store.stacks(query)), hidden)
            self.assertEqual(number, self.store.count_stacks(query), hidden)
        for query, number in (
            (StackQuery(None, projects=('project',)), 1),
            (StackQuery(None, projects=('other',)), 0),
            (StackQuery(None, usernames=(stack.username,)), 1),
            (StackQuery(None, usernames=('nobody',)), 0),
        ):
            self.assertEqual(number, len(self.store.stacks(query)), query)

    def test_stacks_past_their_deadline_are_found_while_under_way(self) -> None:
        stack = self.stack()
        now = self.clock.now()
        self.assertEqual([], self.store.overdue(now))

        def with_deadline(current: Stack) -> Request:
            return Request(dataclasses.replace(current, deadline=now + 60))

        self.store.request(stack.id, with_deadline)
        self.assertEqual([], self.store.overdue(now + 59))
        self.assertEqual([stack.id], self.store.overdue(now + 60))
        self.store.request(stack.id, lambda current: Request(*stack_rules.cancel(current)))
        self.assertEqual([], self.store.overdue(now + 60))

    def test_wishes_that_wait_are_found(self) -> None:
        stack = self.stack()
        self.assertEqual([stack.id], self.store.lost_wishes())
        self.prepare(stack, 'A')
        self.assertEqual([], self.store.lost_wishes())
