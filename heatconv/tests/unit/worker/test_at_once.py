"""Stacks that are created and deleted in memory."""

from __future__ import annotations

import dataclasses
from typing import Any

import fixtures
import hypothesis
import testtools
from hypothesis import strategies

from heatconv import exception
from heatconv.convergence.model import Action, Stack, Status
from heatconv.convergence.stack import wish
from heatconv.convergence.step import REFUSED, Commit
from heatconv.engine.requests.core import Limits
from heatconv.engine.requests.delete import deletion
from heatconv.engine.requests.nested import new_nested
from heatconv.storage.values import NewStack, Request
from heatconv.tests.unit.engine.parts import Parts, template, thing
from heatconv.worker import at_once

NAMES = ('a', 'b', 'c', 'd', 'e')
PROJECT = 'project'


@strategies.composite
def resources(draw: Any) -> dict[str, Any]:
    """Draw resources that refer to earlier ones, and to parameters."""
    drawn: dict[str, Any] = {}
    for name in NAMES[: draw(strategies.integers(0, len(NAMES)))]:
        values: list[Any] = ['text', {'get_param': 'x'}, {'get_param': ['y', 'key']}]
        for other in drawn:
            values.append({'get_resource': other})
            if drawn[other]['type'] == 'OS::Heat::Value':
                values.append({'get_attr': [other, 'value']})
            values.append({'str_replace': {'template': 'r', 'params': {'r': values[-1]}}})
        value = draw(strategies.sampled_from(values))
        if draw(strategies.booleans()):
            drawn[name] = thing(value)
        else:
            drawn[name] = {'type': 'OS::Heat::Value', 'properties': {'value': value}}
        if drawn and draw(strategies.booleans()):
            others = [other for other in drawn if other != name]
            drawn[name]['depends_on'] = others[:1]
    return drawn


def content(inner: dict[str, Any], x: str = 'one') -> dict[str, Any]:
    """Return the content of a nested stack."""
    parameters = {'x': {'type': 'string'}, 'y': {'type': 'json', 'default': {'key': 'of y'}}}
    return {
        'template': template(inner, parameters=parameters),
        'environment': {'parameters': {'x': x}},
        'files': {},
    }


class Case(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.parts = Parts()
        self.owner = Stack('owner', PROJECT, 'owner')

    def new(self, inner: dict[str, Any], shares: bool = False, **more: Any) -> NewStack:
        asked = {**content(inner), **more}
        return new_nested(
            self.parts.requests, self.owner, 'resource', 'nested', asked, shares=shares
        )

    def compiled(self, new: NewStack) -> Any:
        instance = self.parts.templates.shared.instance(new.template.id, new.template.content)
        return instance or self.parts.templates.get(new.template.id)

    def created(self, new: NewStack) -> NewStack | None:
        return self.parts.at_once.create(new, self.compiled(new))

    def saved(self, new: NewStack) -> dict[str, Any]:
        """Insert a stack, let it converge, and return all that users and updates see of it."""
        parts = self.parts
        self.assertEqual([True], parts.requests.insert([new]))
        parts.rest()
        return self.seen(new.stack.id)

    def seen(self, stack_id: str) -> dict[str, Any]:
        store = self.parts.store
        stack = store.stack(stack_id)
        assert stack is not None
        rows = store.resources(stack_id)
        names = {row.id: row.name for row in rows}

        def named(text: str) -> str:
            for row_id, name in names.items():
                # Physical ids contain the last characters of a token.
                text = text.replace(row_id, name).replace(row_id[-12:], name)
            return text.replace(stack_id, 'nested')

        fields = {field.name for field in dataclasses.fields(rows[0])} if rows else set()
        own = fields - {'id', 'stack_id', 'fingerprint', 'created_at', 'updated_at'}
        return {
            'stack': (stack.action, stack.status, stack.reason, stack.version, stack.deadline),
            'templates': (stack.template_id, stack.last_good_id, stack.wish_id, stack.gives_up),
            'deleted': stack.deleted_at is not None,
            'nodes': len(store.nodes(stack_id)),
            'rows': {
                row.name: {name: named(str(getattr(row, name))) for name in sorted(own)}
                for row in rows
            },
            'times': [(row.created_at > 0, row.updated_at is not None) for row in rows],
            'events': [
                (
                    event.event.resource_name,
                    event.event.action,
                    event.event.status,
                    event.event.reason,
                    named(str(event.event.physical_id)),
                )
                for event in store.events(stack_id)
            ],
        }


class CreateTest(Case):
    @hypothesis.given(resources(), strategies.booleans())
    @hypothesis.settings(deadline=None, max_examples=60)
    def test_result_is_that_of_the_checks_one_by_one(
        self, inner: dict[str, Any], shares: bool
    ) -> None:
        self.parts = Parts()
        one_by_one = self.saved(self.new(inner))
        self.parts = Parts()
        new = self.created(self.new(inner, shares))
        assert new is not None and new.plan is not None
        self.assertEqual(0, len(new.plan.nodes))
        self.assertEqual(one_by_one, self.saved(new))
        tokens = [one.token for write in new.writes for one in write.added]
        self.assertEqual(sorted(row.id for row in new.plan.rows), sorted(tokens))
        # An update to the same content has nothing to do: the fingerprints are the same.
        (after, plan) = self.update(new)
        self.assertEqual(Status.COMPLETE, after.status)
        self.assertEqual(0, len(plan.nodes))

    def update(self, new: NewStack) -> Any:
        """Plan an update to the content that a stack has, compiled with its values."""
        parts = self.parts
        compiled = parts.templates.compile(new.template.content)
        request = parts.requests.planned(
            lambda stack: Request(*wish(stack, Action.UPDATE, new.template.id, 'wish')),
            compiled,
            None,
        )
        return parts.store.request_all({new.stack.id: request})[new.stack.id]

    def test_failure_is_left_to_the_checks(self) -> None:
        inner = {'a': thing(), 'b': thing(properties={'fail': True})}
        self.assertIsNone(self.created(self.new(inner)))

    def test_operation_that_takes_long(self) -> None:
        inner = {'a': thing(properties={'wait_secs': 1})}
        self.assertIsNone(self.created(self.new(inner)))

    def test_value_that_is_not_valid(self) -> None:
        inner = {'a': thing(properties={'wait_secs': {'get_param': 'x'}})}
        self.assertIsNone(self.created(self.new(inner, shares=True)))

    def test_type_whose_calls_are_not_predicted(self) -> None:
        group = {'type': 'OS::Heat::ResourceGroup', 'properties': {'resource_def': thing()}}
        self.assertIsNone(self.created(self.new({'a': group})))

    def test_hook(self) -> None:
        environment = {
            'parameters': {'x': 'one'},
            'resource_registry': {'resources': {'a': {'hooks': 'pre-create'}}},
        }
        new = self.new({'a': thing()}, environment=environment)
        self.assertIsNone(self.created(new))
        self.assertIsNotNone(self.created(self.new({'a': thing()})))

    def test_large_one(self) -> None:
        most = {f'r{number}': thing() for number in range(at_once.AT_ONCE)}
        self.assertIsNotNone(self.created(self.new(most)))
        self.assertIsNone(self.created(self.new({**most, 'more': thing()})))
        long = {'a': thing('x' * at_once.LENGTH)}
        self.assertIsNone(self.created(self.new(long)))

    def test_check_that_is_refused_is_not_repeated_for_ever(self) -> None:
        new = self.new({'a': thing()})
        refuses = fixtures.MonkeyPatch(
            'heatconv.convergence.commit.apply', lambda commit, locked: REFUSED
        )
        with refuses:
            self.assertIsNone(self.created(new))

    def test_request_of_the_owner(self) -> None:
        self.owner = dataclasses.replace(self.owner, request_id='req-1')
        new = self.created(self.new({'a': thing()}))
        assert new is not None and new.plan is not None
        self.assertEqual('req-1', new.plan.stack.request_id)

    def test_more_resources_than_a_stack_may_have(self) -> None:
        self.parts.requests.limits = Limits(max_resources_per_stack=1)
        self.assertIsNotNone(self.created(self.new({'a': thing()}, shares=True)))
        self.assertRaises(
            exception.RequestLimitExceeded, self.new, {'a': thing(), 'b': thing()}, shares=True
        )

    def test_one_that_is_not_planned(self) -> None:
        new = self.new({'a': thing()})
        self.assertIsNone(self.created(dataclasses.replace(new, plan=None)))


class DeleteTest(Case):
    def request(self, stack_id: str, at_once: bool = True) -> None:
        parts = self.parts
        planned = parts.requests.planned(deletion(parts.requests), parts.templates.get(None), None)
        if at_once:
            planned = dataclasses.replace(planned, at_once=parts.at_once.delete)
        self.result = parts.requests.submit_all({stack_id: planned})

    def removed(self, inner: dict[str, Any], at_once: bool) -> dict[str, Any]:
        self.parts = Parts()
        new = self.new(inner)
        self.saved(new)
        self.request(new.stack.id, at_once)
        if at_once:
            (plan,) = (plan for _, plan in self.result.values())
            assert plan is not None
            self.assertEqual(0, len(plan.nodes))
        self.parts.rest()
        return self.seen(new.stack.id)

    @hypothesis.given(resources())
    @hypothesis.settings(deadline=None, max_examples=40)
    def test_result_is_that_of_the_checks_one_by_one(self, inner: dict[str, Any]) -> None:
        seen = self.removed(inner, at_once=True)
        self.assertTrue(seen['deleted'])
        self.assertEqual(self.without_ids(self.removed(inner, False)), self.without_ids(seen))

    def without_ids(self, seen: dict[str, Any]) -> dict[str, Any]:
        """Leave out the physical ids in events: the rows that name them are gone."""
        return {**seen, 'events': [event[:-1] for event in seen['events']]}

    def refused(self, inner: dict[str, Any]) -> NewStack:
        new = self.new(inner)
        self.saved(new)
        self.request(new.stack.id)
        ((stack, plan),) = self.result.values()
        assert plan is not None
        self.assertEqual(Status.IN_PROGRESS, stack.status)
        self.assertLess(0, len(plan.nodes))
        return new

    def test_row_in_doubt(self) -> None:
        new = self.new({'a': thing()})
        self.saved(new)
        (row,) = self.parts.store.resources(new.stack.id)
        self.parts.store.commit([Commit(suspects=row.id)])
        self.request(new.stack.id)
        # As with a graph: a cleanup deletes by the token, whatever is real.
        self.assertTrue(self.seen(new.stack.id)['deleted'])

    def test_plan_that_updates(self) -> None:
        """A prediction of an update reads records, which a transaction must not wait for."""
        new = self.new({'a': thing('one')})
        self.saved(new)
        parts = self.parts
        other = self.new({'a': thing('two')})
        compiled = parts.templates.get(other.template.id)
        stack = parts.store.stack(new.stack.id)
        assert stack is not None
        wished, _ = wish(stack, Action.UPDATE, other.template.id, 'wish')
        rows = parts.store.resources(stack.id)
        plan = parts.requests.planned(lambda stack: None, compiled, None).plan(wished, rows)
        self.assertLess(0, len(plan.nodes))
        self.assertIsNone(parts.at_once._completed(plan, rows, compiled))

    def test_delete_that_takes_long(self) -> None:
        self.refused({'a': thing(properties={'action_wait_secs': {'delete': 1}}), 'b': thing()})

    def test_delete_that_must_read(self) -> None:
        self.refused({'a': {'type': 'OS::Heat::WaitConditionHandle'}})

    def test_resource_that_stays(self) -> None:
        new = self.refused({'a': thing(deletion_policy='Retain')})
        self.parts.rest()
        self.assertTrue(self.seen(new.stack.id)['deleted'])
        self.assertEqual(1, len(self.parts.records.all()))

    def test_operation_in_progress(self) -> None:
        new = self.new({'a': thing(properties={'wait_secs': 5})})
        self.parts.requests.insert([new])
        self.parts.rest(6)
        (row,) = self.parts.store.resources(new.stack.id)
        self.assertIsNotNone(row.claim)
        self.request(new.stack.id)
        ((stack, _),) = self.result.values()
        self.assertEqual(Status.IN_PROGRESS, stack.status)
        self.assertEqual(1, len(self.parts.store.resources(new.stack.id)))
        self.parts.recover()
        self.assertTrue(self.seen(new.stack.id)['deleted'])
        self.assertEqual([], self.parts.records.all())

    def test_large_one(self) -> None:
        self.refused({f'r{number}': thing() for number in range(at_once.AT_ONCE + 1)})

    def test_type_that_is_not_installed_any_more(self) -> None:
        new = self.new({'a': thing()})
        self.saved(new)
        registry = self.parts.registry
        plugins = dict(registry._plugins)
        del plugins['OS::Heat::TestResource']
        registry._plugins = plugins
        self.request(new.stack.id)
        ((stack, _),) = self.result.values()
        self.assertEqual(Status.IN_PROGRESS, stack.status)
