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

"""Suggestions of existing names for an unknown name, as remedies of errors."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import islice

from heatconv.hot.errors import shown

#: How many names are compared for similarity, and how many a message lists. A template may have a
#: million resources, and a message must not take long.
_COMPARED = 5_000
_LISTED = 20
#: Longest name that is compared for similarity, in characters.
_LONGEST = 255


def suggestion(name: str, names: Iterable[str], what: str = 'use') -> str:
    """Return the most similar name as a remedy, or else a list of names.

    :param names: the existing names.
    :param what: the verb at the start of the list, as in 'use one of a, b'.
    :returns: a remedy; '' if there are no names.
    """
    # All names are tested for a difference in case only. For the slow comparison, names of similar
    # length are selected before their number is limited. Otherwise the right name could be missed
    # in a template with thousands of names.
    all_names = list(names)
    folded = name.casefold()
    for candidate in all_names:
        if candidate.casefold() == folded:
            return f'did you mean {shown(candidate)}?'
    if len(name) <= _LONGEST:
        candidates = islice(
            (candidate for candidate in all_names if abs(len(candidate) - len(name)) <= 3),
            _COMPARED,
        )
        matches = difflib.get_close_matches(name, candidates, n=1, cutoff=0.6)
        if matches:
            return f'did you mean {shown(matches[0])}?'
    return listing(all_names, what)


def listing(names: Iterable[str], what: str = 'use') -> str:
    """Return a list of the first 20 names in alphabetical order, as a remedy.

    :param what: the verb at the start of the list; '' for no verb.
    :returns: '' if there are no names.
    """
    sorted_names = sorted(names)
    if not sorted_names:
        return ''
    if len(sorted_names) == 1:
        return f'{what} {shown(sorted_names[0])[1:-1]}'
    more = ', ...' if len(sorted_names) > _LISTED else ''
    return (
        f'{what} one of ' + ', '.join(shown(name)[1:-1] for name in sorted_names[:_LISTED]) + more
    )
