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

"""``get_file``: the content of a file that was sent with the request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heatconv.hot.errors import InvalidArguments, InvalidReference, kind, shown
from heatconv.hot.functions.context import Builder, Context
from heatconv.hot.functions.node import Failing, Node
from heatconv.hot.suggest import suggestion


def get_file(argument: Any, context: Context) -> Any:
    """Return the content of a file, whose name must be known before run time."""
    name = context.compile(argument)
    if isinstance(name, Node):
        raise InvalidArguments('the name of a file must be known before run time')
    if not isinstance(name, str):
        raise InvalidArguments(
            f'the name of a file must be a string, not {kind(name)}', '', 'write {get_file: name}'
        )
    content = context.files.get(name)
    if content is None:
        missing = InvalidReference(
            f'there is no file {shown(name)} with this template',
            remedy=suggestion(name, context.files) or 'no files came with the request',
        )
        if context.lazy:
            missing.under('get_file')
            return Failing(missing)
        raise missing
    context.budget.spend_value(content)
    return content


FUNCTIONS: Mapping[str, Builder] = {'get_file': get_file}
