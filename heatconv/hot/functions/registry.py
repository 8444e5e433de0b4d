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

"""The builders of all functions, by name: those of templates, and those of conditions."""

from __future__ import annotations

from collections.abc import Mapping

from heatconv.hot.functions import (
    cfn,
    conditions,
    facade,
    files,
    lists,
    maps,
    members,
    parameter,
    query,
    reference,
    repeat,
    str_replace,
    str_split,
    url,
)
from heatconv.hot.functions.context import Builder

FUNCTIONS: Mapping[str, Builder] = {
    **parameter.FUNCTIONS,
    **reference.FUNCTIONS,
    **str_replace.FUNCTIONS,
    **str_split.FUNCTIONS,
    **lists.FUNCTIONS,
    **members.FUNCTIONS,
    **maps.FUNCTIONS,
    **repeat.FUNCTIONS,
    **conditions.FUNCTIONS,
    **files.FUNCTIONS,
    **facade.FUNCTIONS,
    **query.FUNCTIONS,
    **url.FUNCTIONS,
    **cfn.FUNCTIONS,
}

IN_CONDITIONS: Mapping[str, Builder] = {
    **conditions.CONDITION_FUNCTIONS,
    'get_param': parameter.get_param,
    'contains': members.FUNCTIONS['contains'],
    'yaql': query.yaql,
    **cfn.CONDITION_FUNCTIONS,
}
