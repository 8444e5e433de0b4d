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

"""The limits of fetches; apart from `fetching`, so that other commands do not load that."""

from __future__ import annotations

import dataclasses

#: Default size limit of one file, in bytes: that of templates in an engine. It is not imported,
#: because the help shows it and loads no engine; a test compares them.
MAX_BYTES = 524_288

#: Size limit of all fetched files together, as a multiple of that of one.
TOTAL_FACTOR = 16

#: Default timeout of one file, in seconds.
TIMEOUT = 30


@dataclasses.dataclass(frozen=True, slots=True)
class FetchOptions:
    """What fetches may cost, and where they may lead.

    :ivar max_bytes: size limit of a file.
    :ivar timeout: timeout of a file in seconds.
    :ivar other_hosts: whether redirects, and names in fetched files, may lead to other hosts.
    """

    max_bytes: int = MAX_BYTES
    timeout: float = TIMEOUT
    other_hosts: bool = False

    @property
    def total_bytes(self) -> int:
        """Return the size limit of all files together."""
        return self.max_bytes * TOTAL_FACTOR
