"""A store that asks two stores everything and compares their answers."""

from __future__ import annotations

import random
from typing import Any

from heatconv.sim import explore, history
from heatconv.sim.moves import SimIds
from heatconv.storage.memory import MemoryStore


class BothStores:
    """Passes each call on to a reference and to another store.

    :ivar calls: how many answers were compared, by method.
    """

    def __init__(self, reference: Any, other: Any) -> None:
        self._reference = reference
        self._other = other
        self.calls: dict[str, int] = {}

    def __getattr__(self, name: str) -> Any:
        asked, asked_other = getattr(self._reference, name), getattr(self._other, name)

        def both(*args: Any, **kwargs: Any) -> Any:
            # What decides must decide alike both times: ids come from the
            # caller's counter, so the second answer is given the first one's.
            answer = asked(*self._recorded(args), **kwargs)
            other = asked_other(*self._replayed(args), **kwargs)
            self.calls[name] = self.calls.get(name, 0) + 1
            if name == 'prepare' and answer is not None:
                assert other is not None
            assert answer == other, f'{name}{args}: {answer} is not {other}'
            return answer

        return both

    def _recorded(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        self._decisions: list[Any] = []
        return tuple(self._record(arg) if _decides(arg) else arg for arg in args)

    def _record(self, decide: Any) -> Any:
        def recording(*args: Any) -> Any:
            decided = decide(*args)
            self._decisions.append((args, decided))
            return decided

        return recording

    def _replayed(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        def replaying(*args: Any) -> Any:
            given, decided = self._decisions[-1]
            assert given == args, f'decided on {given}, and now on {args}'
            return decided

        return tuple(replaying if _decides(arg) else arg for arg in args)


def _decides(argument: Any) -> bool:
    return callable(argument) and not isinstance(argument, type)


FAULTS = ('crash', 'park', 'drop', 'duplicate')


def compare(make_other: Any, seed: int) -> BothStores:
    """Live through a seeded history on the store in memory and on another at once.

    :param make_other: makes the other store, of a clock and ids.
    """
    made: list[BothStores] = []

    def make(clock: Any, ids: Any) -> BothStores:
        # Each store has ids of its own for its events: nobody reads them here.
        both = BothStores(MemoryStore(clock, SimIds()), make_other(clock, SimIds()))
        made.append(both)
        return both

    result = explore.run_history(
        history.draw(random.Random(f'differential/{seed}')),
        explore.scheduler_for(f'differential/{seed}', FAULTS),
        explore.Options(FAULTS, store=make),
    )
    assert not result.wrong, result.wrong
    return made[0]
