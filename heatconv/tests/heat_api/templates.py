"""Templates that tests make stacks of."""

from __future__ import annotations

from typing import Any

GREETING: dict[str, Any] = {
    'description': 'A greeting.',
    'parameters': {
        'name': {'type': 'string', 'default': 'world', 'description': 'Whom to greet.'},
    },
    'resources': {
        'secret': {'type': 'OS::Heat::RandomString', 'properties': {'length': 16}},
        'greeting': {
            'type': 'OS::Heat::Value',
            'depends_on': 'secret',
            'properties': {'value': {'list_join': [', ', ['Hello', {'get_param': 'name'}]]}},
        },
    },
    'outputs': {
        'greeting': {
            'description': 'What there is to say.',
            'value': {'get_attr': ['greeting', 'value']},
        },
        'length': {'value': 16},
    },
}

NOTHING = {'nothing': {'type': 'OS::Heat::None'}}

#: It goes on until it is deleted or cancelled.
ENDLESS = {
    'slow': {
        'type': 'OS::Heat::TestResource',
        'properties': {'wait_secs': -1, 'action_wait_secs': {'delete': 0}},
    }
}

FAILING = {'broken': {'type': 'OS::Heat::TestResource', 'properties': {'fail': True}}}


def tested(**properties: Any) -> dict[str, Any]:
    """Return a resource named r that behaves as the properties say."""
    return {'r': {'type': 'OS::Heat::TestResource', 'properties': properties}}
