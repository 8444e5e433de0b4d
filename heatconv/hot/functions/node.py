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

"""Compiled values.

A compiled value is plain or a node. It is plain, that is made of maps, lists and scalars, if no
part of it depends on run time. Otherwise it is the root of a tree of nodes. So the class of a
value says whether it is known.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from heatconv.hot.errors import ResolutionError, TemplateError, shown
from heatconv.hot.limits import RESOLVE_BUDGET, Budget
from heatconv.hot.scope import ResourceState, Scope


class Omitted:
    """The class of OMITTED: the value of an ``if`` that has no value.

    The list or map around it leaves out its item.
    """

    __slots__ = ()


OMITTED = Omitted()


@dataclass(frozen=True, slots=True)
class Frame:
    """One resolution: the scope to read, and the budget to charge."""

    scope: Scope
    budget: Budget = field(default_factory=lambda: Budget(RESOLVE_BUDGET, ResolutionError))

    def state(self, name: str) -> ResourceState:
        """Return the state of a resource.

        :raises ResolutionError: if it does not exist.
        """
        resource = self.scope.resources.get(name)
        if resource is None:
            raise ResolutionError(
                f'the resource {shown(name)} is not there', remedy='it must be created first'
            )
        return resource


class Node:
    """A value that is only known at run time.

    It is no abstract base class, because isinstance of those runs in Python, and is called several
    times for each value of a template.
    """

    __slots__ = ()

    def resolve(self, frame: Frame) -> Any:
        """Resolve the value.

        :raises TemplateError: if it has no valid value; its path begins below this node.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class MapNode(Node):
    """A map with values that are only known at run time.

    :ivar items: the compiled values, by key; some are nodes.
    """

    items: dict[str, Any]

    def resolve(self, frame: Frame) -> dict[str, Any]:
        frame.budget.spend(len(self.items))
        result = {}
        for key, item in self.items.items():
            if isinstance(item, Node):
                try:
                    item = item.resolve(frame)
                except TemplateError as error:
                    error.under(key)
                    raise
                if item is OMITTED:
                    continue
            result[key] = item
        return result


@dataclass(frozen=True, slots=True)
class ListNode(Node):
    """A list with items that are only known at run time.

    :ivar items: the compiled items; some are nodes.
    """

    items: list[Any]

    def resolve(self, frame: Frame) -> list[Any]:
        frame.budget.spend(len(self.items))
        result = []
        for index, item in enumerate(self.items):
            if isinstance(item, Node):
                try:
                    item = item.resolve(frame)
                except TemplateError as error:
                    error.under(index)
                    raise
                if item is OMITTED:
                    continue
            result.append(item)
        return result


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A call of a function whose value depends on nothing but its argument.

    :ivar evaluate: returns the value for the resolved argument, and charges the budget.
    """

    name: str
    evaluate: Callable[[Any, Budget], Any]
    argument: Node

    def resolve(self, frame: Frame) -> Any:
        try:
            return self.evaluate(self.argument.resolve(frame), frame.budget)
        except TemplateError as error:
            error.under(self.name)
            raise


@dataclass(frozen=True, slots=True)
class Failing(Node):
    """A value that has an error, in a place where an error matters only if the value is used.

    :ivar error: is raised, with another path each time, when the value is resolved.
    """

    error: TemplateError

    def resolve(self, frame: Frame) -> Any:
        raise copy.copy(self.error)


def resolve(value: Any, frame: Frame) -> Any:
    """Resolve a compiled value.

    A plain value is returned as it is. It is shared, so the caller must not change it.
    """
    return value.resolve(frame) if isinstance(value, Node) else value
