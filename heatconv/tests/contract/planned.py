"""What every store must do for stacks that are inserted, changed and planned together."""

from __future__ import annotations

import dataclasses
import json
import threading
from typing import Any

from heatconv.convergence import settle
from heatconv.convergence import stack as stack_rules
from heatconv.convergence.model import Action, Event, Stack, Status
from heatconv.convergence.step import Commit, Verdict
from heatconv.convergence.traversal import Plan
from heatconv.storage.content import EncodedTemplate
from heatconv.storage.values import Completed, NewStack, PlannedRequest, Request


class PlannedContract:
    """Mixed into a test case of the contract of stores."""

    def new(self: Any, name: str, *names: str, project: str = 'project') -> NewStack:
        """Return a stack of some resources to insert, with its plan."""
        template = EncodedTemplate.of({'template': {'resources': {one: {} for one in names}}})
        stack, events = stack_rules.wish(
            Stack(self.ids.fresh(), project, name), Action.CREATE, template.id, self.ids.fresh()
        )
        return NewStack(template, stack, events, (), self.plan_of(*names)(stack, ()))

    def request_to(self: Any, action: Action, *names: str) -> PlannedRequest:
        """Return a request for an action whose template has some resources."""
        template = EncodedTemplate.of({'template': {'resources': {one: {} for one in names}}})
        template_id = None if action == Action.DELETE else template.id
        wish_id = self.ids.fresh()
        return PlannedRequest(
            lambda stack: Request(*stack_rules.wish(stack, action, template_id, wish_id)),
            self.plan_of(*names),
            None if template_id is None else template,
        )

    def test_planned_stacks_are_inserted_with_all_they_have(self: Any) -> None:
        added = [self.new('one', 'A', 'B'), self.new('two', 'A'), self.new('none')]
        self.assertEqual([True] * 3, self.store.insert_stacks(added))
        one, two, none = (self.store.stack(new.stack.id) for new in added)
        self.assertEqual(
            [('one', Status.IN_PROGRESS), ('two', Status.IN_PROGRESS), ('none', Status.COMPLETE)],
            [(stack.name, stack.status) for stack in (one, two, none)],
        )
        for stack, new in zip((one, two), added, strict=False):
            self.assertEqual(self.clock.now(), stack.created_at)
            self.assertIsNone(stack.wish_id)
            self.assertEqual(new.plan.stack.traversal_id, stack.traversal_id)
            self.assertEqual(new.template.content, self.store.template(stack.template_id))
        names = {
            stack_id: [row.name for row in rows]
            for stack_id, rows in self.store.resources_of([one.id, two.id, none.id]).items()
        }
        self.assertEqual({one.id: ['A', 'B'], two.id: ['A'], none.id: []}, names)
        self.assertEqual([4, 3, 0], [len(self.store.nodes(s.id)) for s in (one, two, none)])
        self.assertEqual(
            [['IN_PROGRESS'], ['IN_PROGRESS'], ['IN_PROGRESS', 'COMPLETE']],
            [
                [event.event.status.value for event in self.store.events(stack.id)]
                for stack in (one, two, none)
            ],
        )
        # It is the same traversal as that of a prepared wish.
        self.converge(self.update_key(added[1].plan, 'A'), x=1)
        # What was never announced is found.
        lost = self.store.lost_nodes(self.clock.now() + 1, 10, set)
        self.assertEqual(
            [(one.traversal_id, 'A'), (one.traversal_id, 'B')],
            sorted((key.traversal_id, key.name) for key in lost if key.kind == 'u'),
        )

    def test_long_definitions_of_many_stacks(self: Any) -> None:
        """Together they are longer than what a server accepts as one packet."""
        definition = json.dumps(['"x"' * 150_000])

        def long(new: NewStack) -> NewStack:
            nodes = [
                dataclasses.replace(node, definition=definition) if node.subject else node
                for node in new.plan.nodes
            ]
            return dataclasses.replace(new, plan=dataclasses.replace(new.plan, nodes=nodes))

        added = [long(self.new(f'stack{number}', 'A')) for number in range(16)]
        self.assertEqual([True] * 16, self.store.insert_stacks(added))
        for new in added:
            (view,) = self.store.views([self.update_key(new.plan, 'A')])
            self.assertEqual(definition, view.node.definition)

    def test_name_that_is_taken_refuses_one_stack_only(self: Any) -> None:
        there = self.stack('taken')
        added = [self.new('free', 'A'), self.new('taken', 'A'), self.new('free too')]
        self.assertEqual([True, False, True], self.store.insert_stacks(added))
        self.assertEqual(there.id, self.store.stack_by_name('project', 'taken').id)
        self.assertIsNone(self.store.stack(added[1].stack.id))
        self.assertEqual({added[1].stack.id: []}, self.store.resources_of([added[1].stack.id]))
        self.assertEqual([], self.store.events(added[1].stack.id))
        self.assertEqual(['A'], [row.name for row in self.store.resources(added[0].stack.id)])

    def test_two_of_a_name_in_one_insert(self: Any) -> None:
        added = [self.new('same'), self.new('same'), self.new('same', project='other')]
        self.assertEqual([True, False, True], self.store.insert_stacks(added))

    def test_requests_together(self: Any) -> None:
        added = [self.new('one', 'A'), self.new('two', 'A'), self.new('three', 'A')]
        self.store.insert_stacks(added)
        one, two, three = (new.stack.id for new in added)
        event = Event(two, None, 'T', None, Action.UPDATE, Status.COMPLETE, 'of the owner')

        def with_event(stack: Stack) -> Request:
            request = self.request_to(Action.UPDATE, 'A', 'B').decide(stack)
            return dataclasses.replace(request, events=(event, *request.events))

        changed = self.request_to(Action.UPDATE, 'A', 'B')
        answers = self.store.request_all(
            {
                three: dataclasses.replace(changed, decide=lambda stack: None),
                two: dataclasses.replace(changed, decide=with_event),
                one: self.request_to(Action.DELETE),
                'nobody': changed,
            }
        )
        self.assertEqual({one, two, three}, set(answers))
        self.assertEqual((self.store.stack(three), None), answers[three])
        self.assertEqual(added[2].plan.stack.traversal_id, answers[three][0].traversal_id)
        for stack_id in (one, two):
            stack, plan = answers[stack_id]
            self.assertEqual(self.store.stack(stack_id), stack)
            self.assertEqual(plan.stack.traversal_id, stack.traversal_id)
            self.assertIsNone(stack.wish_id)
            self.assertEqual({stack.traversal_id}, self.traversals(stack_id))
        self.assertEqual(
            {'A', 'B'}, {row.name for row in self.store.resources(two)}, 'the new row is there'
        )
        self.assertIsNotNone(self.store.template(answers[two][0].template_id))
        said = [(stored.event.action, stored.event.reason) for stored in self.store.events(two)]
        self.assertEqual(
            [
                (Action.CREATE, 'Stack CREATE started'),
                (Action.UPDATE, 'of the owner'),
                (Action.UPDATE, 'Stack UPDATE started'),
            ],
            said,
        )
        # Of the rows that were there, a delete cleans up each.
        self.assertEqual(1, sum(node.key.kind == 'c' for node in self.store.nodes(one)))

    def traversals(self: Any, stack_id: str) -> set[str]:
        return {node.key.traversal_id for node in self.store.nodes(stack_id)}

    def test_request_that_has_nothing_left_to_do_ends(self: Any) -> None:
        new = self.new('empty')
        self.store.insert_stacks([new])
        ((stack, plan),) = self.store.request_all(
            {new.stack.id: self.request_to(Action.DELETE)}
        ).values()
        self.assertEqual((Action.DELETE, Status.COMPLETE), (stack.action, stack.status))
        self.assertEqual(self.clock.now(), stack.deleted_at)
        self.assertEqual((), tuple(plan.leaves))
        self.assertIsNone(self.store.stack_by_name('project', 'empty'))
        again = self.store.request_all({new.stack.id: self.request_to(Action.DELETE)})
        self.assertEqual({}, again)

    def completed(self: Any, new: NewStack) -> NewStack:
        """Return a new stack whose rows are complete."""
        plan = new.plan
        stack, events = stack_rules.end_traversal(plan.stack)
        rows = [
            dataclasses.replace(row, action=Action.CREATE, status=Status.COMPLETE, version=2)
            for row in plan.rows
        ]
        return dataclasses.replace(new, plan=Plan(stack, rows, events=events))

    def test_complete_stack_is_inserted_without_a_graph(self: Any) -> None:
        new = self.completed(self.new('one', 'A', 'B'))
        self.assertEqual([True], self.store.insert_stacks([new]))
        stack = self.store.stack(new.stack.id)
        self.assertEqual((Action.CREATE, Status.COMPLETE), (stack.action, stack.status))
        rows = self.store.resources(stack.id)
        self.assertEqual(
            [(name, Status.COMPLETE, 2, self.clock.now()) for name in ('A', 'B')],
            [(row.name, row.status, row.version, row.created_at) for row in rows],
        )
        self.assertEqual([], self.store.nodes(stack.id))
        self.assertEqual([], self.store.lost_nodes(self.clock.now() + 1, 10, set))

    def at_once(self: Any, plan: Plan, rows: Any) -> Completed:
        """Complete a delete; keep the rows that it was decided on."""
        self.decided_on = rows
        stack, events = stack_rules.end_traversal(plan.stack)
        return Completed(Plan(stack, events=events), tuple(row.id for row in rows))

    def test_delete_that_is_completed_with_its_request(self: Any) -> None:
        added = [self.completed(self.new('one', 'A', 'B')), self.completed(self.new('two', 'A'))]
        self.store.insert_stacks(added)
        one, two = (new.stack.id for new in added)
        before = self.store.resources(one)
        first, second = self.request_to(Action.DELETE), self.request_to(Action.DELETE)
        answers = self.store.request_all(
            {
                one: dataclasses.replace(first, at_once=self.at_once),
                two: dataclasses.replace(second, at_once=lambda plan, rows: None),
            }
        )
        self.assertEqual(before, self.decided_on, 'all fields of the rows are read')
        stack, plan = answers[one]
        self.assertEqual((Action.DELETE, Status.COMPLETE), (stack.action, stack.status))
        self.assertEqual(self.clock.now(), stack.deleted_at)
        self.assertEqual(((), ()), (tuple(plan.nodes), plan.leaves))
        self.assertEqual([], self.store.resources(one))
        self.assertEqual(1, len(self.store.resources(two)))
        self.assertEqual([], self.store.nodes(one))
        self.assertEqual(Status.IN_PROGRESS, self.store.stack(two).status)
        self.assertEqual(1, sum(node.key.kind == 'c' for node in self.store.nodes(two)))
        self.assertEqual(
            ['IN_PROGRESS', 'COMPLETE'],
            [stored.event.status.value for stored in self.store.events(one)][-2:],
        )

    def test_rows_of_a_delete_at_once_are_locked(self: Any) -> None:
        """A sweep that claims a row at the same time must not claim what is deleted."""
        new = self.completed(self.new('one', 'A'))
        self.store.insert_stacks([new])
        (row,) = self.store.resources(new.stack.id)
        self.one(Commit(suspects=row.id))
        (row,) = self.store.resources(new.stack.id)
        claim = settle.begin(row, 'lease', None).commit
        verdicts: list[Verdict] = []
        thread = threading.Thread(target=lambda: verdicts.append(self.one(claim).verdict))

        def at_once(plan: Plan, rows: Any) -> Completed:
            thread.start()
            thread.join(0.5)
            self.assertEqual([], verdicts)
            return self.at_once(plan, rows)

        request = dataclasses.replace(self.request_to(Action.DELETE), at_once=at_once)
        self.store.request_all({new.stack.id: request})
        thread.join(30)
        self.assertEqual([Verdict.REFUSED], verdicts)
        self.assertEqual({}, self.store.claims())
        self.assertEqual([], self.store.resources(new.stack.id))

    def test_what_is_claimed_stays_with_its_claim(self: Any) -> None:
        new = self.new('one', 'A')
        self.store.insert_stacks([new])
        step = self.begin(self.update_key(new.plan, 'A'), x=1)
        self.one(step.commit)
        self.store.request_all({new.stack.id: self.request_to(Action.UPDATE, 'A')})
        (row,) = self.store.resources(new.stack.id)
        self.assertIsNotNone(row.claim)
        (node,) = (one for one in self.store.nodes(new.stack.id) if one.key.kind == 'u')
        self.assertEqual(row.id, node.subject)

    def test_reads_of_many(self: Any) -> None:
        first, second = self.stack('first'), self.stack('second')
        self.stack('first', project='other')
        ids = [first.id, second.id, 'nobody']
        self.assertEqual({first.id, second.id}, set(self.store.stacks_by_id(ids)))
        self.assertEqual(self.store.stack(first.id), self.store.stacks_by_id(ids)[first.id])
        found = self.store.stacks_by_name('project', ['first', 'second', 'third'])
        self.assertEqual(
            {'first': first.id, 'second': second.id}, {k: v.id for k, v in found.items()}
        )
        self.assertEqual(self.store.stack(second.id), found['second'])
        contents = self.store.templates([first.newest_template_id, '0' * 64])
        self.assertEqual({first.newest_template_id: {'name': 'first'}}, contents)
        template = {'template': {'parameters': {'p': 1}, 'resources': {'A': 1}}}
        template_id = self.store.save_template(template)
        heads = self.store.template_heads([template_id, '0' * 64])
        self.assertEqual([template_id], list(heads))
        self.assertEqual({'parameters': {'p': 1}}, heads[template_id]['template'])
        self.assertEqual({}, self.store.templates([]))
        self.assertEqual({}, self.store.stacks_by_name('project', []))

    def test_small_stacks(self: Any) -> None:
        added = [self.new('none'), self.new('two', 'A', 'B'), self.new('three', 'A', 'B', 'C')]
        self.store.insert_stacks(added)
        none, two, three = (new.stack.id for new in added)
        self.assertEqual({none, two}, self.store.small_stacks([none, two, three], 2))
        self.assertEqual({none}, self.store.small_stacks([none, two, three], 1))
        self.assertEqual(set(), self.store.small_stacks([], 1))

    def test_deleted_stack_is_found_by_id_only(self: Any) -> None:
        new = self.new('gone')
        self.store.insert_stacks([new])
        self.store.request_all({new.stack.id: self.request_to(Action.DELETE)})
        self.assertEqual([new.stack.id], list(self.store.stacks_by_id([new.stack.id])))
        self.assertEqual({}, self.store.stacks_by_name('project', ['gone']))
