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

"""Compilation of values: find the functions in them, and call the builder of each."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from heatconv.hot.errors import (
    InvalidArguments,
    InvalidReference,
    InvalidSection,
    TemplateError,
    TooLarge,
    UnknownFunction,
    kind,
    shown,
)
from heatconv.hot.functions.node import OMITTED, Call, Failing, ListNode, MapNode, Node
from heatconv.hot.limits import MAX_DEPTH, Budget
from heatconv.hot.registry import TypeNames
from heatconv.hot.suggest import listing, suggestion
from heatconv.hot.versions import FUNCTIONS, Version

if TYPE_CHECKING:
    from heatconv.hot.schema import TypeSchema

#: A builder returns the node of one call of a function, or the value if it is known. It receives
#: the argument before compilation, since some functions do not compile all of it.
Builder = Callable[[Any, 'Context'], Any]

#: Checks the members of a group: its name, the schema of its type and its compiled properties.
SchemasOfMembers = Callable[[str, 'TypeSchema', Mapping[str, Any]], Mapping[str, 'TypeSchema']]

#: Functions that split their argument into its parts before it is resolved. So the argument itself
#: cannot be the value of a function (heat/engine/hot/functions.py).
_WRITTEN_OUT = frozenset(
    (
        'contains',
        'equals',
        'filter',
        'get_attr',
        'list_join',
        'make_url',
        'repeat',
        'str_replace',
        'str_replace_strict',
        'str_replace_vstrict',
        'yaql',
    )
)
#: Functions that resolve the parts of their argument one by one, and the number of these parts. A
#: part that is an ``if`` without a value becomes null; elsewhere it is omitted.
_APART: Mapping[str, int] = {
    'contains': 2,
    'equals': 2,
    'filter': 2,
    'get_attr': 2,
    'list_join': 2,
    'repeat': 2,
    'str_replace': 2,
    'str_replace_strict': 2,
    'str_replace_vstrict': 2,
    'yaql': 2,
}
#: From this version on an ``if`` may omit its item.
_NULLABLE_SINCE = '2021-04-16'


def _nulls_for_omitted(argument: Any, count: int) -> Any:
    """Return an argument in which an ``if`` without a third part has null as its third part.

    :param argument: of a list, only the first parts change; of a map, all values.
    :param count: the number of these first parts.
    """
    keys: list[Any] = []
    if isinstance(argument, dict):
        keys = list(argument)
    elif isinstance(argument, list):
        keys = list(range(min(count, len(argument))))
    for key in keys:
        part = argument[key]
        if_parts = part.get('if') if isinstance(part, dict) and len(part) == 1 else None
        if isinstance(if_parts, list) and len(if_parts) == 2:
            argument = argument.copy()
            argument[key] = {'if': [*if_parts, None]}
    return argument


@dataclass(slots=True)
class References:
    """The references in compiled values, as ordered sets: the values of both maps are None.

    :ivar resources: names of resources.
    :ivar attributes: pairs of the name of a resource and the name of an attribute.
    """

    resources: dict[str, None] = field(default_factory=dict)
    attributes: dict[tuple[str, str], None] = field(default_factory=dict)


class Context:
    """The context in which values are compiled.

    :ivar version: determines the functions and their behaviour.
    :ivar budget: is charged for each value that is compiled.
    :ivar parameters: values of the parameters, by name.
    :ivar undecided: the names of declared parameters without a value.
    :ivar late: the names of declared parameters whose values are known at run time only.
    :ivar schemas: by name, the schemas of the resources that values may refer to.
    :ivar disabled: the names of resources whose condition is false.
    :ivar files: files of the request, by name.
    :ivar types: the mapping of types in the environment.
    :ivar facade: for the template of a nested stack: the parts of its resource in the owner's
        template that it may read; else None.
    :ivar mappings: the section Mappings of a template in a CloudFormation dialect.
    :ivar conditions: the `Conditions` of the template, for ``if``.
    :ivar lazy: whether a function that fails is an error only if its value is used, as in outputs
        and conditions.
    :ivar pseudo: values of pseudo parameters that are known already, for conditions.
    :ivar schemas_of_members: checks the definitions in the properties of a group, and returns the
        schemas of its members by name. None to check no members.
    :ivar members: the schemas of the members of each group, as far as they are known.
    :ivar decides: whether a condition is compiled: ``late`` parameters are errors in it, because
        the requirements of a resource would depend on them.
    :ivar in_output: whether an output is compiled, which may refer to a missing resource.
    :ivar checks_values: whether the values of properties are checked, and functions in them must
        not fail. Otherwise only the names of properties are checked.
    :ivar lenient: accept conditions that are not known, in a template that is only validated.
    :ivar references: collects the references of the values compiled since `begin`.
    :param functions: the builders of the available functions, by name.
    :param names: each function of any version, with the dates of the versions that have it.
    """

    def __init__(
        self,
        version: Version,
        functions: Mapping[str, Builder],
        budget: Budget,
        parameters: Mapping[str, Any] | None = None,
        undecided: Mapping[str, None] | None = None,
        schemas: Mapping[str, TypeSchema] | None = None,
        files: Mapping[str, Any] | None = None,
        names: Mapping[str, tuple[str, ...]] = FUNCTIONS,
        types: TypeNames | None = None,
        facade: Mapping[str, Any] | None = None,
        mappings: Mapping[str, Any] | None = None,
        pseudo: Mapping[str, str] | None = None,
        lenient: bool = False,
        checks_values: bool = True,
        late: Mapping[str, Any] | None = None,
    ) -> None:
        self.late: Mapping[str, Any] = late if late is not None else {}
        self.version = version
        self.budget = budget
        self.parameters: Mapping[str, Any] = parameters if parameters is not None else {}
        self.undecided: Mapping[str, None] = undecided if undecided is not None else {}
        self.schemas: Mapping[str, TypeSchema] = schemas if schemas is not None else {}
        self.disabled: Mapping[str, None] = {}
        self.files: Mapping[str, Any] = files if files is not None else {}
        self.facade = facade
        self.mappings: Mapping[str, Any] = mappings if mappings is not None else {}
        self.conditions: Any = None
        self.types = types if types is not None else TypeNames(None)
        self.references = References()
        self.checks_values = checks_values
        self.lazy = not checks_values
        self.in_output = False
        self.decides = False
        self.pseudo: Mapping[str, str] = pseudo if pseudo is not None else {}
        self.lenient = lenient
        self.schemas_of_members: SchemasOfMembers | None = None
        self.members: dict[str, Mapping[str, TypeSchema]] = {}
        self._functions = functions
        self._names = names
        self._depth = 0

    def begin(self) -> References:
        """Start the next definition: return new references, which collect its references."""
        self.references = References()
        self._depth = 0
        return self.references

    def compile(self, value: Any) -> Any:
        """Compile a value.

        :returns: a Node if it depends on run time, else the plain value.
        :raises TemplateError: with the path below the value.
        """
        if isinstance(value, str) or value is None:
            return value
        if isinstance(value, dict):
            if len(value) == 1:
                ((key, argument),) = value.items()
                builder = self._builder(key)
                if builder is not None:
                    return self._call(key, builder, argument)
            return self.compile_map(value)
        if isinstance(value, list):
            return self._list(value)
        if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
            return value
        raise InvalidSection(
            f'{kind(value)} of this kind is not allowed',
            remedy='use maps, lists, strings, finite numbers, booleans and null',
        )

    def is_call(self, value: Any) -> bool:
        """Say whether a value as written is a call of a function."""
        return (
            isinstance(value, dict) and len(value) == 1 and bool(self._builder(next(iter(value))))
        )

    def compile_map(self, value: dict[Any, Any]) -> Any:
        """Compile the values of a map whose keys are data, even if one looks like a function."""
        self._enter(len(value))
        items = {}
        dynamic = False
        unchanged = True
        for key, item in value.items():
            if not isinstance(key, str):
                raise InvalidSection(f'a key must be a string, not {kind(key)}')
            try:
                compiled = self.compile(item)
            except TemplateError as error:
                error.under(key)
                raise
            unchanged = unchanged and compiled is item
            if compiled is OMITTED:
                continue
            dynamic = dynamic or isinstance(compiled, Node)
            items[key] = compiled
        self._depth -= 1
        if unchanged:
            # The compiled template shares this map with its source, to save memory.
            return value
        return MapNode(items) if dynamic else items

    def evaluated(self, name: str, evaluate: Callable[[Any, Budget], Any], argument: Any) -> Any:
        """Apply a function whose value depends on nothing but its argument.

        :param name: name of the function, for error paths.
        :param argument: the argument, compiled.
        :returns: the value if the argument is known, else a node. A value that fails is a node if
            the context is lazy.
        """
        if isinstance(argument, Node):
            return Call(name, evaluate, argument)
        try:
            return evaluate(argument, self.budget)
        except TemplateError as error:
            if not self.lazy or isinstance(error, TooLarge):
                raise
            error.under(name)
            return Failing(error)

    def applied(
        self,
        name: str,
        argument: Any,
        check: Callable[[Any], None],
        evaluate: Callable[[Any, Budget], Any],
    ) -> Any:
        """Compile an argument, check its known parts, and apply a function to it as `evaluated`.

        :param check: raises an error if the argument is invalid. If the argument is a list or a
            map, the parts that are known at run time only are nodes. An argument that is itself a
            node is not checked.
        """
        compiled = self.compile(argument)
        items = compiled.items if isinstance(compiled, MapNode | ListNode) else compiled
        if not isinstance(items, Node):
            check(items)
        return self.evaluated(name, evaluate, compiled)

    def refer(self, name: Any) -> TypeSchema:
        """Record a reference to a resource, and return the schema of the resource.

        :raises InvalidReference: if the resource does not exist.
        """
        if isinstance(name, Node):
            raise InvalidReference(
                'the name of a resource must be known before run time',
                remedy='write the name, or get it from a parameter',
            )
        if not isinstance(name, str):
            raise InvalidReference(f'the name of a resource must be a string, not {kind(name)}')
        schema = self.schemas.get(name)
        if schema is None:
            if name in self.disabled:
                raise InvalidReference(
                    f'the resource {shown(name)} is not there: its condition is false',
                    remedy='refer to it in an if with the same condition',
                )
            raise InvalidReference(
                f'there is no resource {shown(name)} in this template',
                remedy=suggestion(name, self.schemas)
                or 'this template has no resources to refer to',
            )
        self.references.resources[name] = None
        return schema

    def _call(self, name: str, builder: Builder, argument: Any) -> Any:
        """Build the call of a function."""
        self._enter(1)
        try:
            if name in _WRITTEN_OUT and isinstance(argument, dict) and len(argument) == 1:
                ((key, _),) = argument.items()
                if self._builder(key) is not None:
                    raise InvalidArguments('its argument must be written out, not be a function')
            if name in _APART and self.version.since(_NULLABLE_SINCE):
                argument = _nulls_for_omitted(argument, _APART[name])
            built = builder(argument, self)
        except TemplateError as error:
            error.under(name)
            raise
        self._depth -= 1
        return built

    def _list(self, value: list[Any]) -> Any:
        self._enter(len(value))
        items = []
        dynamic = False
        for index, item in enumerate(value):
            try:
                compiled = self.compile(item)
            except TemplateError as error:
                error.under(index)
                raise
            if compiled is OMITTED:
                continue
            dynamic = dynamic or isinstance(compiled, Node)
            items.append(compiled)
        self._depth -= 1
        return ListNode(items) if dynamic else items

    def _enter(self, units: int) -> None:
        """Go one level deeper, into a value that costs some units."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooLarge(f'maps and lists are nested deeper than {MAX_DEPTH} levels')
        self.budget.spend(units + 1)

    def _builder(self, key: Any) -> Builder | None:
        """Return the builder of the function that a key names, or None if the key is data.

        :raises UnknownFunction: if the function was removed, or cannot be used here.
        """
        if not isinstance(key, str):
            return None
        versions = self._names.get(key)
        if versions is None:
            if key in FUNCTIONS:
                raise UnknownFunction(
                    f'{key} cannot be used in a condition', key, listing(self._usable())
                )
            return None
        if self.version.date not in versions:
            if self.version.date in FUNCTIONS.get(key, ()):
                raise UnknownFunction(
                    f'{key} cannot be used in a condition of version {self.version.date}',
                    key,
                    listing(self._usable()),
                )
            if self.version.date < versions[0]:
                # In Heat too, the name of a function of later versions is data.
                return None
            raise UnknownFunction(
                f'{key} is a function up to version {versions[-1]} only',
                key,
                listing(self._usable()),
            )
        builder = self._functions.get(key)
        if builder is None:
            raise UnknownFunction(
                f'the function {key} is not supported yet', key, listing(self._usable())
            )
        return builder

    def _usable(self) -> list[str]:
        """Return the names of the available functions."""
        date = self.version.date
        usable = (name for name, dates in self._names.items() if date in dates)
        return [name for name in usable if name in self._functions]
