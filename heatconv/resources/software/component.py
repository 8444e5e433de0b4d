"""OS::Heat::SoftwareComponent: one configuration for each action.

As in Heat (heat/engine/resources/openstack/heat/software_component.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heatconv.hot.constraints import Length
from heatconv.hot.errors import InvalidProperty
from heatconv.hot.functions import ListNode, MapNode, Node
from heatconv.hot.schema import LIST, MAP, STRING, Property, TypeSchema
from heatconv.resources.plugin import Resource
from heatconv.resources.software.config import (
    ATTRIBUTES,
    INPUTS,
    OPTIONS,
    OUTPUTS,
    SoftwareConfig,
)
from heatconv.resources.software.declarations import declared_inputs, declared_outputs

#: The group by which agents recognize a component.
COMPONENT = 'component'


def _check_actions(properties: Mapping[str, Any]) -> None:
    """Check that no action has two configurations, as far as they are known.

    :raises InvalidProperty: if one has.
    """
    seen: set[str] = set()
    for config in _items(properties.get('configs'), list):
        actions = {
            action
            for action in _items(_items(config, dict).get('actions'), list)
            if not isinstance(action, Node)
        }
        if seen & actions:
            raise InvalidProperty(
                'Defining more than one configuration for the same action in SoftwareComponent '
                'is not allowed.',
                'configs',
            )
        seen |= actions


def _items(value: Any, kind: type) -> Any:
    """Return a list or a map of which some items may be nodes; an empty one if it is unknown."""
    value = value.items if isinstance(value, MapNode | ListNode) else value
    return value if isinstance(value, kind) else kind()


class SoftwareComponent(SoftwareConfig):
    """Several configurations, each for one or more actions.

    As in Heat, its only attribute is ``config``, and it is null.
    """

    schema = TypeSchema(
        description='Configurations of one software for several actions.',
        version='2014.2',
        properties={
            'configs': Property(
                LIST,
                required=True,
                constraints=(Length(1),),
                description='The configurations.',
                schema=Property(
                    MAP,
                    schema={
                        'actions': Property(
                            LIST,
                            default=['CREATE', 'UPDATE'],
                            constraints=(Length(1),),
                            schema=Property(STRING),
                            description='The actions that it is for. Agents need help with any '
                            'but CREATE, UPDATE, DELETE, SUSPEND and RESUME.',
                        ),
                        'config': Property(STRING, description='The script or manifest to apply.'),
                        'tool': Property(
                            STRING,
                            required=True,
                            description='The tool that applies it on a server.',
                        ),
                    },
                ),
            ),
            'inputs': INPUTS,
            'outputs': OUTPUTS,
            'options': OPTIONS,
        },
        attributes=ATTRIBUTES,
        check=_check_actions,
    )

    def content(self, resource: Resource) -> dict[str, Any]:
        properties = resource.properties
        return {
            'group': COMPONENT,
            'config': {'configs': properties['configs']},
            'inputs': declared_inputs(properties.get('inputs')),
            'outputs': declared_outputs(properties.get('outputs')),
            'options': properties.get('options') or {},
        }

    def attributes(self, config: Mapping[str, Any]) -> dict[str, Any]:
        return {'config': None}
