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

"""``resource_facade``: the visible part of the resource of a nested stack."""

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
    """A part of the resource of a nested stack."""

    part: str

    def resolve(self, frame: Frame) -> Any:
        raise ResolutionError(
            'this stack stands for no resource of another', 'resource_facade', 'leave it out'
        )


def resource_facade(argument: Any, context: Context) -> Any:
    """Build a part of the resource of a nested stack."""
    if not isinstance(argument, str) or argument not in _PARTS:
        raise InvalidArguments('there is no such part of a resource', '', listing(_PARTS))
    if context.facade is not None:
        return context.facade.get(argument)
    return Facade(argument)


FUNCTIONS: Mapping[str, Builder] = {'resource_facade': resource_facade}
