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

"""The section ``parameter_groups`` of a template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from heatconv.hot.errors import InvalidSection, kind, shown
from heatconv.hot.parameters import Parameter
from heatconv.hot.suggest import suggestion


def parse_groups(section: Any, parameters: Mapping[str, Parameter]) -> Sequence[Mapping[str, Any]]:
    """Check the section ``parameter_groups`` as Heat does (heat/engine/parameter_groups.py).

    :returns: the section as written.
    :raises InvalidSection: if it is invalid.
    """
    if section is None:
        return ()
    path = 'parameter_groups'
    if not isinstance(section, list):
        raise InvalidSection(f'it must be a list, not {kind(section)}', path)
    grouped: dict[str, None] = {}
    for index, group in enumerate(section):
        group_path = f'{path}.{index}'
        if not isinstance(group, dict):
            raise InvalidSection(f'it must be a map, not {kind(group)}', group_path)
        names = group.get('parameters')
        if not isinstance(names, list):
            raise InvalidSection(
                'it must be a list of names of parameters', f'{group_path}.parameters'
            )
        for name in names:
            if not isinstance(name, str) or name not in parameters:
                raise InvalidSection(
                    f'there is no parameter {shown(name)}',
                    f'{group_path}.parameters',
                    suggestion(str(name), parameters),
                )
            if name in grouped:
                raise InvalidSection(
                    f'the parameter {shown(name)} is in several groups, or twice in one',
                    f'{group_path}.parameters',
                    'name it once',
                )
            grouped[name] = None
    return section
