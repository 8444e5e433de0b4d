"""heatconv's engine and worker in this process, with a store in memory."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import oslo_messaging

from heatconv.engine.prepare import prepare
from heatconv.engine.service import Engine
from heatconv.tests.differential.heat_side import PROJECT
from heatconv.tests.differential.stacks.engines import Refused, StackEngine, Stuck
from heatconv.tests.unit.engine.parts import Driven, Parts, context

#: How many turns the work of one call may take.
_TURNS = 2_000


class HeatconvEngine(StackEngine):
    """The parts of heatconv, each driven in a fixed order."""

    name = 'heatconv'

    def __init__(self) -> None:
        self._parts = parts = Parts()
        self._engine = Engine(parts.store, parts.templates, parts.heard, parts.clock, parts.ids)
        self._context = context(PROJECT)

    def call(self, method: str, **arguments: Any) -> Any:
        endpoint = next(one for one in self._engine.endpoints if hasattr(one, method))
        # As a message delivers them.
        arguments = json.loads(json.dumps(arguments))
        try:
            return getattr(endpoint, method)(self._context, **arguments)
        except oslo_messaging.ExpectedException as expected:
            error = expected.exc_info[1]
            raise Refused(type(error).__name__, str(error)) from error

    def settle(self, last: Collection[str] = ()) -> None:
        heard = self._parts.heard
        asleep: list[Driven] = []
        for _ in range(_TURNS):
            if heard.wishes:
                stack_id = heard.wishes.pop(0)
                self._advance(prepare(stack_id, self._parts.ids, True), asleep)
                continue
            key = self._next(but=last)
            if key is None and self._wake(asleep):
                continue
            key = key or self._next()
            if key is not None:
                self._advance(self._parts.checker().check(key), asleep)
            elif not asleep:
                return
        raise Stuck(f'{len(asleep)} checks of heatconv do not end')

    def _next(self, but: Collection[str] = ()) -> Any:
        keys = self._parts.heard.keys
        for index, key in enumerate(keys):
            if key.name not in but:
                return keys.pop(index)
        return None

    def _advance(self, task: Any, asleep: list[Driven]) -> None:
        driven = self._parts.start(task)
        if not driven.go_on(awake=True):
            asleep.append(driven)

    def _wake(self, asleep: list[Driven]) -> bool:
        """Let each check that sleeps go on; return whether anything came of it."""
        before = len(asleep), self._announced()
        for driven in [asleep.pop(0) for _ in range(len(asleep))]:
            if not driven.go_on(awake=True):
                asleep.append(driven)
        return (len(asleep), self._announced()) != before

    def _announced(self) -> int:
        return len(self._parts.heard.keys) + len(self._parts.heard.wishes)
