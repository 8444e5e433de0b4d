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

"""The scope that a definition is resolved in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ResourceState:
    """The state of a resource, as far as other definitions may refer to it.

    :ivar reference_id: the value of ``get_resource``.
    :ivar attributes: the values of ``get_attr``, by name.
    """

    reference_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scope:
    """The values that are known at run time.

    :ivar pseudo: the pseudo parameters, by name.
    :ivar resources: the resources that are referred to, by name.
    """

    pseudo: Mapping[str, str] = field(default_factory=dict)
    resources: Mapping[str, ResourceState] = field(default_factory=dict)
