"""Make up declarations of parameters and values for them."""

from __future__ import annotations

import random
from typing import Any

from heatconv.hot.versions import Version
from heatconv.tests.differential.case import Case

_TYPES = ('string', 'number', 'json', 'comma_delimited_list', 'boolean')
#: Values that each type takes, or nearly.
_VALUES: dict[str, tuple[Any, ...]] = {
    'string': ('', 'a', 'abc', 'ABC', ' a ', '12', 12, 1.5, True, 'x' * 300, 'é', 'a\n'),
    'number': (0, 1, -1, 7, 2.5, '0', '7', '2.50', ' 3 ', '1e3', '+5', '', 'x', True, 12345678901),
    'json': ({}, {'a': 1}, [], [1, 'x'], '{"a": [1]}', '[]', '', 'x', '5', '"s"', 'null', 5, True),
    'comma_delimited_list': ('', 'a', 'a,b', ' a , b ', ',', ['a', 'b'], [], ['x', 1], [None], 5),
    'boolean': (True, False, 'true', 'False', 'yes', 'OFF', 't', '1', '0', 1, 0, 2, '', 'x', 1.0),
}
_CONSTRAINTS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ('length', ({'min': 1}, {'max': 3}, {'min': 1, 'max': 3}, {'min': '2'}, {'min': 4, 'max': 2})),
    ('range', ({'min': 0}, {'max': 5}, {'min': 1, 'max': 7}, {'min': 0.5}, {'min': 'x'})),
    ('modulo', ({'step': 2, 'offset': 1}, {'step': 3, 'offset': 0}, {'step': 0, 'offset': 0})),
    ('allowed_values', (['a', 'abc', '12'], [0, 1, 7], ['7', '0'], [True], [], 'a')),
    ('allowed_pattern', ('[a-z]+', 'a', '^[A-Za-z]*$', '[0-9]{1,2}', '.*')),
)
#: Of which constraint which type is given it, mostly.
_FITTING = {
    'string': ('length', 'allowed_values', 'allowed_pattern'),
    'number': ('range', 'modulo', 'allowed_values'),
    'json': ('length',),
    'comma_delimited_list': ('length', 'allowed_values'),
    'boolean': ('allowed_values',),
}


def case(name: str, source: random.Random, version: Version) -> Case:
    """Make up a template of one parameter, and an environment for it."""
    kind = source.choice(_TYPES)

    def value() -> Any:
        if source.random() < 0.05:
            kind_ = source.choice(_TYPES)
            return source.choice(_VALUES[kind_])
        return source.choice(_VALUES[kind])

    declaration: dict[str, Any] = {'type': kind}
    if source.random() < 0.5:
        declaration['default'] = value()
    if source.random() < 0.5:
        declaration['constraints'] = [
            _constraint(source, kind) for _ in range(source.choice((1, 1, 1, 2)))
        ]
    if source.random() < 0.1:
        declaration['hidden'] = source.choice((True, False, 'yes'))
    if source.random() < 0.05:
        declaration['tags'] = source.choice((['a'], 'a,b'))
    environment: dict[str, Any] = {}
    if source.random() < 0.6:
        environment['parameters'] = {'p': value()}
    if source.random() < 0.2:
        environment['parameter_defaults'] = {'p': value(), 'unused': 1}
    if source.random() < 0.02:
        environment.setdefault('parameters', {})['nobody'] = 1
    if source.random() < 0.02:
        environment['parameters'] = {'p': None}
    template = {
        'heat_template_version': version.date,
        'parameters': {'p': declaration},
        'outputs': {'it': {'value': {'get_param': 'p'}}},
    }
    return Case(name, template, environment)


def _constraint(source: random.Random, kind: str) -> dict[str, Any]:
    fitting = [one for one in _CONSTRAINTS if one[0] in _FITTING[kind]]
    name, arguments = source.choice(fitting if source.random() < 0.93 else list(_CONSTRAINTS))
    constraint = {name: source.choice(arguments)}
    if source.random() < 0.1:
        constraint['description'] = 'must be so'
    return constraint
