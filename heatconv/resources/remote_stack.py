"""OS::Heat::Stack: a stack whose template is a property."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from heatconv.hot import environment as environments
from heatconv.hot import source
from heatconv.hot.errors import InvalidProperty
from heatconv.hot.functions import MapNode, Node
from heatconv.hot.schema import BOOLEAN, INTEGER, MAP, STRING, Attribute, Property, TypeSchema
from heatconv.resources.nested_stacks import NestedStack
from heatconv.resources.plugin import Resource
from heatconv.resources.timed_stack import TimedStack

#: The name of the region unless it is configured: the default of OpenStack clients and installers.
REGION = 'RegionOne'


def _check_context(region: str, properties: Mapping[str, Any]) -> None:
    """Check that the stack is to be created here, with the credentials of its owner.

    :param region: the name of the region of the engine.
    :raises InvalidProperty: if it is not.
    """
    context = properties.get('context')
    context = context.items if isinstance(context, MapNode) else context
    if not isinstance(context, Mapping):
        return
    for name, refusal in (
        ('region_name', f'stacks are created in this region only, whose name is {region}'),
        ('credential_secret_id', 'stacks are created with the credentials of their owner only'),
        ('ca_cert', 'there is no connection to another cloud that a certificate could protect'),
    ):
        value = context.get(name)
        if value and not isinstance(value, Node) and (name, value) != ('region_name', region):
            error = InvalidProperty(refusal, name, f'leave {name} out')
            error.under('context')
            raise error


def _schema(region: str) -> TypeSchema:
    """Return the schema of the type in a region."""
    return TypeSchema(
        description='A stack in this region, made of a template that is a string.',
        properties={
            'context': Property(
                MAP,
                update_allowed=True,
                description='Where the stack is created: in this region only.',
                schema={
                    'region_name': Property(
                        STRING, description=f'The name of the region, {region}.'
                    ),
                    'credential_secret_id': Property(
                        STRING,
                        update_allowed=True,
                        description='Must be empty: another cloud is not supported.',
                    ),
                    'ca_cert': Property(
                        STRING,
                        update_allowed=True,
                        description='Must be empty: another cloud is not supported.',
                    ),
                    'insecure': Property(
                        BOOLEAN,
                        default=False,
                        update_allowed=True,
                        description='Has no effect: there is no connection to another cloud.',
                    ),
                },
            ),
            'template': Property(
                STRING,
                required=True,
                update_allowed=True,
                description='The template of the stack, as YAML or JSON.',
            ),
            'timeout': Property(
                INTEGER,
                update_allowed=True,
                description='The number of minutes that an action on the stack may take.',
            ),
            'parameters': Property(
                MAP,
                default={},
                update_allowed=True,
                description='The values of the parameters of the template.',
            ),
        },
        attributes={
            'stack_name': Attribute(STRING, 'The name of the stack.'),
            'outputs': Attribute(MAP, 'The outputs of the stack, by name.'),
        },
        check=functools.partial(_check_context, region),
    )


class RemoteStack(TimedStack):
    """A stack in the same region, owned by the resource.

    Its environment is that of its owner with the given parameters, and it may use the files of
    its owner.
    """

    timeout = 'timeout'
    parameters = 'parameters'

    schema = _schema(REGION)

    def in_region(self, region: str) -> None:
        """Set the name of the region, which is the only one in which stacks are created."""
        self.schema = _schema(region)

    def template(self, resource: Resource, owner: Mapping[str, Any]) -> dict[str, Any]:
        text = resource.properties['template']
        return source.parse(text, self.children.max_template_size)

    def environment(
        self, resource: Resource, owner: Mapping[str, Any], parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        # As in Heat, the entries for resources of the owner apply to those of the stack as well.
        return {**(owner.get('environment') or {}), environments.PARAMETERS: dict(parameters)}

    def attributes(self, child: NestedStack) -> dict[str, Any]:
        values, errors = self.children.outputs(child)
        # As in Heat, an output that does not resolve is null.
        return {'stack_name': child.name, 'outputs': {**values, **dict.fromkeys(errors)}}
