"""Read the cases that are written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from heatconv.tests.differential import case as cases
from heatconv.tests.differential.case import STATES, VERSION, Answer, Case, value_of, wrapped
from heatconv.tests.differential.expressions import PARAMETERS

_DIRECTORY = Path(__file__).parent / 'cases'
_KEYS = {
    'answer',
    'answers',
    'conditions',
    'deliberate',
    'environment',
    'error',
    'files',
    'name',
    'parameters',
    'states',
    'template',
    'value',
    'version',
    'why',
}
_ERRORS = {
    cases.VERSION_KIND,
    cases.MISSING,
    cases.UNKNOWN,
    cases.CIRCULAR,
    cases.TOO_LARGE,
    cases.INVALID,
}


@dataclass(frozen=True)
class Written:
    """A case with what Heat is known to answer.

    :ivar answers: some of Heat's answers, by place.
    :ivar error: the kind with which Heat refuses it, or ''.
    """

    case: Case
    why: str
    answers: dict[str, Answer]
    error: str


def written() -> Iterator[Written]:
    """Read all of them.

    A ``value`` alone stands for a template with that value in a property and in an output,
    and with the parameters of :data:`heatconv.tests.differential.expressions.PARAMETERS`.

    :raises ValueError: if one is not written as it should be.
    """
    for path in sorted(_DIRECTORY.glob('*.yaml')):
        for one in yaml.safe_load(path.read_text()):
            yield _written(path.stem, one)


def _written(stem: str, one: dict[str, Any]) -> Written:
    name = f'{stem}: {one.get("name")}'
    unknown = sorted(set(one) - _KEYS)
    if unknown or not one.get('why') or ('template' in one) == ('value' in one):
        raise ValueError(f'{name} is not written as a case is: {unknown}')
    template = one.get('template')
    answers = {place: value_of(value) for place, value in one.get('answers', {}).items()}
    if template is None:
        template = wrapped(
            one['value'],
            one.get('version', VERSION),
            one.get('parameters', PARAMETERS),
            one.get('conditions'),
        )
        if 'answer' in one:
            answers['outputs.it'] = value_of(one['answer'])
    error = one.get('error', '')
    if error and error not in _ERRORS:
        raise ValueError(f'{name}: there is no kind of error {error!r}')
    case = Case(
        name,
        template,
        one.get('environment', {}),
        one.get('files', {}),
        one.get('states', STATES),
        one.get('deliberate', ''),
    )
    return Written(case, one['why'], answers, error)
