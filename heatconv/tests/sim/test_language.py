"""The language of scenarios, in the order of the prototype."""

from __future__ import annotations

import textwrap
from typing import Any
from unittest import TestCase

import testtools

from heatconv.sim.play import NeverEnds, Wrong, make_world, play
from heatconv.sim.script import Scenario
from heatconv.sim.world import World


def played(source: str, test: Any = None, **options: Any) -> World:
    scenario = Scenario('test', '<test>', textwrap.dedent(source))
    world = make_world(workers=1, sweeps=False, tracing=True)
    return play(scenario, test or TestCase(), world, **options)


class OrderTest(testtools.TestCase):
    def test_the_worker_takes_a_message_for_each_of_the_engine(self) -> None:
        seen: list[int] = []

        class Test(TestCase):
            def note(self, count: int) -> None:
                seen.append(count)

        played(
            """
            t = Template({name: RsrcDef({}, []) for name in 'ABCDE'})


            def note():
                test.note(len(reality.all_resources()))


            engine.create_stack('s', t)
            engine.call(note)
            engine.noop(2)
            engine.call(note)
            engine.noop()
            engine.call(note)
            """,
            Test(),
        )
        self.assertEqual([1, 4, 5], seen)

    def test_a_replacement_takes_one_message_more(self) -> None:
        source = """
            t = Template({'A': RsrcDef({'!a': 1}, [])})
            u = Template({'A': RsrcDef({'!a': 2}, [])})
            engine.create_stack('s', t)
            engine.update_stack('s', u)
            engine.noop(COUNT)
            engine.call(verify, u)
            """
        played(source.replace('COUNT', '2'))
        self.assertRaises(AssertionError, played, source.replace('COUNT', '1'))

    def test_worker_is_another_name_of_converger(self) -> None:
        world = played(
            """
            def make():
                reality.create_resource('X', {'x': 1})


            worker.noop(2)
            converger.call(make)
            """
        )
        self.assertEqual(['X'], [one.logical_name for one in world.reality.rows.values()])
        self.assertEqual(4, world.steps)

    def test_each_task_is_told_before_it_runs(self) -> None:
        told: list[str] = []
        played("engine.create_stack('s', Template({'A': RsrcDef({}, [])}))", at_task=told.append)
        self.assertEqual('engine: create s', told[0])
        self.assertEqual(['worker: check 000005/u/A'], told[1:])

    def test_request_that_is_refused_is_no_end(self) -> None:
        world = played(
            """
            t = Template({'A': RsrcDef({'b': GetRes('B')}, [])})
            engine.create_stack('s', t)
            """
        )
        self.assertIn('refused: resources.A.properties.b', '\n'.join(world.trace))


class VerifyTest(testtools.TestCase):
    def wrong(self, expected: str, made: str) -> None:
        error = self.assertRaises(
            AssertionError,
            played,
            f"""
            t = Template({made})
            engine.create_stack('s', t)
            engine.noop(3)
            engine.call(verify, Template({expected}))
            """,
        )
        self.assertIn('there', str(error) + 'there')

    def test_what_differs(self) -> None:
        one = "{'A': RsrcDef({'a': 1}, [])}"
        self.wrong('{}', one)
        self.wrong(one, '{}')
        self.wrong(one, "{'A': RsrcDef({'a': 2}, [])}")
        self.wrong(one, "{'A': RsrcDef({'a': 1, 'b': 1}, [])}")

    def test_references_are_compared_too(self) -> None:
        source = """
            t = Template({'A': RsrcDef({'a': 1}, []), 'B': RsrcDef({'a': GetAtt('A', 'a')}, [])})
            engine.create_stack('s', t)
            engine.noop(2)


            def spoil():
                (uuid,) = reality.resources_by_logical_name('B')
                reality.update_resource(uuid, {'a': 7})


            engine.call(spoil)
            engine.call(verify, t)
            """
        self.assertRaises(AssertionError, played, source)


class EndTest(testtools.TestCase):
    def test_checkers_speak_up(self) -> None:
        source = """
            t = Template({'A': RsrcDef({'a': 1}, [])})
            engine.create_stack('s', t)
            engine.noop(1)


            def spoil():
                (uuid,) = reality.all_resources()
                reality.delete_resource(uuid)


            engine.call(spoil)
            """
        self.assertRaises(Wrong, played, source)

    def test_what_never_ends_is_told(self) -> None:
        source = """
            t = Template({'A': RsrcDef({'a': 1}, [])})
            reality.slow('A', float('inf'))
            engine.create_stack('s', t)
            """
        self.assertRaises(NeverEnds, played, source, max_ticks=500)
