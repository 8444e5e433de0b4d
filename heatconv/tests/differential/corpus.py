"""The cases that are made up, each of a seed."""

from __future__ import annotations

import random
from typing import Any

from heatconv.hot.versions import FUNCTIONS, VERSIONS
from heatconv.tests.differential import customs, environments, frames, parameters
from heatconv.tests.differential.case import VERSION, Case, wrapped
from heatconv.tests.differential.expressions import (
    ANY,
    ARGUMENTS,
    FILES,
    PARAMETERS,
    Expressions,
)
from heatconv.tests.differential.heatconv_side import functions, supports

#: From this version on there are conditions.
_CONDITIONS_SINCE = '2016-10-14'
#: Functions that need a parent or a cloud.
LEFT_OUT = frozenset(('resource_facade', 'Fn::ResourceFacade', 'Fn::GetAZs'))
#: What is made up by how many of the seeds; the rest are expressions.
_SHARES = (
    (0.15, parameters.case),
    (0.2, customs.case),
    (0.3, frames.properties),
    (0.4, frames.frame),
    (0.45, environments.case),
)


class Corpus:
    """Makes up cases of what is built here."""

    def __init__(self) -> None:
        self._functions = functions()
        self._conditions = supports(
            {'heat_template_version': VERSION, 'conditions': {'yes': True}}
        )

    def case(self, seed: int) -> Case:
        """Make up the case of a seed: always the same of the same functions."""
        source = random.Random(seed)
        version = source.choice(VERSIONS)
        name = f'seed {seed}'
        what = source.random()
        for share, make in _SHARES:
            if what < share:
                return make(name, source, version)
        usable = frozenset(
            name for name in ARGUMENTS if name in version.functions and name in self._functions
        )
        conditions: dict[str, Any] = {}
        if self._conditions and version.since(_CONDITIONS_SINCE):
            plain = Expressions(source, usable & {'get_param'})
            conditions = {name: plain.condition(2) for name in ('c1', 'c2')}
            conditions['yes'] = True
        made = Expressions(source, usable, tuple(conditions))
        # Each function is on top as often as any other.
        top = source.choice(sorted(usable))
        value: Any = made.use(top, source.randint(1, 4))
        if source.random() < 0.1:
            value = made.value(ANY, 4)
        template = wrapped(value, version.date, PARAMETERS, conditions)
        if conditions and source.random() < 0.2:
            section, name = source.choice((('resources', 'it'), ('outputs', 'it')))
            template[section][name]['condition'] = made.condition(1)
        return Case(name, template, files=FILES)

    def covered(self) -> frozenset[str]:
        """Name the functions that cases may use."""
        return frozenset(ARGUMENTS) & self._functions

    def forgotten(self) -> frozenset[str]:
        """Name the functions that are built here and that no case uses."""
        return (self._functions & frozenset(FUNCTIONS)) - frozenset(ARGUMENTS) - LEFT_OUT
