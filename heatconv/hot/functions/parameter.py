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

"""``get_param``: values of parameters.

The values of parameters are known when a template is compiled, so most calls become plain values
then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heatconv.hot.errors import InvalidArguments, InvalidReference, ResolutionError, kind, shown
from heatconv.hot.functions.context import Builder, Context
from heatconv.hot.functions.node import Failing, Frame, ListNode, Node, resolve
from heatconv.hot.suggest import suggestion

#: The pseudo parameters, which every template has, and whose values are known at run time.
#: OS::region is left out: Heat declares it and never supplies it.
PSEUDO = ('OS::stack_id', 'OS::stack_name', 'OS::project_id')

_SYNTAX = 'write {get_param: name} or {get_param: [name, key or index, ...]}'


@dataclass(frozen=True, slots=True)
class Pseudo(Node):
    """The value of a pseudo parameter."""

    name: str

    def resolve(self, frame: Frame) -> Any:
        value = frame.scope.pseudo.get(self.name)
        if value is None:
            raise ResolutionError(f'{self.name} is not known', 'get_param')
        return value


@dataclass(frozen=True, slots=True)
class Undecided(Node):
    """The value of a parameter that has none, in a template that is only validated."""

    name: str

    def resolve(self, frame: Frame) -> Any:
        raise ResolutionError(f'the parameter {shown(self.name)} has no value', 'get_param')


@dataclass(frozen=True, slots=True)
class Late(Node):
    """The value of a parameter of a template that is compiled before the values are known."""

    name: str

    def resolve(self, frame: Frame) -> Any:
        if self.name not in frame.scope.parameters:
            raise ResolutionError(f'the parameter {shown(self.name)} is not known', 'get_param')
        value = frame.scope.parameters[self.name]
        frame.budget.spend_value(value)
        return value


@dataclass(frozen=True, slots=True)
class Part(Node):
    """A part of the value of a parameter, if the value or the path is known at run time only."""

    value: Any
    path: Any

    def resolve(self, frame: Frame) -> Any:
        selected = part(resolve(self.value, frame), resolve(self.path, frame))
        frame.budget.spend_value(selected)
        return selected


def get_param(argument: Any, context: Context) -> Any:
    """Build the value of a parameter, or a part of that value."""
    compiled = context.compile(argument)
    path: Any = []
    if isinstance(compiled, ListNode):
        name, path = compiled.items[0], compiled.items[1:]
        if any(isinstance(item, Node) for item in path):
            path = ListNode(path)
    elif isinstance(compiled, list) and compiled:
        name, path = compiled[0], compiled[1:]
    else:
        name = compiled
    if isinstance(name, Failing):
        return name
    if isinstance(name, Node):
        raise InvalidArguments(
            'the name of a parameter must be known before run time', remedy=_SYNTAX
        )
    if not isinstance(name, str):
        wrong = InvalidArguments(
            f'the name of a parameter must be a string, not {kind(name)}', remedy=_SYNTAX
        )
        if context.lazy:
            wrong.under('get_param')
            return Failing(wrong)
        raise wrong
    value = _value(name, context)
    if isinstance(value, Node) or isinstance(path, Node):
        return Part(value, path) if path else value
    selected = part(value, path)
    context.budget.spend_value(selected)
    return selected


def _value(name: str, context: Context) -> Any:
    """Return the value of a parameter, or a node if it has none yet."""
    if name in context.late:
        if context.decides:
            raise InvalidReference(f'the value of {shown(name)} must be known for a condition')
        return Late(name)
    if name in context.parameters:
        return context.parameters[name]
    if name in context.undecided:
        return Undecided(name)
    if name in PSEUDO:
        return Pseudo(name)
    error = InvalidReference(
        f'The Parameter ({name}) was not provided.',
        remedy=suggestion(name, [*context.parameters, *context.undecided, *PSEUDO]),
    )
    if context.lazy:
        error.under('get_param')
        return Failing(error)
    raise error


def part(value: Any, path: list[Any]) -> Any:
    """Follow keys and indices into the value of a parameter.

    :param path: keys of maps, and indices of lists and strings; an index may be a string.
    :returns: '' if the path does not exist, as in Heat (heat/engine/hot/functions.py, GetParam).
    """
    for key in path:
        try:
            if isinstance(value, Mapping):
                value = value[key]
            elif isinstance(value, list | str) and isinstance(key, int | str):
                value = value[int(key)]
            else:
                return ''
        except (LookupError, TypeError, ValueError):
            return ''
    return value


FUNCTIONS: Mapping[str, Builder] = {'get_param': get_param}
