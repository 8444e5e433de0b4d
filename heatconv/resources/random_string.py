"""OS::Heat::RandomString: a secret that is generated once."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from typing import Any

from heatconv.hot.constraints import AllowedValues, Range
from heatconv.hot.schema import INTEGER, LIST, MAP, STRING, Attribute, Property, TypeSchema
from heatconv.resources.plugin import Resource
from heatconv.resources.records import Record
from heatconv.resources.virtual import VirtualPlugin

CLASSES: Mapping[str, str] = {
    'lettersdigits': string.ascii_letters + string.digits,
    'letters': string.ascii_letters,
    'lowercase': string.ascii_lowercase,
    'uppercase': string.ascii_uppercase,
    'digits': string.digits,
    'hexdigits': string.digits + 'ABCDEF',
    'octdigits': string.octdigits,
}


class RandomString(VirtualPlugin):
    """Generates a string at its creation."""

    schema = TypeSchema(
        description='A random string, for passwords and other secrets.',
        properties={
            'length': Property(
                INTEGER,
                default=32,
                constraints=(Range(1, 512),),
                description='Length of the string to generate.',
            ),
            'character_classes': Property(
                LIST,
                description='Classes of characters, and how many of each there must be.',
                schema=Property(
                    MAP,
                    schema={
                        'class': Property(
                            STRING,
                            default='lettersdigits',
                            constraints=(AllowedValues(tuple(CLASSES)),),
                        ),
                        'min': Property(INTEGER, default=1, constraints=(Range(1, 512),)),
                    },
                ),
                default=[{'class': 'lettersdigits', 'min': 1}],
            ),
            'character_sequences': Property(
                LIST,
                description='Sequences of characters, and how many of each there must be.',
                schema=Property(
                    MAP,
                    schema={
                        'sequence': Property(STRING, required=True),
                        'min': Property(INTEGER, default=1, constraints=(Range(1, 512),)),
                    },
                ),
            ),
            'salt': Property(STRING, description='A change of it makes another string.'),
        },
        attributes={'value': Attribute(STRING, 'The random string generated.')},
    )

    handed_over = ('value',)

    def initial_state(self, resource: Resource) -> Mapping[str, Any]:
        return {'value': generate(resource.properties)}

    def adopted_state(self, resource: Resource) -> Mapping[str, Any]:
        value = resource.adopted.get('value')
        return {'value': value} if isinstance(value, str) else self.initial_state(resource)

    def physical_id(self, resource: Resource) -> str:
        # Not the value: events and logs show the physical id.
        return resource.token

    def attributes(self, record: Record) -> Mapping[str, Any]:
        return {'value': record.state['value']}


def generate(properties: Mapping[str, Any]) -> str:
    """Generate a string with at least the required number of characters of each kind.

    :raises ValueError: if the minimums exceed the length.
    """
    length: int = properties['length']
    pools = [
        (CLASSES[sequence['class']], sequence['min'])
        for sequence in properties.get('character_classes') or ()
    ]
    pools += [
        (sequence['sequence'], sequence['min'])
        for sequence in properties.get('character_sequences') or ()
    ]
    needed = sum(least for _, least in pools)
    if needed > length:
        raise ValueError(
            f'length {length} is less than the {needed} characters that '
            'character_classes and character_sequences demand'
        )
    chosen = [secrets.choice(pool) for pool, least in pools for _ in range(least)]
    if not pools:
        raise ValueError('there are neither character_classes nor character_sequences')
    every = ''.join(dict.fromkeys(''.join(pool for pool, _ in pools)))
    chosen += [secrets.choice(every) for _ in range(length - len(chosen))]
    secrets.SystemRandom().shuffle(chosen)
    return ''.join(chosen)
