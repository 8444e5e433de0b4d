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

"""The functions of HOT: compiled once, resolved at run time.

There is one module for each family of functions. To add a function, write a builder (see
:mod:`heatconv.hot.functions.context`) and list it in the ``FUNCTIONS`` of its module. A new module
must be added to :mod:`heatconv.hot.functions.registry`.

A builder checks the known parts of the argument of a function. If the value of the function is
known already, the builder returns it; otherwise it returns a node, which computes the value at run
time. So most mistakes in a template are found before a stack changes.
"""

from heatconv.hot.functions.conditions import Conditions
from heatconv.hot.functions.context import Context, References
from heatconv.hot.functions.node import OMITTED, Frame, ListNode, MapNode, Node, resolve
from heatconv.hot.functions.registry import FUNCTIONS, IN_CONDITIONS

__all__ = [
    'FUNCTIONS',
    'IN_CONDITIONS',
    'OMITTED',
    'Conditions',
    'Context',
    'Frame',
    'ListNode',
    'MapNode',
    'Node',
    'References',
    'resolve',
]
