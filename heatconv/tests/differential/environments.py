"""Make up environments: names of types for names of types, and sections that are wrong."""

from __future__ import annotations

import random
from typing import Any

from heatconv.hot.versions import Version
from heatconv.tests.differential.case import Case

_NAMES = (
    'My::Value',
    'My::Other',
    'My::*',
    'My::V*',
    'OS::Heat::Value',
    'OS::Heat::*',
    '*',
    'my_value',
)
_TARGETS = (
    'OS::Heat::Value',
    'OS::Heat::TestResource',
    'OS::Heat::None',
    'OS::Heat::*',
    'My::Value',
    'My::Other',
    'No::Such',
    None,
    '',
    5,
)
_PATTERNS = ('it', 'i*', '?t', 'other', '*')
_JUNK = (None, '', 'x', 5, [], ['a'], {'k': 'v'})
_SECTIONS = (
    'parameters',
    'parameter_defaults',
    'resource_registry',
    'encrypted_param_names',
    'event_sinks',
    'parameter_merge_strategies',
    'more',
)


def case(name: str, source: random.Random, version: Version) -> Case:
    """Make up a resource of a type that an environment may know by another name."""
    template = {
        'heat_template_version': version.date,
        'parameters': {'p': {'type': 'string', 'default': 'd'}},
        'resources': {
            'it': {
                'type': source.choice(('My::Value', 'My::Other', 'OS::Heat::Value', 'my_value')),
                'properties': {'value': source.choice(({'get_param': 'p'}, 5, [1]))},
            }
        },
    }
    registry: dict[str, Any] = _some(source)
    if source.random() < 0.3:
        registry['resources'] = {
            source.choice(_PATTERNS): _some(source) for _ in range(source.randint(0, 2))
        }
    environment: dict[str, Any] = {'resource_registry': registry}
    if source.random() < 0.4:
        environment['parameters'] = {'p': 'e'}
    if source.random() < 0.1:
        environment[source.choice(_SECTIONS)] = source.choice(_JUNK)
    return Case(name, template, environment)


def _some(source: random.Random) -> dict[str, Any]:
    return {
        source.choice(_NAMES): source.choice(_TARGETS) for _ in range(source.choice((0, 1, 2, 3)))
    }
