"""OS::Heat::CloudConfig: a cloud-config file of cloud-init.

As in Heat (heat/engine/resources/openstack/heat/cloud_config.py).
"""

from __future__ import annotations

from typing import Any

import yaml

from heatconv.hot.schema import MAP, Property, TypeSchema
from heatconv.resources.plugin import Resource
from heatconv.resources.software.config import ATTRIBUTES, UNGROUPED, SoftwareConfig

#: The first line, by which cloud-init recognizes the file.
HEADER = '#cloud-config\n'


class CloudConfig(SoftwareConfig):
    """A configuration that is a map, saved as the text that cloud-init reads."""

    schema = TypeSchema(
        description='A cloud-config file for cloud-init.',
        version='2014.1',
        properties={
            'cloud_config': Property(MAP, description='The cloud-config, saved as YAML.'),
        },
        attributes=ATTRIBUTES,
    )

    def content(self, resource: Resource) -> dict[str, Any]:
        # An empty map, where Heat saves a null that cloud-init rejects.
        cloud_config = resource.properties.get('cloud_config') or {}
        return {'group': UNGROUPED, 'config': HEADER + yaml.safe_dump(cloud_config)}
