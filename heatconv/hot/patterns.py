#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""Match regular expressions in bounded time.

The engine of :mod:`re` backtracks, which takes exponential time for patterns such as ``(a+)+$``;
and the author of a template chooses both pattern and value. So the standard library parses the
pattern, and a simulation of its automaton follows all paths together: the time is at most
proportional to pattern times value.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

#: Length of a pattern and of a value, states of a pattern, steps of a match. An ordinary pattern
#: takes about ten steps per character; a template has many values.
MAX_PATTERN = 1024
MAX_VALUE = 4096
_MAX_STATES = 5_000
_BASE_STEPS = 5_000
_STEPS_PER_CHARACTER = 200
_MAX_DEPTH = 50

_parser: Any = importlib.import_module('re._parser')

_Test = Callable[[str], bool]


class PatternError(ValueError):
    """The pattern is invalid, not supported, or too expensive."""


@dataclass(slots=True)
class _State:
    """One state of the automaton.

    :ivar test: the test of the next character; None if it consumes none.
    :ivar cost: steps that the state takes.
    :ivar at: a condition on the position.
    :ivar ahead: start of a pattern that must (not, if refuses) follow.
    """

    test: _Test | None = None
    cost: int = 1
    at: str = ''
    ahead: int = -1
    refuses: bool = False
    to: list[int] = field(default_factory=list)


class Pattern:
    """A compiled pattern.

    :raises PatternError: if it is invalid or not supported: backreferences, lookbehind, atomic
        groups, and the flags a, L and m.
    """

    __slots__ = ('_start', '_states')

    def __init__(self, pattern: str) -> None:
        if len(pattern) > MAX_PATTERN:
            raise PatternError(f'the pattern is longer than {MAX_PATTERN} characters')
        try:
            parsed = _parser.parse(pattern)
        except (re.error, RecursionError, OverflowError, FutureWarning) as error:
            raise PatternError(f'it is no regular expression: {str(error)[:255]}') from None
        flags = parsed.state.flags
        if flags & (re.ASCII | re.LOCALE | re.MULTILINE):
            raise PatternError('the flags a, L and m are not supported')
        # State 0 is the end.
        self._states: list[_State] = [_State()]
        self._start = self._sequence(parsed, 0, flags, 0)

    def matches(self, text: str) -> bool:
        """Say whether the whole text matches.

        :raises PatternError: if the text is too long or the match would take too long.
        """
        if len(text) > MAX_VALUE:
            raise PatternError(f'the value is longer than {MAX_VALUE} characters')
        steps = [_BASE_STEPS + _STEPS_PER_CHARACTER * len(text)]
        return self._run(self._start, text, 0, steps, whole=True)

    def _new(self, state: _State) -> int:
        if len(self._states) >= _MAX_STATES:
            raise PatternError('the pattern is too large with its repetitions written out')
        self._states.append(state)
        return len(self._states) - 1

    def _sequence(self, items: Any, then: int, flags: int, depth: int) -> int:
        """Add the states of a sequence, last first; return its start."""
        if depth > _MAX_DEPTH:
            raise PatternError('the pattern is nested too deep')
        for operation, argument in reversed(list(items)):
            then = self._item(str(operation), argument, then, flags, depth + 1)
        return then

    def _item(self, operation: str, argument: Any, then: int, flags: int, depth: int) -> int:
        if operation in ('LITERAL', 'NOT_LITERAL', 'ANY', 'IN'):
            cost = 1 + len(argument) // 4 if operation == 'IN' else 1
            test = _test(operation, argument, flags)
            return self._new(_State(test=test, cost=cost, to=[then]))
        if operation == 'FAILURE':
            # A part that can never match, as Python 3.13 writes (?!) and empty classes.
            return self._new(_State(to=[]))
        if operation == 'BRANCH':
            starts = [self._sequence(branch, then, flags, depth) for branch in argument[1]]
            return self._new(_State(to=starts))
        if operation == 'SUBPATTERN':
            _, added, removed, items = argument
            if (added | removed) & (re.ASCII | re.LOCALE | re.MULTILINE):
                raise PatternError('the flags a, L and m are not supported')
            return self._sequence(items, then, (flags | added) & ~removed, depth)
        if operation in ('MAX_REPEAT', 'MIN_REPEAT'):
            least, most, items = argument
            return self._repeat(least, most, items, then, flags, depth)
        if operation == 'AT':
            return self._new(_State(at=str(argument), to=[then]))
        if operation in ('ASSERT', 'ASSERT_NOT') and argument[0] > 0:
            ahead = self._sequence(argument[1], 0, flags, depth)
            refuses = operation == 'ASSERT_NOT'
            return self._new(_State(ahead=ahead, refuses=refuses, to=[then]))
        raise PatternError(f'{operation.lower()} is not supported in patterns')

    def _repeat(self, least: int, most: Any, items: Any, then: int, flags: int, depth: int) -> int:
        if most == _parser.MAXREPEAT:
            loop = self._new(_State())
            self._states[loop].to = [self._sequence(items, loop, flags, depth), then]
            start = loop
        else:
            start = then
            for _ in range(min(most - least, _MAX_STATES)):
                start = self._new(_State(to=[self._sequence(items, start, flags, depth), then]))
        for _ in range(min(least, _MAX_STATES)):
            # A state of its own: an empty group counts as size too.
            start = self._new(_State(to=[self._sequence(items, start, flags, depth)]))
        return start

    def _run(self, start: int, text: str, begin: int, steps: list[int], whole: bool) -> bool:
        current = [start]
        for position in range(begin, len(text) + 1):
            ready, ended = self._closure(current, text, position, steps)
            if ended and (position == len(text) or not whole):
                return True
            if position == len(text) or not ready:
                return False
            character = text[position]
            following: dict[int, None] = {}
            for index in ready:
                state = self._states[index]
                assert state.test is not None
                if state.test(character):
                    following[state.to[0]] = None
            current = list(following)
        return False

    def _closure(
        self, starts: list[int], text: str, position: int, steps: list[int]
    ) -> tuple[list[int], bool]:
        """Follow transitions that consume no character; return the others, and whether the end is
        reached.
        """
        visited: dict[int, None] = {}
        ready: list[int] = []
        pending = list(starts)
        while pending:
            index = pending.pop()
            if index in visited:
                continue
            visited[index] = None
            state = self._states[index]
            steps[0] -= state.cost
            if steps[0] < 0:
                raise PatternError('the pattern takes too long to match')
            if state.test is not None:
                ready.append(index)
                continue
            if state.at and not _at(state.at, text, position):
                continue
            if state.ahead >= 0:
                holds = self._run(state.ahead, text, position, steps, whole=False)
                if holds == state.refuses:
                    continue
            pending.extend(state.to)
        return ready, 0 in visited


def _test(operation: str, argument: Any, flags: int) -> _Test:
    if operation == 'ANY':
        if flags & re.DOTALL:
            return lambda character: True
        return lambda character: character != '\n'
    codes: set[int] = set()
    tests: list[_Test] = []
    negated = False
    if operation in ('LITERAL', 'NOT_LITERAL'):
        codes.add(argument)
        negated = operation == 'NOT_LITERAL'
    else:
        for what, of in argument:
            if str(what) == 'NEGATE':
                negated = True
            elif str(what) == 'LITERAL':
                codes.add(of)
            elif str(what) == 'RANGE':
                tests.append(_between(*of))
            elif str(what) == 'CATEGORY':
                tests.append(_category(str(of)))
            else:
                raise PatternError(f'{str(what).lower()} is not supported in patterns')
    insensitive = bool(flags & re.IGNORECASE)

    def test(character: str) -> bool:
        for variant in (character, character.lower(), character.upper()):
            if len(variant) == 1 and (
                ord(variant) in codes or any(each(variant) for each in tests)
            ):
                return not negated
            if not insensitive:
                break
        return negated

    return test


def _between(first: int, last: int) -> _Test:
    return lambda character: first <= ord(character) <= last


def _category(name: str) -> _Test:
    negated = '_NOT_' in name
    base: _Test
    if name.endswith('DIGIT'):
        base = str.isdecimal
    elif name.endswith('SPACE'):
        base = str.isspace
    else:
        base = _word
    return (lambda character: not base(character)) if negated else base


def _word(character: str) -> bool:
    return character.isalnum() or character == '_'


def _at(name: str, text: str, position: int) -> bool:
    if name in ('AT_BEGINNING', 'AT_BEGINNING_STRING'):
        return position == 0
    if name == 'AT_END_STRING':
        return position == len(text)
    if name == 'AT_END':
        return text[position:] in ('', '\n')
    before = position > 0 and _word(text[position - 1])
    after = position < len(text) and _word(text[position])
    return (before != after) == (name == 'AT_BOUNDARY')
