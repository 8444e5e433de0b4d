"""Redaction of the values of hidden parameters in messages and environments."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from heatconv.engine.wire_format import HIDDEN

#: A value that is shorter than this is masked only where it is quoted: elsewhere it would match
#: parts of ordinary words.
PLAIN_LENGTH = 4


def hidden_names(template: Any) -> tuple[str, ...]:
    """Return the names of the hidden parameters of a template that may not be valid."""
    if not isinstance(template, dict):
        return ()
    # The second pair of keys is that of the CloudFormation dialects.
    return tuple(
        str(name)
        for section, attribute in (('parameters', 'hidden'), ('Parameters', 'NoEcho'))
        for name, declaration in _mapping(template.get(section)).items()
        if isinstance(declaration, dict)
        and str(declaration.get(attribute)).lower() in ('true', '1', 'yes', 'on')
    )


def _mapping(value: Any) -> Mapping[Any, Any]:
    """Return a value that should be a mapping; an empty mapping if it is not."""
    return value if isinstance(value, dict) else {}


def without_hidden(environment: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return an environment with the values of some parameters masked.

    :param names: the names of these parameters; see `hidden_names`.
    """
    masked = dict(environment)
    for section in ('parameters', 'parameter_defaults'):
        values = environment.get(section)
        if isinstance(values, dict):
            masked[section] = {
                name: HIDDEN if name in names else value for name, value in values.items()
            }
    return masked


def without_secrets(value: Any, content: Mapping[str, Any]) -> Any:
    """Return a value with the values of hidden parameters masked in all its strings.

    :param content: the template that declares the parameters, and its environment.
    """
    if isinstance(value, str):
        template, environment = content.get('template'), content.get('environment') or {}
        return scrubbed(value, template, environment) if hidden_names(template) else value
    if isinstance(value, Mapping):
        return {key: without_secrets(item, content) for key, item in value.items()}
    if isinstance(value, list):
        return [without_secrets(item, content) for item in value]
    return value


def scrubbed(text: str, template: Any, environment: Mapping[str, Any]) -> str:
    """Mask the values of hidden parameters in a message.

    The message of an error may quote such a value, or a name that was computed from it.

    :param template: the template that declares the parameters; it may not be valid.
    """
    values: dict[str, None] = {}
    for name in hidden_names(template):
        for template_section, attribute in (('parameters', 'default'), ('Parameters', 'Default')):
            declaration = _mapping(template.get(template_section)).get(name)
            values.update(dict.fromkeys(_leaves(_mapping(declaration).get(attribute))))
        for section in ('parameters', 'parameter_defaults'):
            parameters = environment.get(section)
            if isinstance(parameters, dict) and name in parameters:
                values.update(dict.fromkeys(_leaves(parameters[name])))
    # The longest first: a value may contain another one.
    for value in sorted(values, key=len, reverse=True):
        for quote in '\'"':
            text = text.replace(f'{quote}{value}{quote}', f'{quote}{HIDDEN}{quote}')
        if len(value) >= PLAIN_LENGTH:
            text = text.replace(value, HIDDEN)
    return text


def _leaves(value: Any) -> Iterator[str]:
    """Yield the map keys and scalars within a value as strings, except booleans and null."""
    pending = [value]
    while pending:
        current = pending.pop()
        if isinstance(current, dict):
            pending.extend(current.keys())
            pending.extend(current.values())
        elif isinstance(current, list):
            pending.extend(current)
        elif current is not None and not isinstance(current, bool) and str(current):
            yield str(current)
            if isinstance(current, str) and current.lstrip()[:1] in ('{', '['):
                # The value of a json parameter may be a string with JSON.
                try:
                    pending.append(json.loads(current))
                except ValueError:
                    continue
