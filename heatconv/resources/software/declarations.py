"""Declarations of the inputs and outputs of a configuration.

As in Heat (heat/engine/software_config_io.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heatconv.hot.constraints import AllowedValues
from heatconv.hot.errors import TemplateError
from heatconv.hot.schema import ANY, BOOLEAN, LIST, MAP, NUMBER, STRING, Property

#: For each type of an input, the property that checks its default.
TYPES: Mapping[str, Property] = {
    'String': Property(STRING),
    'Number': Property(NUMBER),
    'CommaDelimitedList': Property(LIST),
    'Json': Property(MAP),
    'Boolean': Property(BOOLEAN),
}

_TYPE = Property(
    STRING,
    default='String',
    constraints=(AllowedValues(tuple(TYPES)),),
    description='The type of its values.',
)

#: The schema of the declaration of an input.
INPUT = Property(
    MAP,
    schema={
        'name': Property(STRING, required=True, description='The name of the input.'),
        'description': Property(STRING, description='What the input is for.'),
        'type': _TYPE,
        'default': Property(ANY, description='The value of the input if none is given.'),
        'replace_on_change': Property(
            BOOLEAN,
            default=False,
            description='Whether another value starts the deployment anew instead of updating it.',
        ),
    },
)

#: The schema of the declaration of an output.
OUTPUT = Property(
    MAP,
    schema={
        'name': Property(STRING, required=True, description='The name of the output.'),
        'description': Property(STRING, description='What the output contains.'),
        'type': _TYPE,
        'error_output': Property(
            BOOLEAN,
            default=False,
            description='Whether a value of the output means that the deployment failed.',
        ),
    },
)


def declared_inputs(declarations: Any) -> list[dict[str, Any]]:
    """Return declarations of inputs, checked and in the form in which Heat saves them.

    :param declarations: as written; None for none.
    :raises TemplateError: if they are not valid; the path begins below the list.
    """
    values: list[dict[str, Any]] = []
    if isinstance(declarations, list) and all(isinstance(one, Mapping) for one in declarations):
        # A configuration that a client has derived has the values of its inputs.
        values = [{'value': one['value']} if 'value' in one else {} for one in declarations]
        declarations = [
            {key: value for key, value in one.items() if key != 'value'} for one in declarations
        ]
    inputs = _converted(INPUT, declarations)
    for index, declaration in enumerate(inputs):
        default, type_ = declaration.get('default'), declaration['type']
        # An empty string was once the default of inputs of all types.
        if default not in (None, ''):
            try:
                declaration['default'] = TYPES[type_].convert(default)
            except TemplateError as error:
                error.under(index, 'default')
                raise
        if not declaration['replace_on_change']:
            del declaration['replace_on_change']
    return [{**declaration, **value} for declaration, value in zip(inputs, values, strict=True)]


def declared_outputs(declarations: Any) -> list[dict[str, Any]]:
    """Return declarations of outputs, checked and in the form in which Heat saves them.

    :param declarations: as written; None for none.
    :raises TemplateError: if they are not valid; the path begins below the list.
    """
    return _converted(OUTPUT, declarations)


def _converted(declaration: Property, declarations: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = Property(LIST, schema=declaration).convert(
        [] if declarations is None else declarations
    )
    return items
