"""What the engine once got wrong about arguments, pages and filters."""

from __future__ import annotations

from typing import Any

from heatconv import exception
from heatconv.engine.lookup import Lookup
from heatconv.resources.registry import Registry
from heatconv.tests.unit.engine.parts import EngineTestCase, template, thing

A = {'A': thing('x')}


class BadArgumentsTest(EngineTestCase):
    """Arguments of a wrong shape are AttributeError or TypeError: 500, not 400; or stored."""

    def refuse(self, *args: Any, **kwargs: Any) -> None:
        try:
            self.call(*args, **kwargs)
        except exception.HeatconvException:
            return
        except (AttributeError, TypeError) as error:
            self.fail(f'{args[0]}: {error!r}')
        self.fail(f'{args} was taken')

    def create(self, **given: Any) -> None:  # type: ignore[override]
        arguments = {'params': None, 'files': None, 'args': None, **given}
        self.refuse('create_stack', 'stack', template(A), **arguments)

    def test_args(self) -> None:
        self.create(args=[1])

    def test_files(self) -> None:
        self.create(files='text')

    def test_environment_files(self) -> None:
        self.create(environment_files=[['a']])

    def test_environment_file_that_is_no_text(self) -> None:
        self.create(files={'a': 1}, environment_files=['a'])

    def test_existing(self) -> None:
        identity = EngineTestCase.create(self, A)
        for params in ([1], {'parameters': [1]}):
            self.refuse('update_stack', identity, None, params, None, {'existing': True})

    def test_timeout_that_is_a_boolean(self) -> None:
        self.create(args={'timeout_mins': True})


class ExistingTest(EngineTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.source = template(
            {'A': thing({'get_param': 'a'})},
            parameters={'a': {'type': 'string', 'default': 'a0'}},
        )
        self.identity = self.call(
            'create_stack',
            'stack',
            self.source,
            {'parameters': {'a': 'a1'}},
            {'one': 'old', 'two': 'old'},
            None,
        )
        self.parts.rest()

    def patch(self, source: Any = None, params: Any = None, files: Any = None, names: Any = None):
        self.call(
            'update_stack',
            self.identity,
            source,
            params,
            files,
            {'existing': True},
            environment_files=names,
        )
        self.parts.rest()

    def test_environment_files_win_over_what_the_stack_has(self) -> None:
        self.patch(files={'env': 'parameters: {a: a2}'}, names=['env'])
        self.assertEqual('a2', self.call('show_stack', self.identity)[0]['parameters']['a'])


class EventsTest(EngineTestCase):
    def test_pages_newest_first(self) -> None:
        identity = self.made(A)

        def ids(**query: Any) -> list[str]:
            events = self.call('list_events', identity, sort_dir='desc', **query)
            return [one['event_identity']['path'].rpartition('/')[2] for one in events]

        every = ids()
        self.assertEqual(every[2:4], ids(limit=2, marker=every[1]))


class ListTest(EngineTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.lookup = Lookup(self.store, Registry({}))
        self.made(A, 'good')
        self.made({'A': thing(properties={'fail': True})}, 'bad')
        identity = self.made(A, 'updated')
        self.update(identity, {'A': thing('y')})
        self.parts.rest()

    def names(self, **filters: Any) -> list[str]:
        return sorted(one.name for one in self.lookup.list(self.context, filters=filters))

    def test_joined_and_bare_statuses(self) -> None:
        self.assertEqual(
            ['bad', 'good', 'updated'], self.names(status=['COMPLETE', 'CREATE_FAILED'])
        )

    def test_pairs_of_action_and_status_are_not_torn_apart(self) -> None:
        self.assertEqual(['updated'], self.names(status=['UPDATE_COMPLETE', 'DELETE_FAILED']))
        self.assertEqual(['updated'], self.names(status=['UPDATE_COMPLETE', 'CREATE_IN_PROGRESS']))

    def test_pairs_do_not_replace_the_filter_of_actions(self) -> None:
        self.assertEqual([], self.names(action='UPDATE', status='CREATE_COMPLETE'))

    def test_tags(self) -> None:
        self.assertEqual([], self.call('list_stacks', tags=['none']))


class WireTest(EngineTestCase):
    def test_not_found_takes_what_heat_s_class_takes(self) -> None:
        identity = self.made(A)
        error = self.assertRaises(exception.NotFound, self.call, 'show_output', identity, 'none')
        self.assertEqual(set(), set(error.kwargs) - {'msg_fmt'})
