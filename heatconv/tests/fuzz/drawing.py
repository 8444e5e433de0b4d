"""Draw requests that are nearly right, and some that are not at all."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from heatconv.convergence.hooks import HOOKS
from heatconv.hot.versions import ACCEPTED, CONDITIONS_SINCE
from heatconv.tests.fuzz.dialects import as_cfn

TYPES = ('OS::Heat::TestResource', 'OS::Heat::Value', 'OS::Heat::None', 'OS::Heat::RandomString')
NAMES = ('a', 'b', 'c', 'é', 'x y')
WORDS = (
    *('', 'a', 'b', '%x%', '$.data', 'sum()', '$.data.where($ > 1)', '0', '-1', 'true', 'null'),
    *('json', 'string', 'number', 'boolean', 'comma_delimited_list', 'OS::stack_name', '(a+)+$'),
    *('OS::Heat::*', '*', '2021-04-16', 'md5', 'sha256', ',', '{"a": [1]}', '☃', '\x00', '\ud800'),
)
KINDS = ('string', 'number', 'json', 'boolean', 'comma_delimited_list')
PROPERTIES = (
    ('OS::Heat::TestResource', 'value'),
    ('OS::Heat::Value', 'value'),
    ('OS::Heat::Value', 'value'),
    ('OS::Heat::None', 'anything'),
    ('OS::Heat::RandomString', 'salt'),
)
#: Functions of the latest version; others are met in the words.
USED = tuple(name for name in ACCEPTED['wallaby'].functions if name != 'resource_facade')
MAX_DEPTH = 6
NESTED = ('inner.yaml', 'inner.yaml', 'OS::Heat::ResourceGroup', 'OS::Heat::ResourceChain')
STRATEGIES = ('merge', 'deep_merge', 'overwrite', 'x')
#: A template to nest in which nothing is wrong.
PLAIN = {
    'template': {
        'heat_template_version': 'wallaby',
        'parameters': {'a': {'type': 'json', 'default': {}}},
        'outputs': {'a': {'value': {'get_param': 'a'}}},
    }
}
CFN = (
    ('AWSTemplateFormatVersion', '2010-09-09'),
    ('AWSTemplateFormatVersion', '2010-09-09'),
    ('HeatTemplateFormatVersion', '2012-12-12'),
    ('HeatTemplateFormatVersion', 'x'),
)


class Drawing:
    """Draws one request after the other.

    :param seed: the same one gives the same requests; or what to draw with.
    """

    def __init__(self, seed: int | Random) -> None:
        self._random = Random(seed) if isinstance(seed, int) else seed

    def content(self) -> dict[str, Any]:
        """Draw a template with its environment and files."""
        version = self._random.choice((*sorted(ACCEPTED), 'wallaby', 'wallaby', 'wallaby'))
        self._parameters = {name: self._random.choice(KINDS) for name in self._some(NAMES)}
        self._conditions = self._some(NAMES)
        self._resources = self._some(NAMES)
        self._known: list[str] = self._resources
        template: dict[str, Any] = {
            'heat_template_version': version,
            'parameters': {name: self._parameter(kind) for name, kind in self._parameters.items()},
            'resources': {},
            'outputs': {name: self._output() for name in self._some(NAMES)},
        }
        for place, name in enumerate(self._resources):
            template['resources'][name] = self._resource(self._resources[:place])
        if ACCEPTED[version].since(CONDITIONS_SINCE):
            template['conditions'] = {name: self._condition(0) for name in self._conditions}
        environment: dict[str, Any] = {
            'parameters': {
                name: self._of_kind(kind)
                for name, kind in self._parameters.items()
                if self._chance(0.5)
            }
        }
        if self._chance(0.1):
            environment['resource_registry'] = {
                self._word(): self._random.choice((None, *TYPES, self._word()))
            }
        made = {'template': template, 'environment': environment, 'files': {'a': 'text'}}
        if self._chance(0.3):
            self._nest(made)
        if self._chance(0.2):
            self._environments(made)
        if self._chance(0.15):
            key = self._random.choice(CFN)
            made['template'] = as_cfn(template, *key)
        while self._chance(0.3):
            self._spoil(made)
        return made

    def _nest(self, made: dict[str, Any]) -> None:
        """Have resources be stacks, of a template that is drawn too."""
        outer = (self._parameters, self._conditions, self._resources)
        inner = self._random.choice((self.content, lambda: made, lambda: PLAIN, lambda: PLAIN))()
        inner = inner['template']
        self._parameters, self._conditions, self._resources = outer
        made['files']['inner.yaml'] = inner if self._chance(0.5) else json.dumps(inner)
        registry = made['environment'].setdefault('resource_registry', {})
        registry[self._word()] = 'inner.yaml'
        registry['OS::Heat::Value'] = self._random.choice(('inner.yaml', 'OS::Heat::Value'))
        hooks = self._random.choice((HOOKS, 'pre-create', ['x'], None, []))
        registry['resources'] = {
            self._word(): {'hooks': hooks, 'restricted_actions': self._word()},
            'a': {'b': {'hooks': 'pre-create'}, 'OS::Heat::None': 'inner.yaml'},
        }
        for name, one in made['template']['resources'].items():
            if self._chance(0.5):
                one['type'] = self._random.choice(NESTED)
                one['properties'] = {'a': self._value(3)} if self._chance(0.7) else {}
                if one['type'] != 'inner.yaml' and self._chance(0.8):
                    one['properties'] = {
                        'count': self._random.choice((0, 1, 3, '2', -1, None)),
                        'resource_def': {'type': 'inner.yaml', 'properties': {name: '%index%'}},
                    }

    def _environments(self, made: dict[str, Any]) -> None:
        """Have environments come as files, which ask to be merged or not."""
        made['names'] = ['one', 'two']
        for name in made['names']:
            made['files'][name] = {
                'parameters': {one: self._of_kind(kind) for one, kind in self._parameters.items()},
                'parameter_merge_strategies': {
                    self._random.choice(('default', *NAMES)): self._random.choice(STRATEGIES)
                },
            }

    def _chance(self, of: float) -> bool:
        return self._random.random() < of

    def _word(self) -> str:
        return self._random.choice((*WORDS, *NAMES))

    def _some(self, names: tuple[str, ...]) -> list[str]:
        return self._random.sample(names, self._random.randint(0, 3))

    def _plain(self, depth: int) -> Any:
        draw = self._random.random()
        if depth < MAX_DEPTH and draw < 0.15:
            return [self._plain(depth + 1) for _ in range(self._random.randint(0, 3))]
        if depth < MAX_DEPTH and draw < 0.3:
            return {
                self._word(): self._plain(depth + 1) for _ in range(self._random.randint(0, 3))
            }
        numbers = (0, 1, -1, 10**30, 1.5, float('inf'), float('nan'), True, None, 2**63)
        return self._random.choice(numbers) if draw < 0.5 else self._word()

    def _of_kind(self, kind: str) -> Any:
        if self._chance(0.03):
            return self._plain(3)
        match kind:
            case 'string':
                return self._word()
            case 'number':
                return self._random.choice((0, 1, -1, 1.5, 10**30, '7'))
            case 'boolean':
                return self._random.choice((True, False, 'yes', 0))
            case 'json':
                return {'a': [1, {'b': self._word()}], self._word(): None}
            case _:
                return self._random.choice((['a', 'b'], 'a,b', [], ''))

    def _value(self, depth: int) -> Any:
        """Draw a value that may have functions in it."""
        if depth >= MAX_DEPTH or self._chance(0.3):
            return self._plain(MAX_DEPTH - 1) if self._chance(0.1) else self._word()
        if self._chance(0.7):
            return self._call(depth + 1)
        if self._chance(0.5):
            return self._list(depth + 1)
        return {self._word(): self._value(depth + 1) for _ in range(self._random.randint(0, 3))}

    def _list(self, depth: int) -> Any:
        if self._chance(0.2):
            return {'get_param': self._random.choice((*self._parameters, 'a'))}
        return [self._value(depth) for _ in range(self._random.randint(0, 3))]

    def _map(self, depth: int) -> Any:
        return {self._word(): self._value(depth) for _ in range(self._random.randint(0, 2))}

    def _call(self, depth: int) -> Any:
        name = self._random.choice(USED)
        return {name: self._argument(name, depth)}

    def _argument(self, name: str, depth: int) -> Any:
        if self._chance(0.02):
            return self._value(depth)
        match name:
            case 'get_param':
                return self._random.choice((*self._parameters, 'OS::stack_name'))
            case 'get_resource':
                return self._random.choice((*self._known, 'a'))
            case 'get_attr':
                name = self._random.choice((*self._known, 'a'))
                return [name, 'show', self._word()]
            case 'get_file':
                return 'a'
            case 'list_join' | 'str_split' | 'contains':
                last = self._value(depth) if name == 'str_split' else self._list(depth)
                return [self._random.choice((',', 'a')), last]
            case 'digest':
                return [self._random.choice(('md5', 'SHA256')), self._value(depth)]
            case 'list_concat' | 'list_concat_unique' | 'filter':
                return [self._list(depth) for _ in range(2)]
            case 'map_merge':
                return [self._map(depth) for _ in range(2)]
            case 'map_replace':
                return [self._map(depth), {'keys': self._map(MAX_DEPTH), 'values': {'a': 'b'}}]
            case 'repeat':
                each = {self._word(): self._list(depth) for _ in range(self._random.randint(1, 3))}
                more = {'permutations': self._chance(0.5)} if self._chance(0.3) else {}
                return {'template': self._value(depth), 'for_each': each, **more}
            case 'if':
                return [self._condition(depth), self._value(depth), self._value(depth)]
            case 'yaql':
                expression = ''.join(self._word() for _ in range(self._random.randint(1, 3)))
                return {'expression': expression, 'data': self._value(depth)}
            case 'make_url':
                return {one: self._word() for one in self._some(('scheme', 'host', 'path'))}
            case _:
                params = {self._word(): self._value(depth) for _ in range(2)}
                return {'template': self._value(MAX_DEPTH), 'params': params}

    def _condition(self, depth: int) -> Any:
        if depth >= MAX_DEPTH or self._chance(0.4):
            return self._random.choice((*self._conditions, True, False))
        match self._random.choice(('and', 'or', 'not', 'equals', 'get_param')):
            case 'not':
                return {'not': self._condition(depth + 1)}
            case 'get_param':
                flags = [name for name, kind in self._parameters.items() if kind == 'boolean']
                return {'get_param': self._random.choice(flags)} if flags else True
            case 'equals':
                return {'equals': [self._word(), {'get_param': 'OS::stack_name'}]}
            case name:
                return {name: [self._condition(depth + 1) for _ in range(2)]}

    def _parameter(self, kind: str) -> Any:
        made: dict[str, Any] = {'type': kind, 'default': self._of_kind(kind)}
        if self._chance(0.2):
            rules = {
                'string': ({'length': {'max': 99}}, {'allowed_pattern': self._word()}),
                'number': ({'range': {'min': self._plain(MAX_DEPTH)}},),
            }
            choices = rules.get(kind, ({'custom_constraint': self._word()},))
            made['constraints'] = [self._random.choice(choices)]
        if self._chance(0.2):
            made['hidden'] = True
        return made

    def _resource(self, known: list[str]) -> Any:
        self._known = known
        type_, name = self._random.choice(PROPERTIES)
        made: dict[str, Any] = {'type': type_, 'properties': {name: self._value(0)}}
        if self._chance(0.3) and known:
            made['depends_on'] = self._random.choice(known)
        if self._chance(0.1):
            made['condition'] = self._condition(2)
        if self._chance(0.2):
            made['metadata'] = self._map(2)
        if self._chance(0.1):
            made['deletion_policy'] = 'Retain'
        return made

    def _output(self) -> Any:
        self._known = self._resources
        made: dict[str, Any] = {'value': self._value(0)}
        if self._chance(0.1):
            made['condition'] = self._condition(2)
        return made

    def _spoil(self, made: Any) -> None:
        """Put something somewhere where it does not belong."""
        place = made
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                return
            key = self._random.choice(keys)
            below = place[key]
            if not isinstance(below, dict | list) or not below or self._chance(0.2):
                place[key] = self._value(2)
                return
            place = below
