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

"""What a definition is resolved against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ResourceState:
    """What other definitions may know of a resource.

    :ivar reference_id: what ``get_resource`` gives.
    :ivar attributes: what ``get_attr`` gives, by name.
    """

    reference_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scope:
    """What is known at run time.

    :ivar pseudo: the pseudo parameters, by name.
    :ivar resources: what is referred to, by name of the resource.
    """

    pseudo: Mapping[str, str] = field(default_factory=dict)
    resources: Mapping[str, ResourceState] = field(default_factory=dict)
