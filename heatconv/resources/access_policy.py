"""OS::Heat::AccessPolicy: names the resources that a user of the stack may read."""

from __future__ import annotations

from heatconv.hot.errors import shown
from heatconv.hot.schema import LIST, Property, TypeSchema
from heatconv.resources.nested import UsesNestedStacks
from heatconv.resources.plugin import Resource
from heatconv.resources.virtual import VirtualPlugin


class AccessPolicy(UsesNestedStacks, VirtualPlugin):
    """Keeps a list of names; it grants nothing itself.

    In Heat an ``AWS::IAM::User`` refers to it, and there is no such type here.
    """

    schema = TypeSchema(
        description='The resources of the stack that a user may read.',
        properties={
            'AllowedResources': Property(
                LIST,
                required=True,
                description='The names of the resources that may be read.',
            ),
        },
    )

    def create(self, resource: Resource) -> None:
        """Save the list.

        :raises ValueError: if the stack has no resource of one of the names.
        """
        template = self.children.content(resource.template_id).get('template') or {}
        declared = template.get('resources') or template.get('Resources') or {}
        for name in resource.properties['AllowedResources']:
            if name not in declared:
                raise ValueError(f'AllowedResources: the stack has no resource {shown(name)}')
        super().create(resource)
