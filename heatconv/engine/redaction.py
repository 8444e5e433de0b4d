"""Redaction: keep the values of hidden parameters out of messages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from heatconv.engine.wire_format import HIDDEN

#: Shorter values are removed only where they are quoted; otherwise every text with that letter
#: would be damaged.
PLAIN_LENGTH = 4


def hidden_names(template: Any) -> tuple[str, ...]:
    """Return the names of the hidden parameters of a template that may not be valid."""
    if not isinstance(template, dict):
        return ()
    # Also in the CloudFormation dialects.
    return tuple(
        str(name)
        for key, says in (('parameters', 'hidden'), ('Parameters', 'NoEcho'))
        for name, declaration in _mapping(template.get(key)).items()
        if isinstance(declaration, dict)
        and str(declaration.get(says)).lower() in ('true', '1', 'yes', 'on')
    )


def _mapping(section: Any) -> Mapping[Any, Any]:
    return section if isinstance(section, dict) else {}


def without_hidden(environment: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return an environment with the values of some parameters masked."""
    masked = dict(environment)
    for section in ('parameters', 'parameter_defaults'):
        values = environment.get(section)
        if isinstance(values, dict):
            masked[section] = {
                name: HIDDEN if name in names else value for name, value in values.items()
            }
    return masked


def scrubbed(text: str, template: Any, environment: Mapping[str, Any]) -> str:
    """Remove the values of hidden parameters from a text.

    An error may quote a name that was computed from one.
    """
    values: dict[str, None] = {}
    for name in hidden_names(template):
        for key, default in (('parameters', 'default'), ('Parameters', 'Default')):
            declared = _mapping(template.get(key)).get(name)
            values.update(dict.fromkeys(_leaves(_mapping(declared).get(default))))
        for section in ('parameters', 'parameter_defaults'):
            parameters = environment.get(section)
            if isinstance(parameters, dict) and name in parameters:
                values.update(dict.fromkeys(_leaves(parameters[name])))
    for value in sorted(values, key=len, reverse=True):
        for quote in '\'"':
            text = text.replace(f'{quote}{value}{quote}', f'{quote}{HIDDEN}{quote}')
        if len(value) >= PLAIN_LENGTH:
            text = text.replace(value, HIDDEN)
    return text


def _leaves(value: Any) -> Iterator[str]:
    """Yield all values and map keys within a value, as strings."""
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
                # A json parameter may be given as a string.
                try:
                    pending.append(json.loads(current))
                except ValueError:
                    continue
