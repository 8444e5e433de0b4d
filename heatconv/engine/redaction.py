"""Keep the values of hidden parameters out of what users are told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from heatconv.engine.wire_format import HIDDEN

#: Shorter ones are taken out only where they are quoted: else every text that
#: holds a letter would be spoilt.
PLAIN_LENGTH = 4


def hidden_names(template: Any) -> tuple[str, ...]:
    """Name the hidden parameters of a template that may not be valid."""
    if not isinstance(template, dict):
        return ()
    # In CloudFormation's dialects too.
    return tuple(
        str(name)
        for key, says in (('parameters', 'hidden'), ('Parameters', 'NoEcho'))
        for name, one in _mapping(template.get(key)).items()
        if isinstance(one, dict) and str(one.get(says)).lower() in ('true', '1', 'yes', 'on')
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
    """Take the values of hidden parameters out of a text.

    An error may quote a name that was worked out from one.
    """
    values: dict[str, None] = {}
    for name in hidden_names(template):
        for key, default in (('parameters', 'default'), ('Parameters', 'Default')):
            declared = _mapping(template.get(key)).get(name)
            values.update(dict.fromkeys(_leaves(_mapping(declared).get(default))))
        for section in ('parameters', 'parameter_defaults'):
            given = environment.get(section)
            if isinstance(given, dict) and name in given:
                values.update(dict.fromkeys(_leaves(given[name])))
    for value in sorted(values, key=len, reverse=True):
        for quote in '\'"':
            text = text.replace(f'{quote}{value}{quote}', f'{quote}{HIDDEN}{quote}')
        if len(value) >= PLAIN_LENGTH:
            text = text.replace(value, HIDDEN)
    return text


def _leaves(value: Any) -> Iterator[str]:
    """Give all that is in a value, keys of maps included, as text."""
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, dict):
            pending.extend(one.keys())
            pending.extend(one.values())
        elif isinstance(one, list):
            pending.extend(one)
        elif one is not None and not isinstance(one, bool) and str(one):
            yield str(one)
            if isinstance(one, str) and one.lstrip()[:1] in ('{', '['):
                # A json parameter may be given as text.
                try:
                    pending.append(json.loads(one))
                except ValueError:
                    continue
