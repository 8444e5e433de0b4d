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

"""Regular expressions that are matched in bounded time.

The engine of :mod:`re` backtracks, which takes exponential time for patterns such as ``(a+)+$``.
The author of a template chooses both the pattern and the value, so that engine is not used. The
standard library only parses the pattern. The match simulates a nondeterministic finite automaton,
which follows all paths at the same time. Its time is at most proportional to the size of the
pattern times the length of the value.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

#: Largest length of a pattern and of a value, in characters.
MAX_PATTERN = 1024
MAX_VALUE = 4096
#: Largest number of states of a pattern.
_MAX_STATES = 5_000
#: Largest number of steps of a match: a constant, and a number for each character of the value. An
#: ordinary pattern takes about ten steps per character. The limit matters because a template has
#: many values.
_BASE_STEPS = 5_000
_STEPS_PER_CHARACTER = 200
#: Largest number of levels of groups.
_MAX_DEPTH = 50

_parser: Any = importlib.import_module('re._parser')

#: Says whether a state accepts a character.
_Test = Callable[[str], bool]


class PatternError(ValueError):
    """The pattern is invalid or not supported, or the match is too expensive."""


@dataclass(slots=True)
class _State:
    """One state of the automaton.

    :ivar test: the test of the next character; None if the state consumes no character.
    :ivar cost: number of steps that are charged for a visit of the state.
    :ivar at: a condition on the position, such as ``AT_END``; '' if there is none.
    :ivar ahead: index of the first state of a lookahead; -1 if there is none.
    :ivar refuses: whether the lookahead is negative: it must not match.
    :ivar to: indexes of the next states.
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
        # State 0 is the end of the pattern, and of each lookahead.
        self._states: list[_State] = [_State()]
        self._start = self._sequence(parsed, 0, flags, 0)

    def matches(self, text: str) -> bool:
        """Say whether the whole text matches.

        :raises PatternError: if the text is too long or the match takes too many steps.
        """
        if len(text) > MAX_VALUE:
            raise PatternError(f'the value is longer than {MAX_VALUE} characters')
        remaining_steps = [_BASE_STEPS + _STEPS_PER_CHARACTER * len(text)]
        return self._run(self._start, text, 0, remaining_steps, whole=True)

    def _new(self, state: _State) -> int:
        """Add a state to the automaton; return its index."""
        if len(self._states) >= _MAX_STATES:
            raise PatternError('the pattern is too large with its repetitions written out')
        self._states.append(state)
        return len(self._states) - 1

    def _sequence(self, items: Any, following: int, flags: int, depth: int) -> int:
        """Add the states of a parsed sequence, the last item first.

        :param items: pairs of operation and argument, as :mod:`re` parses them.
        :param following: index of the state that follows the sequence.
        :param depth: number of levels around the sequence.
        :returns: index of its first state.
        """
        if depth > _MAX_DEPTH:
            raise PatternError('the pattern is nested too deep')
        for operation, argument in reversed(list(items)):
            following = self._item(str(operation), argument, following, flags, depth + 1)
        return following

    def _item(self, operation: str, argument: Any, following: int, flags: int, depth: int) -> int:
        """Add the states of one item of a sequence; return the index of the first state."""
        if operation in ('LITERAL', 'NOT_LITERAL', 'ANY', 'IN'):
            cost = 1 + len(argument) // 4 if operation == 'IN' else 1
            test = _test(operation, argument, flags)
            return self._new(_State(test=test, cost=cost, to=[following]))
        if operation == 'FAILURE':
            # A part that never matches: Python 3.13 parses (?!) and empty classes to it.
            return self._new(_State(to=[]))
        if operation == 'BRANCH':
            starts = [self._sequence(branch, following, flags, depth) for branch in argument[1]]
            return self._new(_State(to=starts))
        if operation == 'SUBPATTERN':
            _, added, removed, items = argument
            if (added | removed) & (re.ASCII | re.LOCALE | re.MULTILINE):
                raise PatternError('the flags a, L and m are not supported')
            return self._sequence(items, following, (flags | added) & ~removed, depth)
        if operation in ('MAX_REPEAT', 'MIN_REPEAT'):
            minimum, maximum, items = argument
            return self._repeat(minimum, maximum, items, following, flags, depth)
        if operation == 'AT':
            return self._new(_State(at=str(argument), to=[following]))
        if operation in ('ASSERT', 'ASSERT_NOT') and argument[0] > 0:
            lookahead = self._sequence(argument[1], 0, flags, depth)
            negative = operation == 'ASSERT_NOT'
            return self._new(_State(ahead=lookahead, refuses=negative, to=[following]))
        raise PatternError(f'{operation.lower()} is not supported in patterns')

    def _repeat(
        self, minimum: int, maximum: Any, items: Any, following: int, flags: int, depth: int
    ) -> int:
        """Add the states of a repetition; return the index of the first state.

        The repetition is expanded: optional copies of its items, after the copies that must match.
        """
        if maximum == _parser.MAXREPEAT:
            loop = self._new(_State())
            self._states[loop].to = [self._sequence(items, loop, flags, depth), following]
            start = loop
        else:
            start = following
            for _ in range(min(maximum - minimum, _MAX_STATES)):
                start = self._new(
                    _State(to=[self._sequence(items, start, flags, depth), following])
                )
        for _ in range(min(minimum, _MAX_STATES)):
            # Each copy has an additional state, so that copies of an empty group count too.
            start = self._new(_State(to=[self._sequence(items, start, flags, depth)]))
        return start

    def _run(
        self, start: int, text: str, begin: int, remaining_steps: list[int], whole: bool
    ) -> bool:
        """Say whether the automaton matches a text from a position on.

        :param start: index of the first state.
        :param begin: the position.
        :param remaining_steps: a list of one counter, which decreases with each step.
        :param whole: the match must extend to the end of the text.
        """
        current = [start]
        for position in range(begin, len(text) + 1):
            ready, ended = self._closure(current, text, position, remaining_steps)
            if ended and (position == len(text) or not whole):
                return True
            if position == len(text) or not ready:
                return False
            character = text[position]
            next_states: dict[int, None] = {}
            for index in ready:
                state = self._states[index]
                assert state.test is not None
                if state.test(character):
                    next_states[state.to[0]] = None
            current = list(next_states)
        return False

    def _closure(
        self, starts: list[int], text: str, position: int, remaining_steps: list[int]
    ) -> tuple[list[int], bool]:
        """Follow all transitions that consume no character.

        :returns: the reached states that consume a character, and whether the end is reached.
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
            remaining_steps[0] -= state.cost
            if remaining_steps[0] < 0:
                raise PatternError('the pattern takes too long to match')
            if state.test is not None:
                ready.append(index)
                continue
            if state.at and not _at(state.at, text, position):
                continue
            if state.ahead >= 0:
                matched = self._run(state.ahead, text, position, remaining_steps, whole=False)
                if matched == state.refuses:
                    continue
            pending.extend(state.to)
        return ready, 0 in visited


def _test(operation: str, argument: Any, flags: int) -> _Test:
    """Return the test for a character, for an operation that consumes one."""
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
        for member, member_argument in argument:
            if str(member) == 'NEGATE':
                negated = True
            elif str(member) == 'LITERAL':
                codes.add(member_argument)
            elif str(member) == 'RANGE':
                tests.append(_between(*member_argument))
            elif str(member) == 'CATEGORY':
                tests.append(_category(str(member_argument)))
            else:
                raise PatternError(f'{str(member).lower()} is not supported in patterns')
    insensitive = bool(flags & re.IGNORECASE)

    def test(character: str) -> bool:
        for variant in (character, character.lower(), character.upper()):
            if len(variant) == 1 and (
                ord(variant) in codes or any(member_test(variant) for member_test in tests)
            ):
                return not negated
            if not insensitive:
                break
        return negated

    return test


def _between(first: int, last: int) -> _Test:
    return lambda character: first <= ord(character) <= last


def _category(name: str) -> _Test:
    """Return the test for a category of characters, such as ``CATEGORY_NOT_DIGIT``."""
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
    r"""Say whether ``\w`` matches a character."""
    return character.isalnum() or character == '_'


def _at(name: str, text: str, position: int) -> bool:
    """Say whether a condition on the position, such as ``AT_END``, is true."""
    if name in ('AT_BEGINNING', 'AT_BEGINNING_STRING'):
        return position == 0
    if name == 'AT_END_STRING':
        return position == len(text)
    if name == 'AT_END':
        return text[position:] in ('', '\n')
    before = position > 0 and _word(text[position - 1])
    after = position < len(text) and _word(text[position])
    return (before != after) == (name == 'AT_BOUNDARY')
