"""The parameters of nested templates, for the validation of a template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heatconv.hot import environment as environments
from heatconv.hot import nested, summary
from heatconv.hot.functions import MapNode, Node
from heatconv.hot.schema import TypeSchema
from heatconv.hot.template import Template
from heatconv.templates.cache import Types
from heatconv.templates.nesting import Nesting


class NestedParameters:
    """Describes the parameters of nested templates at all levels, in Heat's format.

    :param environment: the environment of the request.
    """

    def __init__(self, types: Types, environment: Mapping[str, Any]) -> None:
        self._types = types
        self._defaults = environment.get(environments.PARAMETER_DEFAULTS) or {}

    def of_template(self, template: Template, nesting: Nesting) -> dict[str, Any]:
        """Describe the nested stacks of a template by the names of their resources.

        :param nesting: the nested templates of the template.
        :return: one key ``NestedParameters``; empty if the template has no nested stacks.
        """
        answers: dict[str, Any] = {}
        compiled = nesting.compiled()
        for name, definition in template.resources.items():
            given = definition.properties
            properties = given.items if isinstance(given, MapNode) else given
            declared = definition.declared_type or definition.type
            if definition.template in compiled:
                answers[name] = self._of_stack(
                    declared, *compiled[definition.template], properties
                )
            else:
                schema = self._types.schema(definition.type)
                if schema is not None and schema.members is not None:
                    answers[name] = self._of_group(declared, name, schema, nesting, properties)
        return {'NestedParameters': answers} if answers else {}

    def _of_stack(
        self, declared: str, template: Template, nesting: Nesting, properties: Any
    ) -> dict[str, Any]:
        """Describe a nested stack.

        :param declared: type of the resource, as declared.
        :param properties: its compiled properties.
        """
        known = {name: value for name, value in properties.items() if not isinstance(value, Node)}
        given = {environments.PARAMETERS: known, environments.PARAMETER_DEFAULTS: self._defaults}
        return {
            'Type': declared,
            **summary.validate_result(template, given),
            **self.of_template(template, nesting),
        }

    def _of_group(
        self, declared: str, name: str, schema: TypeSchema, nesting: Nesting, properties: Any
    ) -> dict[str, Any]:
        """Describe a group, whose template has no parameters, and one member of each kind.

        :param declared: type of the group, as declared.
        """
        members = {}
        for member in nesting.nested_within(name, schema, properties):
            if nested.is_template(member.type):
                template = member.nesting.template(member.type)
                _, inner = member.nesting.compiled()[member.type]
                members[member.name] = self._of_stack(
                    member.declared, template, inner, member.properties
                )
            else:
                inner_schema = self._types.schema(member.type)
                assert inner_schema is not None
                members[member.name] = self._of_group(
                    member.declared, member.name, inner_schema, member.nesting, member.properties
                )
        nested_parameters = {'NestedParameters': members} if members else {}
        return {
            'Type': declared,
            'Description': 'No description',
            'Parameters': {},
            **nested_parameters,
        }
