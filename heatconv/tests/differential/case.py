"""What is asked of both sides, what they answer, and where the answers differ."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

VERSION = '2021-04-16'

#: The kinds of errors that clients tell apart; all the rest is ``INVALID``.
VERSION_KIND = 'version'
MISSING = 'missing parameter'
UNKNOWN = 'unknown parameter'
CIRCULAR = 'circular'
TOO_LARGE = 'too large'
INVALID = 'invalid'

#: What resources give at run time, unless a case says otherwise.
STATES: Mapping[str, Any] = {
    'src': {
        'reference_id': 'src-id',
        'attributes': {
            'value': {
                'text': 'one two',
                'list': ['x', 'y', 'z'],
                'number': 7,
                'nothing': None,
                'map': {'k': 'v', '0': 'zero'},
                'deep': [{'name': 'n0'}, {'name': 'n1'}],
            },
            'show': {'status': 'ok'},
        },
    },
}


@dataclass(frozen=True)
class Case:
    """A template with all that it is resolved with.

    :ivar states: reference ids and attributes of resources, by name.
    :ivar deliberate: the name of the deliberate difference that it shows, or ''.
    """

    name: str
    template: Mapping[str, Any]
    environment: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, Any] = field(default_factory=lambda: STATES)
    deliberate: str = ''

    def __str__(self) -> str:
        shown = {'template': self.template}
        for key in ('environment', 'files'):
            if getattr(self, key):
                shown[key] = getattr(self, key)
        return f'{self.name}: {json.dumps(shown, default=repr)}'


@dataclass(frozen=True)
class Answer:
    """A value in a form that can be compared, or a kind of error.

    :ivar detail: what was said; not compared.
    """

    value: str | None = None
    error: str | None = None
    detail: str = field(default='', compare=False)

    def __str__(self) -> str:
        if self.error is None:
            return str(self.value)
        return f'[{self.error}] {self.detail}'


@dataclass(frozen=True)
class Outcome:
    """What one side makes of a case.

    :ivar refused: why the template was not accepted, if so.
    :ivar answers: what it resolves to, by place; of Heat also if it refuses.
    """

    refused: Answer | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """One place where the sides differ; None means nothing is said of it."""

    place: str
    heat: Answer | None
    ours: Answer | None

    def __str__(self) -> str:
        return f'{self.place}:\n    Heat     {self.heat}\n    heatconv {self.ours}'


#: The place of an answer that concerns the template as a whole.
WHOLE = 'template'
#: The place of a difference in when an error is told, all answers being equal.
TIME = 'time'


def value_of(value: Any) -> Answer:
    """Take a value: 1, 1.0, true and '1' differ, the order of keys does not matter."""
    # Written first: keys that are no strings cannot be sorted before they are.
    written = json.loads(json.dumps(value, default=_plain))
    return Answer(json.dumps(written, sort_keys=True))


def differences(heat: Outcome, ours: Outcome) -> Iterable[Difference]:
    """Find where two outcomes differ.

    What is refused here may be accepted by Heat and fail when it is resolved, with the
    same kind of error: that is found early, and no difference. What Heat refuses and we
    accept is one in time if, asked all the same, Heat resolves it to what we do.
    """
    if ours.refused is not None:
        early = heat.refused is None and ours.refused in heat.answers.values()
        if ours.refused != heat.refused and not early:
            yield Difference(WHOLE, heat.refused, ours.refused)
        return
    if heat.refused is not None:
        alike = heat.answers == ours.answers
        yield Difference(TIME if alike else WHOLE, heat.refused, None)
        return
    for place in {**heat.answers, **ours.answers}:
        theirs, own = heat.answers.get(place), ours.answers.get(place)
        if theirs != own:
            yield Difference(place, theirs, own)


def without_nulls(value: Any) -> Any:
    """Leave nulls in maps out: Heat gives null for each property that has no value."""
    if isinstance(value, Mapping):
        return {key: without_nulls(one) for key, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        return [without_nulls(one) for one in value]
    return value


def wrapped(
    value: Any,
    version: str = VERSION,
    parameters: Mapping[str, Any] | None = None,
    conditions: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Make a template of one value: an output, and a property of any type."""
    template: dict[str, Any] = {
        'heat_template_version': version,
        'resources': {
            'src': {'type': 'OS::Heat::Value', 'properties': {'value': 1}},
            'it': {'type': 'OS::Heat::Value', 'properties': {'value': value}},
        },
        'outputs': {'it': {'value': value}},
    }
    if parameters:
        template['parameters'] = dict(parameters)
    if conditions:
        template['conditions'] = dict(conditions)
    return template


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f'{type(value)} is no value of a template')
