"""Every seeded history ends well, whatever happens in it."""

from __future__ import annotations

import testtools

from heatconv.storage.memory import MemoryStore
from heatconv.tests.sim.histories import live
from heatconv.tests.sim.world import Counter, SteadyClock

SEEDS = 300

KINDS: dict[str, tuple[frozenset[str], bool]] = {
    'calm': (frozenset(), True),
    'failing_plugins': (frozenset({'fail'}), True),
    'crashes': (frozenset({'crash'}), True),
    'zombies': (frozenset({'zombie'}), True),
    'lost_and_doubled_messages': (frozenset({'drop', 'duplicate'}), True),
    'everything': (frozenset({'crash', 'zombie', 'drop', 'duplicate', 'fail'}), True),
    # No wake-up may depend on the sweep when no message was lost.
    'no_sweep': (frozenset({'fail', 'duplicate'}), False),
}


def world_of(seed: int, faults: frozenset[str], sweeps: bool) -> list[str]:
    clock, ids = SteadyClock(), Counter()
    return live(MemoryStore(clock, Counter()), ids, clock, seed, faults, sweeps).trace


class HistoriesTest(testtools.TestCase):
    def test_same_seed_same_trace(self) -> None:
        faults, sweeps = KINDS['everything']
        self.assertEqual(world_of(5, faults, sweeps), world_of(5, faults, sweeps))
        self.assertNotEqual(world_of(5, faults, sweeps), world_of(6, faults, sweeps))


def _case(name: str) -> None:
    faults, sweeps = KINDS[name]

    def test(self: testtools.TestCase) -> None:
        for seed in range(SEEDS):
            try:
                world_of(seed, faults, sweeps)
            except Exception as error:
                raise AssertionError(f'seed {seed} of {name}: {error}') from error

    setattr(HistoriesTest, f'test_{name}', test)


for _name in KINDS:
    _case(_name)
