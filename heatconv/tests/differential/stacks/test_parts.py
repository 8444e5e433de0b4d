"""What histories are made of, observed and shrunk with."""

from __future__ import annotations

import testtools

from heatconv.tests.differential.stacks import trees, turns
from heatconv.tests.differential.stacks.generator import history
from heatconv.tests.differential.stacks.history import History, Request, Step
from heatconv.tests.differential.stacks.observing import Normal
from heatconv.tests.differential.stacks.shrinking import shrunk


class GeneratorTest(testtools.TestCase):
    def test_a_seed_is_always_the_same_history(self) -> None:
        for seed in range(50):
            self.assertEqual(str(history(seed)), str(history(seed)))

    def test_everything_is_made_up(self) -> None:
        made = '\n'.join(str(history(seed)) for seed in range(300))
        for word in (
            'OS::Heat::None',
            'OS::Heat::RandomString',
            'OS::Heat::ResourceChain',
            'OS::Heat::ResourceGroup',
            'OS::Heat::Value',
            'My::Nested',
            'My::Test',
            'condition:',
            'deletion_policy: retain',
            'depends_on:',
            'fail: true',
            'file leaf-2.yaml',
            'file middle.yaml',
            'hidden: true',
            'mark unhealthy',
            'refs_map',
            'removal_policies:',
            'removal_policies_mode: update',
            'the same again',
            'update_replace_value',
        ):
            self.assertIn(word, made)


class TurnsTest(testtools.TestCase):
    def test_jobs_run_only_in_their_turns(self) -> None:
        happened: list[str] = []

        def work(name: str) -> None:
            happened.append(f'{name} begins')
            turns.pause()
            happened.append(f'{name} ends')

        one, other = turns.Job(lambda: work('one')), turns.Job(lambda: work('other'))
        self.assertEqual([], happened)
        self.assertEqual(
            [False, False, True, True],
            [job.take_turn() for job in (one, other, other, one)],
        )
        self.assertEqual(['one begins', 'other begins', 'other ends', 'one ends'], happened)

    def test_error_ends_a_job(self) -> None:
        def work() -> None:
            raise ValueError('no')

        job = turns.Job(work)
        self.assertTrue(job.take_turn())
        self.assertIsInstance(job.error, ValueError)

    def test_pause_outside_of_jobs(self) -> None:
        turns.pause()


class TreesTest(testtools.TestCase):
    def test_places(self) -> None:
        tree = {'a': [1, {'b': 2}]}
        self.assertEqual(
            [(), ('a',), ('a', 0), ('a', 1), ('a', 1, 'b')],
            [place for place, _ in trees.places(tree)],
        )
        self.assertEqual({'a': [{'b': 2}]}, trees.without(tree, ('a', 0)))
        self.assertEqual({'a': [1, {'b': 2}]}, tree)
        self.assertEqual(
            {'a': [1, {'c': 2}]}, trees.mapped(tree, lambda one: 'c' if one == 'b' else one)
        )


class NormalTest(testtools.TestCase):
    def test_ids_are_replaced(self) -> None:
        normal = Normal({'id-1': '<a>', 'id-12': '<b>'})
        self.assertEqual(
            {'k': ['<a>', '<b> and <a>', 7, None]},
            normal.value({'k': ['id-1', 'id-12 and id-1', 7, None]}),
        )
        self.assertEqual('arn:<a>', normal.value('arn:openstack:heat::p:stacks/name/id-1'))


class ShrinkingTest(testtools.TestCase):
    def test_what_is_not_needed_is_removed(self) -> None:
        def request(value: str) -> Request:
            resource = {'type': 'T', 'properties': {'value': value, 'more': [1, 2]}}
            return Request({'resources': {'a': resource, 'b': resource}}, {'parameters': {'p': 1}})

        def shows(history: History) -> bool:
            last = history.steps[-1].request
            resources = last.template.get('resources', {}) if last is not None else {}
            return bool(resources.get('b', {}).get('properties', {}).get('value'))

        steps = (Step(request('one')), Step(unhealthy=('a',)), Step(request('two')))
        made = shrunk(History('it', steps), shows, 10.0)
        self.assertEqual(
            (Step(Request({'resources': {'b': {'type': 'T', 'properties': {'value': 'two'}}}})),),
            made.steps,
        )
