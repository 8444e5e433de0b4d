"""Make up frames of templates: sections with something wrong, and properties of types."""

from __future__ import annotations

import copy
import random
from typing import Any

from heatconv.hot.versions import Version
from heatconv.tests.differential.case import Case

#: What is put in place of something, to see whether both sides mind.
_JUNK: tuple[Any, ...] = (
    None,
    '',
    'x',
    0,
    1.5,
    True,
    [],
    {},
    ['a'],
    {'k': 'v'},
    [None],
    {'get_param': 'text'},
    {'get_attr': ['a', 'value']},
)
_KEYS = (
    'type',
    'properties',
    'metadata',
    'depends_on',
    'deletion_policy',
    'update_policy',
    'description',
    'value',
    'default',
    'constraints',
    'label',
    'hidden',
    'immutable',
    'condition',
    'more',
)
_VALUES: tuple[Any, ...] = (
    *_JUNK,
    1,
    -1,
    5,
    600,
    '5',
    ' 5 ',
    '5.0',
    '1e2',
    5.0,
    'true',
    'FALSE',
    'yes',
    False,
    [{'class': 'digits'}],
    [{'class': 'digits', 'min': '2'}],
    [{'class': None}],
    [{'sequence': 'abc', 'min': 2}],
    {'create': 1},
    {'create': '2', 'update': None},
    {'nonsense': 1},
    {'get_param': 'size'},
)
_PROPERTIES = {
    'OS::Heat::TestResource': (
        'value',
        'fail',
        'update_replace',
        'update_replace_value',
        'wait_secs',
        # Heat waits for constraint_prop_secs, when it validates.
        'action_wait_secs',
    ),
    'OS::Heat::RandomString': ('length', 'character_classes', 'character_sequences', 'salt'),
    'OS::Heat::Value': ('value', 'type'),
    'OS::Heat::None': ('anything', 'value'),
}


def properties(name: str, source: random.Random, version: Version) -> Case:
    """Make up a resource of some type with values that its properties may take, or not."""
    type_ = source.choice(sorted(_PROPERTIES))
    chosen = [one for one in _PROPERTIES[type_] if source.random() < 0.35]
    if source.random() < 0.03:
        chosen.append('nonsense')
    given = {one: source.choice(_VALUES) for one in chosen}
    template = _valid(version)
    template['resources'] = {
        'a': template['resources']['a'],
        'it': {'type': type_, 'properties': given},
    }
    template['outputs'] = {}
    return Case(name, template, states=_STATES)


def frame(name: str, source: random.Random, version: Version) -> Case:
    """Make up a template that is valid but for one place, if that is wrong at all."""
    template = _valid(version)
    place: Any = template
    for _ in range(source.randint(0, 4)):
        below = [one for one in _items(place) if isinstance(one, dict | list) and one]
        if not below:
            break
        place = source.choice(below)
    keys = list(place) if isinstance(place, dict) else list(range(len(place)))
    what = source.random()
    if isinstance(place, dict) and what < 0.15:
        place[source.choice(_KEYS)] = copy.deepcopy(source.choice(_JUNK))
    elif what < 0.3:
        del place[source.choice(keys)]
    else:
        place[source.choice(keys)] = copy.deepcopy(source.choice(_JUNK))
    return Case(name, template, {'parameters': {'size': 4}}, states=_STATES)


_STATES = {
    'a': {'reference_id': 'a-id', 'attributes': {'value': 'one', 'show': {}}},
    'b': {'reference_id': 'b-id', 'attributes': {'output': 'two', 'show': {}}},
}


def _items(place: Any) -> list[Any]:
    return list(place.values()) if isinstance(place, dict) else place


def _valid(version: Version) -> dict[str, Any]:
    return {
        'heat_template_version': version.date,
        'description': 'a template',
        'parameter_groups': [{'label': 'l', 'description': 'd', 'parameters': ['text', 'size']}],
        'parameters': {
            'text': {
                'type': 'string',
                'label': 'Text',
                'description': 'a text',
                'default': 'abc',
                'constraints': [
                    {'length': {'min': 1, 'max': 5}, 'description': 'short'},
                    {'allowed_pattern': '[a-z]*'},
                ],
            },
            'size': {
                'type': 'number',
                'default': 3,
                'hidden': True,
                'immutable': False,
                'constraints': [{'range': {'min': 1}}, {'allowed_values': [3, 4]}],
            },
        },
        'resources': {
            'a': {
                'type': 'OS::Heat::Value',
                'description': 'one',
                'properties': {'value': {'get_param': 'size'}, 'type': 'string'},
                'metadata': {'k': [{'get_param': 'text'}]},
                'deletion_policy': 'Retain',
            },
            'b': {
                'type': 'OS::Heat::TestResource',
                'depends_on': ['a'],
                'properties': {
                    'value': {'get_attr': ['a', 'value']},
                    'wait_secs': 1,
                    'action_wait_secs': {'create': 1},
                },
                'update_policy': {},
            },
        },
        'outputs': {
            'x': {'description': 'an output', 'value': {'get_resource': 'a'}},
            'y': {'value': {'list_join': ['-', [{'get_attr': ['b', 'output']}, 'z']]}},
        },
    }
