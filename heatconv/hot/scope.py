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

"""The scope: the run-time values from which a definition is resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ResourceState:
    """The part of the state of a resource that other definitions may refer to.

    :ivar reference_id: the value of ``get_resource``.
    :ivar attributes: the values of ``get_attr``, by name of the attribute.
    """

    reference_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scope:
    """The values that are only known at run time.

    :ivar pseudo: the values of the pseudo parameters, by name.
    :ivar resources: the states of the resources that the definition refers to, by name.
    :ivar parameters: the values of the parameters that were not known when the template was
        compiled, by name.
    """

    pseudo: Mapping[str, str] = field(default_factory=dict)
    resources: Mapping[str, ResourceState] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
