"""The cases that are made up.

``HEATCONV_TEST_SEEDS`` says how many there are, or which: ``5000``, or ``700-800``.
"""

from __future__ import annotations

import collections
import os
from collections.abc import Iterator

import testtools
from testtools import matchers

from heatconv.tests.differential.case import Case, Difference, differences
from heatconv.tests.differential.comparing import Compared
from heatconv.tests.differential.corpus import Corpus
from heatconv.tests.differential.deliberate import explained
from heatconv.tests.differential.heatconv_side import NotYet, outcome

_DEFAULT = '3000'
#: How many differences are shown.
_SHOWN = 10


def _seeds() -> range:
    first, _, last = os.environ.get('HEATCONV_TEST_SEEDS', _DEFAULT).rpartition('-')
    return range(int(first or 0), int(last))


class CorpusTest(Compared):
    def test_we_answer_as_heat_does(self) -> None:
        corpus = Corpus()
        seen: collections.Counter[str] = collections.Counter()
        wrong: list[str] = []
        for seed in _seeds():
            case = corpus.case(seed)
            try:
                found = list(self._compared(case, seen))
            except NotYet:
                seen['not built yet'] += 1
                continue
            if found:
                wrong.append('\n'.join((str(case), *map(str, found))))
        self.note(str(dict(seen)))
        self.assertEqual(
            [], wrong[:_SHOWN], f'{len(wrong)} of {len(_seeds())} differ:\n' + '\n'.join(wrong)
        )

    def _compared(self, case: Case, seen: collections.Counter[str]) -> Iterator[Difference]:
        ours = outcome(case)
        heat = self.heat.outcome(case)
        seen['refused' if heat.refused else 'resolved'] += 1
        for each in differences(heat, ours):
            reason = explained(case, each)
            if reason is None:
                yield each
            else:
                seen[reason.name] += 1

    def test_cases_are_worth_it(self) -> None:
        """Half of them must be valid, or errors would be all that is compared."""
        corpus = Corpus()
        outcomes = [self.heat.outcome(corpus.case(seed)) for seed in range(400)]
        valid = sum(
            one.refused is None and not any(each.error for each in one.answers.values())
            for one in outcomes
        )
        self.assertThat(valid, matchers.GreaterThan(150))
        self.assertThat(valid, matchers.LessThan(350))


class GeneratorTest(testtools.TestCase):
    def test_a_seed_is_always_the_same_case(self) -> None:
        self.assertEqual(
            [Corpus().case(seed) for seed in range(50)],
            [Corpus().case(seed) for seed in range(50)],
        )

    def test_every_function_is_made_up(self) -> None:
        corpus = Corpus()
        self.assertEqual(frozenset(), corpus.forgotten())
        made = str([corpus.case(seed).template for seed in range(1000)])
        self.assertEqual([], [name for name in corpus.covered() if f'{{{name!r}: ' not in made])
