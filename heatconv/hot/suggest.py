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

"""Suggest existing names for an unknown one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import islice

from heatconv.hot.errors import shown

#: How many names are compared and how many are listed: a message is not worth more time, and a
#: template may have a million resources.
_COMPARED = 5_000
_LISTED = 20
_LONGEST = 255


def suggestion(name: str, names: Iterable[str], what: str = 'use') -> str:
    """Return the most similar name as a remedy, or else a list of names.

    :param what: begins the list, as in 'use one of a, b'. :returns: a remedy; '' if there are no
        names.
    """
    # Each rule has its own slice of the names; otherwise a large template could hide the right one
    # behind thousands of others.
    every = list(names)
    lowered = name.casefold()
    for candidate in every:
        if candidate.casefold() == lowered:
            return f'did you mean {shown(candidate)}?'
    if len(name) <= _LONGEST:
        near = islice(
            (candidate for candidate in every if abs(len(candidate) - len(name)) <= 3), _COMPARED
        )
        close = difflib.get_close_matches(name, near, n=1, cutoff=0.6)
        if close:
            return f'did you mean {shown(close[0])}?'
    return listing(every, what)


def listing(names: Iterable[str], what: str = 'use') -> str:
    """List names, sorted, up to a number that fits a message."""
    every = sorted(names)
    if not every:
        return ''
    if len(every) == 1:
        return f'{what} {shown(every[0])[1:-1]}'
    more = ', ...' if len(every) > _LISTED else ''
    return (
        f'{what} one of '
        + ', '.join(shown(candidate)[1:-1] for candidate in every[:_LISTED])
        + more
    )
