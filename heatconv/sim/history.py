"""Random histories of one stack: user requests, and plugin trouble."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heatconv.convergence.hooks import HOOKS
from heatconv.sim.language import GetAtt, GetRes, RsrcDef, Template
from heatconv.sim.script import Entry, Noop, Request, Trouble, Wait

NAMES = 'ABCDEF'
STACK = 's'
INFINITY = float('inf')


@dataclass(frozen=True)
class History:
    """The entries of a script in order, and an epilogue that must succeed after them.

    :ivar final: template of the update in the epilogue; None for no epilogue.
    :ivar always: True: always run the epilogue, with a second, identical update that must change
        nothing. False: run it only if something may need repair, and without the second update.
    :ivar settles: whether engines leave out nodes whose check would find nothing to do.
    :ivar fused: whether reality counts as part of the store, so that commits are fused.
    """

    entries: tuple[Entry, ...]
    final: Template | None = None
    always: bool = True
    settles: bool = False
    fused: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            'entries': [_entry_to_json(entry) for entry in self.entries],
            'final': None if self.final is None else template_to_json(self.final),
            'always': self.always,
            'settles': self.settles,
            'fused': self.fused,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> History:
        final = value['final']
        return cls(
            tuple(_entry_from_json(entry) for entry in value['entries']),
            None if final is None else template_from_json(final),
            value.get('always', True),
            value.get('settles', False),
            value.get('fused', False),
        )


def draw_template(source: random.Random, most: int = 4) -> Template:
    """Draw a template; its references form no cycle.

    :param most: largest number of resources.
    """
    order = list(NAMES[: most + 1])
    source.shuffle(order)
    order = order[: source.randint(0, most)]
    hooked = source.random() < 0.15
    resources: dict[str, RsrcDef] = {}
    for index, name in enumerate(order):
        properties: dict[str, Any] = {'x': source.randint(0, 2)}
        depends_on: list[str] = []
        if source.random() < 0.5:
            properties['!a'] = source.randint(0, 1)
        for other in source.sample(order[:index], min(index, source.randint(0, 2))):
            kind = source.random()
            key = f'{"!" if source.random() < 0.3 else ""}to_{other}'
            if kind < 0.5:
                properties[key] = GetRes(other)
            elif kind < 0.8:
                properties[key] = GetAtt(other, 'x')
            else:
                depends_on.append(other)
        resources[name] = RsrcDef(properties, depends_on, _draw_hooks(source, hooked))
    return Template(resources)


def _draw_hooks(source: random.Random, hooked: bool) -> tuple[str, ...]:
    """Draw the hooks of a resource.

    :param hooked: whether the template has hooks at all.
    """
    if not hooked or source.random() < 0.5:
        return ()
    return tuple(source.sample(HOOKS, source.choice((1, 1, 2, 6))))


def draw(source: random.Random, trouble: bool = True, most: int = 4) -> History:
    """Draw a history of one stack.

    :param trouble: whether operations may fail, take long or be busy, and time may pass.
    :param most: largest number of resources of a template.
    """
    entries: list[Entry] = []
    if trouble and source.random() < 0.5:
        for _ in range(source.randint(1, 2)):
            entries.append(_draw_trouble(source, most))
    templates = [draw_template(source, most)]
    entries.append(Request('create', STACK, templates[0], _draw_options(source)))
    for _ in range(source.choice((0, 1, 1, 2, 2, 3, 4))):
        entries.append(Noop(source.choice((1, 1, 2, 3, 5, 8))))
        kind = source.random()
        if kind < 0.15:
            # An earlier template is requested again.
            entries.append(Request('update', STACK, source.choice(templates)))
        elif kind < 0.65:
            templates.append(draw_template(source, most))
            entries.append(Request('update', STACK, templates[-1]))
        elif kind < 0.8:
            entries.append(Request('rollback', STACK))
        elif kind < 0.9:
            rollback = source.random() < 0.5
            entries.append(Request('cancel', STACK, options={'with_rollback': rollback}))
        elif kind < 0.95 and trouble:
            entries.append(_draw_trouble(source, most))
        else:
            entries.append(Request('delete', STACK))
        if trouble and source.random() < 0.05:
            entries.append(Wait(source.choice((20, 61))))
    final = draw_template(source, most)
    return History(
        tuple(entries), final, settles=source.random() < 0.5, fused=source.random() < 0.5
    )


def _draw_options(source: random.Random) -> Mapping[str, Any]:
    """Draw the options of a create request."""
    options: dict[str, Any] = {'disable_rollback': source.random() < 0.5}
    if source.random() < 0.3:
        options['timeout_mins'] = 1
    return options


def _draw_trouble(source: random.Random, most: int) -> Trouble:
    """Draw trouble with one resource name."""
    name = source.choice(NAMES[: most + 1])
    verb = source.choice((None, 'create', 'update', 'delete'))
    if source.random() < 0.2:
        busy = source.choice((verb, 'observe'))
        return Trouble(name, None, busy, source.choice((1, 2, 2, INFINITY)), busy=True)
    if source.random() < 0.5:
        half = source.random() < 0.4
        return Trouble(name, None, verb, source.choice((1, 1, 2, INFINITY)), half)
    return Trouble(name, source.choice((1, 2, 5, INFINITY)), verb, source.choice((1, 2, INFINITY)))


def without_noops(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return the entries that are not delays."""
    return tuple(entry for entry in entries if not isinstance(entry, Noop))


# JSON for replays


def template_to_json(template: Template) -> dict[str, Any]:
    return {
        name: {
            'properties': {
                key: value.hot() if isinstance(value, GetRes | GetAtt) else value
                for key, value in definition.properties.items()
            },
            'depends_on': list(definition.depends_on),
            **({'hooks': list(definition.hooks)} if definition.hooks else {}),
        }
        for name, definition in template.resources.items()
    }


def template_from_json(value: Mapping[str, Any]) -> Template:
    return Template(
        {
            name: RsrcDef(
                {key: _property(value) for key, value in definition['properties'].items()},
                definition['depends_on'],
                tuple(definition.get('hooks', ())),
            )
            for name, definition in value.items()
        }
    )


def _property(value: Any) -> Any:
    if isinstance(value, dict) and list(value) == ['get_resource']:
        return GetRes(value['get_resource'])
    if isinstance(value, dict) and list(value) == ['get_attr']:
        return GetAtt(*value['get_attr'])
    return value


def _number(value: float | None) -> Any:
    """Return a number as JSON, which has no infinity."""
    return 'inf' if value == INFINITY else value


def trouble_to_json(entry: Trouble) -> dict[str, Any]:
    return {
        'trouble': entry.name,
        'polls': _number(entry.polls),
        'verb': entry.verb,
        'times': _number(entry.times),
        'half': entry.half,
        'busy': entry.busy,
    }


def trouble_from_json(value: Mapping[str, Any]) -> Trouble:
    polls = value['polls']
    return Trouble(
        value['trouble'],
        None if polls is None else float(polls),
        value['verb'],
        float(value['times']),
        value.get('half', False),
        value.get('busy', False),
    )


def _entry_to_json(entry: Entry) -> dict[str, Any]:
    if isinstance(entry, Noop):
        return {'noop': entry.count}
    if isinstance(entry, Trouble):
        return trouble_to_json(entry)
    if isinstance(entry, Wait):
        return {'wait': entry.seconds}
    assert isinstance(entry, Request), f'{entry} is not for histories'
    fields: dict[str, Any] = {'request': entry.verb, 'stack': entry.stack}
    if entry.template is not None:
        fields['template'] = template_to_json(entry.template)
    if entry.options:
        fields['options'] = dict(entry.options)
    return fields


def _entry_from_json(value: Mapping[str, Any]) -> Entry:
    if 'noop' in value:
        return Noop(value['noop'])
    if 'trouble' in value:
        return trouble_from_json(value)
    if 'wait' in value:
        return Wait(float(value['wait']))
    template = value.get('template')
    return Request(
        value['request'],
        value['stack'],
        None if template is None else template_from_json(template),
        value.get('options', {}),
    )
