"""Random histories of a stack with a group: requests, signals, plugin trouble and pauses."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from heatconv.sim import language, script
from heatconv.sim.history import STACK, trouble_from_json, trouble_to_json
from heatconv.sim.reality import EVERY
from heatconv.sim.script import Entry, Noop, Request, Trouble, Wait

GROUP, UP, DOWN = 'G', 'up', 'down'
SCALING, NUMBERED = 'scaling', 'numbered'

#: The file name of the template of a nested member, and the template.
MEMBER = 'member.yaml'
NESTED = {
    'heat_template_version': language.VERSION,
    'parameters': {'x': {'type': 'number'}},
    'resources': {'m': {'type': language.TYPE, 'properties': {'x': {'get_param': 'x'}}}},
}


@dataclass(frozen=True)
class Signal:
    """A server sends a signal to a policy; it arrives some time later, or twice, or never."""

    policy: str


@dataclass(frozen=True)
class GroupTemplate:
    """A template with a group.

    :ivar kind: SCALING for OS::Heat::AutoScalingGroup, NUMBERED for OS::Heat::ResourceGroup.
    :ivar value: the property of each member.
    :ivar size: the desired size; None, for SCALING only, to leave it as it is.
    :ivar most: largest size; the smallest is 1.
    :ivar batch: largest number of members of a batch; 0 for no batches.
    :ivar in_service: smallest number of members that a batch leaves as they are.
    :ivar pause: seconds between two batches.
    :ivar cooldown: seconds after a change of the size.
    :ivar nested: whether each member is a nested stack of one resource.
    """

    kind: str = SCALING
    value: int = 0
    size: int | None = 1
    most: int = 4
    batch: int = 1
    in_service: int = 0
    pause: int = 0
    cooldown: int = 0
    nested: bool = False

    @property
    def content(self) -> dict[str, Any]:
        """Return the content to store."""
        resources = self._scaling() if self.kind == SCALING else self._numbered()
        template = {'heat_template_version': language.VERSION, 'resources': resources}
        files = {MEMBER: NESTED} if self.nested else {}
        return {'template': template, 'environment': {}, 'files': files}

    def _member(self) -> dict[str, Any]:
        type_ = MEMBER if self.nested else language.TYPE
        return {'type': type_, 'properties': {'x': self.value}}

    def _scaling(self) -> dict[str, Any]:
        properties: dict[str, Any] = {
            'min_size': 1,
            'max_size': self.most,
            'cooldown': self.cooldown,
            'resource': self._member(),
            'rolling_updates': {
                'max_batch_size': max(self.batch, 1),
                'min_in_service': self.in_service,
                'pause_time': self.pause,
            },
        }
        if self.size is not None:
            properties['desired_capacity'] = min(self.size, self.most)
        return {
            GROUP: {'type': 'OS::Heat::AutoScalingGroup', 'properties': properties},
            UP: self._policy(1),
            DOWN: self._policy(-1),
        }

    def _policy(self, adjustment: int) -> dict[str, Any]:
        return {
            'type': 'OS::Heat::ScalingPolicy',
            'properties': {
                'auto_scaling_group_id': {'get_resource': GROUP},
                'adjustment_type': 'change_in_capacity',
                'scaling_adjustment': adjustment,
            },
        }

    def _numbered(self) -> dict[str, Any]:
        count = min(self.size or 0, self.most)
        group: dict[str, Any] = {
            'type': 'OS::Heat::ResourceGroup',
            'properties': {'count': count, 'resource_def': self._member()},
        }
        if self.batch:
            group['update_policy'] = {
                'batch_create': {'max_batch_size': self.batch, 'pause_time': self.pause},
                'rolling_update': {
                    'max_batch_size': self.batch,
                    'min_in_service': self.in_service,
                    'pause_time': self.pause,
                },
            }
        return {GROUP: group}


@dataclass(frozen=True)
class GroupHistory:
    """The entries of a history in order, and an update that must succeed after them.

    :ivar fused: whether reality counts as part of the store: commits are fused, and nested stacks
        are created and deleted at once.
    """

    entries: tuple[Entry | Signal, ...]
    final: GroupTemplate
    fused: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            'fused': self.fused,
            'entries': [_entry_to_json(entry) for entry in self.entries],
            'final': asdict(self.final),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> GroupHistory:
        entries = tuple(_entry_from_json(entry) for entry in value['entries'])
        return cls(entries, GroupTemplate(**value['final']), value.get('fused', False))


def draw(source: random.Random, trouble: bool = True) -> GroupHistory:
    """Draw a history.

    :param trouble: whether operations on members may fail, take long or be busy.
    """
    kind = SCALING if source.random() < 0.7 else NUMBERED
    nested = source.random() < 0.4
    entries: list[Entry | Signal] = []
    if trouble and source.random() < 0.4:
        entries.append(_draw_trouble(source))
    templates = [_draw_template(source, kind, nested)]
    options = {'disable_rollback': source.random() < 0.6}
    entries.append(_request('create', templates[0], options))
    for _ in range(source.randint(1, 7)):
        entries.append(Noop(source.choice((1, 2, 5, 9, 14))))
        chance = source.random()
        if chance < 0.5 and kind == SCALING:
            entries.append(Signal(source.choice((UP, UP, DOWN))))
        elif chance < 0.8:
            templates.append(_draw_template(source, kind, nested))
            entries.append(_request('update', templates[-1]))
        elif chance < 0.86:
            entries.append(_request('update', source.choice(templates)))
        elif chance < 0.9:
            entries.append(Request('rollback', STACK))
        elif chance < 0.93:
            entries.append(Request('cancel', STACK, options={'with_rollback': False}))
        elif chance < 0.97 and trouble:
            entries.append(_draw_trouble(source))
        else:
            entries.append(Wait(source.choice((3, 8))))
        if len(entries) > 10 and source.random() < 0.1:
            entries.append(Request('delete', STACK))
    final = _draw_template(source, kind, nested, final=True)
    return GroupHistory(tuple(entries), final, fused=source.random() < 0.5)


def _draw_template(
    source: random.Random, kind: str, nested: bool, final: bool = False
) -> GroupTemplate:
    keeps = kind == SCALING and not final and source.random() < 0.5
    return GroupTemplate(
        kind,
        value=source.randint(0, 3),
        size=None if keeps else source.randint(1, 4),
        most=source.choice((3, 4, 5)),
        batch=source.choice((0, 1, 1, 2, 3)),
        in_service=source.randint(0, 3),
        pause=source.choice((0, 0, 0, 2)),
        cooldown=source.choice((0, 0, 0, 4)),
        nested=nested,
    )


def _draw_trouble(source: random.Random) -> Trouble:
    """Draw trouble with all members."""
    verb = source.choice(('create', 'update', 'delete'))
    times = source.choice((1, 1, 2))
    chance = source.random()
    if chance < 0.4:
        return Trouble(EVERY, None, verb, times, half=source.random() < 0.4)
    if chance < 0.6:
        return Trouble(EVERY, None, verb, 1, busy=True)
    return Trouble(EVERY, source.choice((1, 2, 5)), verb, times)


def _request(verb: str, template: GroupTemplate, options: Mapping[str, Any] = {}) -> Request:
    return Request(verb, STACK, template, options)  # type: ignore[arg-type]


def _entry_to_json(entry: Entry | Signal) -> dict[str, Any]:
    match entry:
        case Signal(policy):
            return {'signal': policy}
        case Noop(count):
            return {'noop': count}
        case Wait(seconds):
            return {'wait': seconds}
        case Trouble():
            return trouble_to_json(entry)
        case Request(verb, _, template, options):
            fields: dict[str, Any] = {'request': verb, 'options': dict(options)}
            if template is not None:
                fields['template'] = asdict(template)  # type: ignore[call-overload]
            return fields
    raise TypeError(f'{entry} is not for histories')


def _entry_from_json(value: Mapping[str, Any]) -> Entry | Signal:
    if 'signal' in value:
        return Signal(value['signal'])
    if 'noop' in value:
        return Noop(value['noop'])
    if 'wait' in value:
        return Wait(float(value['wait']))
    if 'trouble' in value:
        return trouble_from_json(value)
    template = value.get('template')
    return script.Request(
        value['request'],
        STACK,
        None if template is None else GroupTemplate(**template),  # type: ignore[arg-type]
        value['options'],
    )
