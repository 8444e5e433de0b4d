"""OS::Heat::RandomString: a secret that is generated once."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from typing import Any

from heatconv.hot.constraints import AllowedValues, Range
from heatconv.hot.errors import InvalidProperty
from heatconv.hot.functions import ListNode, MapNode, stacks
from heatconv.hot.schema import INTEGER, LIST, MAP, STRING, Attribute, Property, TypeSchema
from heatconv.resources.plugin import Resource
from heatconv.resources.records import Record
from heatconv.resources.virtual import VirtualPlugin

#: The characters of each character class.
CLASSES: Mapping[str, str] = {
    'lettersdigits': string.ascii_letters + string.digits,
    'letters': string.ascii_letters,
    'lowercase': string.ascii_lowercase,
    'uppercase': string.ascii_uppercase,
    'digits': string.digits,
    'hexdigits': string.digits + 'ABCDEF',
    'octdigits': string.octdigits,
}


def _without_sequence(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Translate the property ``sequence`` of old templates to a character class, as in Heat."""
    if values.get('sequence') is None:
        return values
    translated = {name: value for name, value in values.items() if name != 'sequence'}
    classes = translated.get('character_classes') or []
    translated['character_classes'] = [*classes, {'class': values['sequence'], 'min': 1}]
    return translated


def _check_length(properties: Mapping[str, Any]) -> None:
    """Check that the string is as long as the minimums of its characters require.

    :raises InvalidProperty: if it is not.
    """
    length = properties.get('length')
    minimums = [
        requirement.get('min')
        for name in ('character_classes', 'character_sequences')
        for requirement in _known_list(properties.get(name))
        if isinstance(requirement, Mapping)
    ]
    known = [minimum for minimum in minimums if isinstance(minimum, int)]
    if isinstance(length, int) and sum(known) > length:
        raise InvalidProperty(
            'Length property cannot be smaller than combined character class and character '
            'sequence minimums',
            'length',
        )


def _known_list(value: Any) -> list[Any]:
    """Return a list, or the items of one that are known; empty for any other value."""
    items = value.items if isinstance(value, ListNode) else value
    if not isinstance(items, list):
        return []
    return [item.items if isinstance(item, MapNode) else item for item in items]


def _minimum(description: str) -> Property:
    """Return a property that is a number of characters."""
    return Property(INTEGER, default=1, constraints=(Range(1, 512),), description=description)


class RandomString(VirtualPlugin):
    """Generates a random string at its creation, and keeps it."""

    schema = TypeSchema(
        description='A random string, for passwords and other secrets.',
        properties={
            'length': Property(
                INTEGER,
                default=32,
                constraints=(Range(1, 512),),
                description='Length of the string to generate.',
            ),
            'sequence': Property(
                STRING,
                constraints=(AllowedValues(tuple(CLASSES)),),
                description='The characters of the string; replaced by character_classes.',
                listed=False,
            ),
            'character_classes': Property(
                LIST,
                description='Character classes, and the minimum number of characters of each.',
                schema=Property(
                    MAP,
                    schema={
                        'class': Property(
                            STRING,
                            default='lettersdigits',
                            constraints=(AllowedValues(tuple(CLASSES)),),
                            description='A class of characters.',
                        ),
                        'min': _minimum('The smallest number of characters of this class.'),
                    },
                ),
                default=[{'class': 'lettersdigits', 'min': 1}],
            ),
            'character_sequences': Property(
                LIST,
                description='Character sequences, and the minimum number of characters of each.',
                schema=Property(
                    MAP,
                    schema={
                        'sequence': Property(
                            STRING, required=True, description='The characters, as a string.'
                        ),
                        'min': _minimum('The smallest number of characters of this sequence.'),
                    },
                ),
            ),
            'salt': Property(
                STRING, description='A change of this value generates another string.'
            ),
        },
        attributes={'value': Attribute(STRING, 'The random string generated.')},
        check=_check_length,
        translate=_without_sequence,
        version='2014.1',
    )

    handed_over = ('value',)

    def initial_state(self, resource: Resource) -> Mapping[str, Any]:
        return {'value': generate(resource.properties)}

    def adopted_state(self, resource: Resource) -> Mapping[str, Any]:
        # The string of a resource that exists independently of the stack is not known.
        value = resource.adopted.get('value')
        return {'value': value if isinstance(value, str) else None}

    def physical_id(self, resource: Resource) -> str:
        # Not the value: events and logs show the physical id.
        return resource.token

    def attributes(self, record: Record) -> Mapping[str, Any]:
        # A reference to the resource gives the string too, as in Heat.
        value = record.state['value']
        return {'value': value} if value is None else {'value': value, stacks.REFERENCE: value}


def generate(properties: Mapping[str, Any]) -> str:
    """Generate a string with the required minimum number of characters of each kind.

    :param properties: the properties of the resource.
    :raises ValueError: if the minimums exceed the length, or no characters are allowed.
    """
    length: int = properties['length']
    pools = [
        (CLASSES[requirement['class']], requirement['min'])
        for requirement in properties.get('character_classes') or ()
    ]
    pools += [
        (requirement['sequence'], requirement['min'])
        for requirement in properties.get('character_sequences') or ()
    ]
    required = sum(minimum for _, minimum in pools)
    if required > length:
        raise ValueError(
            f'length {length} is less than the {required} characters that '
            'character_classes and character_sequences require'
        )
    characters = [secrets.choice(pool) for pool, minimum in pools for _ in range(minimum)]
    if not pools:
        raise ValueError('there are neither character_classes nor character_sequences')
    allowed = ''.join(dict.fromkeys(''.join(pool for pool, _ in pools)))
    characters += [secrets.choice(allowed) for _ in range(length - len(characters))]
    secrets.SystemRandom().shuffle(characters)
    return ''.join(characters)
