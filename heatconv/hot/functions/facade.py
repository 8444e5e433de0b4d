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

"""``resource_facade``: the facade of a nested stack.

A nested stack is a resource of its owner's template. The facade is the part of that resource which
the nested template may read: metadata, deletion policy and update policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heatconv.hot.errors import InvalidArguments, ResolutionError
from heatconv.hot.functions.context import Builder, Context
from heatconv.hot.functions.node import Frame, Node
from heatconv.hot.suggest import listing

_PARTS = ('metadata', 'deletion_policy', 'update_policy')


@dataclass(frozen=True, slots=True)
class Facade(Node):
    """A part of the facade in a template that is compiled without one.

    A template may be validated by itself, but only a nested stack has a facade at run time.
    """

    part: str

    def resolve(self, frame: Frame) -> Any:
        raise ResolutionError(
            'this stack stands for no resource of another', 'resource_facade', 'leave it out'
        )


def resource_facade(argument: Any, context: Context) -> Any:
    """Build a part of the facade."""
    if not isinstance(argument, str) or argument not in _PARTS:
        raise InvalidArguments('there is no such part of a resource', '', listing(_PARTS))
    if context.facade is not None:
        return context.facade.get(argument)
    return Facade(argument)


FUNCTIONS: Mapping[str, Builder] = {'resource_facade': resource_facade}
