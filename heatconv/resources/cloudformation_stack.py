"""AWS::CloudFormation::Stack: a nested stack whose template is named by a URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heatconv.hot import nested
from heatconv.hot.errors import shown
from heatconv.hot.functions import stacks
from heatconv.hot.schema import INTEGER, MAP, STRING, Property, TypeSchema
from heatconv.resources.nested_stacks import NestedStack
from heatconv.resources.plugin import Resource
from heatconv.resources.timed_stack import TimedStack

#: Prefix of the attributes, which are the outputs of the nested stack.
OUTPUTS = 'Outputs.'


class CloudFormationStack(TimedStack):
    """A nested stack whose template is among the files of its owner.

    The engine does not fetch URLs: a user could reach any address of its network that way.
    """

    timeout = 'TimeoutInMinutes'
    parameters = 'Parameters'

    schema = TypeSchema(
        description='A nested stack, made of a template among the files of the request.',
        properties={
            'TemplateURL': Property(
                STRING,
                required=True,
                update_allowed=True,
                description='The URL of the template, which must be the name of a file of the '
                'request.',
            ),
            'TimeoutInMinutes': Property(
                INTEGER,
                update_allowed=True,
                description='The number of minutes that an action on the nested stack may take.',
            ),
            'Parameters': Property(
                MAP,
                update_allowed=True,
                description='The values of the parameters of the template.',
            ),
        },
        any_attribute=True,
    )

    def template(self, resource: Resource, owner: Mapping[str, Any]) -> dict[str, Any]:
        url = resource.properties['TemplateURL']
        files = owner.get('files') or {}
        if url not in files:
            raise ValueError(
                f'TemplateURL: the template {shown(url)} is not among the files of the request, '
                'and the engine does not fetch it'
            )
        return nested.source_of(files, url, self.children.max_template_size)

    def reference(self, resource: Resource, child: NestedStack) -> dict[str, Any]:
        arn = f'arn:openstack:heat::{resource.project_id}:stacks/{child.name}/{child.id}'
        return {stacks.REFERENCE: arn}

    def attributes(self, child: NestedStack) -> dict[str, Any]:
        values, errors = self.children.outputs(child)
        return {
            **{OUTPUTS + name: value for name, value in values.items()},
            **self.members(child),
            stacks.ERRORS: {OUTPUTS + name: error for name, error in errors.items()},
        }
