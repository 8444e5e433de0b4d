"""Make up expressions: functions within functions, mostly with arguments that fit.

:data:`ARGUMENTS` has for each function of any version what makes up its argument; a
function that is not built here yet is left out by whoever asks.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

#: What kinds of values there are.
STRING, NUMBER, BOOLEAN, LIST, MAP, ANY = 'string', 'number', 'boolean', 'list', 'map', 'any'

#: The parameters of every made-up template, by the kind of their values.
PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    'text': {'type': 'string', 'default': 'one two $a %b%'},
    'empty': {'type': 'string', 'default': ''},
    'size': {'type': 'number', 'default': 3},
    'ratio': {'type': 'number', 'default': '2.50'},
    'flag': {'type': 'boolean', 'default': 'yes'},
    'names': {'type': 'comma_delimited_list', 'default': 'a, b,c'},
    'source': {'type': 'string', 'default': 'src'},
    'config': {'type': 'json', 'default': {'k': 'v', 'list': ['x', 1, None], 'map': {'a': 'b'}}},
}
_OF_KIND: Mapping[str, tuple[Any, ...]] = {
    STRING: ('text', 'empty', 'OS::stack_name', ['config', 'k'], ['names', 1], ['text', 0]),
    NUMBER: ('size', 'ratio', ['config', 'list', 1]),
    BOOLEAN: ('flag',),
    LIST: ('names', ['config', 'list']),
    MAP: ('config', ['config', 'map']),
}
FILES = {'file.txt': 'content of the file', 'empty.txt': ''}
_WORDS = ('', 'a', 'b', 'k', 'one two', '$a', '%b%', ',', 'a,b,,c', 'é', '0', '1', '-1', 'x/y?z&')
_NUMBERS = (0, 1, -1, 2, 3.5, 443, 70000)
_YAQL = (
    '$.data',
    '$.data.len()',
    '$.data.where($ != null)',
    '$.data.list.select($)',
    '$.data.keys().orderBy($)',
    'dict(a => $.data)',
    '$.data.get(k, none)',
    '1 + ',
    'range(0, 300).toList()',
    '$.data.flatten().toSet().len()',
    '$.data.toDict($, $)',
    'let(x => $.data) -> $x',
    'str($.data)',
    '$.data * 2',
    'now() != null',
    '[$.data, 1].reverse()',
    '$.data.list[0]',
    'coalesce($.data.k, 5)',
    '$.nothing',
)
_ATTRIBUTES = (
    ['value'],
    ['value', 'text'],
    ['value', 'list'],
    ['value', 'list', 1],
    ['value', 'list', '1'],
    ['value', 'map'],
    ['value', 'map', '0'],
    ['value', 'deep', 1, 'name'],
    ['value', 'nothing'],
    ['value', 'nothing', 'more'],
    ['value', 'text', 0],
    ['value', 'missing'],
    ['show'],
    ['nonsense'],
    [],
)


class Expressions:
    """Makes up values for templates of one version.

    :param functions: those that may be used.
    :param conditions: the names of the conditions there are.
    :param wild: how often a value does not fit where it is put.
    """

    def __init__(
        self,
        source: random.Random,
        functions: frozenset[str],
        conditions: tuple[str, ...] = (),
        wild: float = 0.06,
    ) -> None:
        self.source = source
        self.functions = functions
        self.conditions = conditions
        self._wild = wild

    def one_of(self, *choices: Any) -> Any:
        """Choose one."""
        return self.source.choice(choices)

    def maybe(self, chance: float = 0.5) -> bool:
        """Tell whether to do something."""
        return self.source.random() < chance

    def some(self, make: Callable[[], Any], most: int = 3) -> list[Any]:
        """Make some values, or none."""
        return [make() for _ in range(self.source.randint(0, most))]

    def value(self, kind: str, depth: int) -> Any:
        """Make up a value, of a kind that fits or, now and then, of any other."""
        if self.maybe(self._wild):
            kind = self.one_of(STRING, NUMBER, BOOLEAN, LIST, MAP, 'null')
        if kind == ANY:
            kind = self.one_of(STRING, STRING, NUMBER, BOOLEAN, LIST, MAP, 'null')
        if kind == 'null':
            return None
        if depth > 0 and self.maybe(0.6):
            return self.call(kind, depth)
        if self.maybe(0.25):
            return {'get_param': self.one_of(*_OF_KIND[kind])}
        return self.plain(kind, depth)

    def plain(self, kind: str, depth: int) -> Any:
        """Make up a value that is no function itself."""
        if kind == NUMBER:
            return self.one_of(*_NUMBERS)
        if kind == BOOLEAN:
            return self.maybe()
        if kind == LIST:
            item = self.one_of(STRING, STRING, ANY)
            return self.some(lambda: self.value(item, depth - 1))
        if kind == MAP:
            item = self.one_of(STRING, STRING, ANY)
            return {
                self.one_of(*_WORDS[1:5]): self.value(item, depth - 1)
                for _ in range(self.source.randint(0, 3))
            }
        return self.one_of(*_WORDS)

    def call(self, kind: str, depth: int) -> Any:
        """Make up a use of a function that gives a kind of value, if there is one."""
        fitting = [name for name, (gives, _) in ARGUMENTS.items() if gives in (kind, ANY)]
        usable = [name for name in fitting if name in self.functions]
        if not usable:
            return self.plain(kind, depth)
        return self.use(self.source.choice(usable), depth)

    def use(self, name: str, depth: int) -> dict[str, Any]:
        """Make up a use of a function."""
        if self.maybe(self._wild / 2):
            return {name: self.value(ANY, depth - 1)}
        return {name: ARGUMENTS[name][1](self, depth - 1)}

    def condition(self, depth: int) -> Any:
        """Make up a condition."""
        roll = self.source.random()
        if depth <= 0 or roll < 0.25:
            return self.one_of(True, False, {'get_param': 'flag'}, *self.conditions)
        if roll < 0.5:
            return {'equals': [self.value(ANY, 1), self.value(ANY, 1)]}
        if roll < 0.65:
            return {'not': self.condition(depth - 1)}
        if roll < 0.9:
            name = self.one_of('and', 'or')
            return {name: [self.condition(depth - 1) for _ in range(self.source.randint(1, 3))]}
        if roll < 0.95:
            return {'contains': [self.value(STRING, 1), self.value(LIST, 1)]}
        return self.value(ANY, 1)


def _get_param(made: Expressions, depth: int) -> Any:
    name = made.one_of(*PARAMETERS, 'OS::stack_name', 'OS::project_id', 'nonsense')
    if made.maybe(0.4):
        return name
    return [name, *made.some(lambda: made.one_of('k', 'list', 'map', 0, 1, '0', -1, 9, 'x', None))]


def _get_attr(made: Expressions, depth: int) -> Any:
    path = list(made.one_of(*_ATTRIBUTES))
    if path and made.maybe(0.1):
        path[-1] = made.value(made.one_of(STRING, NUMBER), depth)
    return [_resource(made), *path]


def _resource(made: Expressions) -> Any:
    return made.one_of(*['src'] * 20, {'get_param': 'source'}, 'nobody', {'get_param': 'text'})


def _join(made: Expressions, depth: int) -> Any:
    lists = made.source.choice((1, 1, 1, 2, 3))
    return [made.value(STRING, 0), *(made.value(LIST, depth) for _ in range(lists))]


def _replace(made: Expressions, depth: int) -> Any:
    names = made.source.sample(('$a', '%b%', 'one', 'o', 'k', 'a'), made.source.randint(0, 3))
    kind = made.one_of(STRING, STRING, NUMBER, ANY)
    text = made.one_of('$a and %b%', 'one $a%b%', made.value(STRING, depth))
    return {'template': text, 'params': {name: made.value(kind, depth) for name in names}}


def _repeat(made: Expressions, depth: int) -> Any:
    kinds = (LIST, LIST, LIST, MAP)
    body = made.one_of('%a%', 'x-%a%-$b', {'%a%': '$b'}, ['%a%', {'k': '$b'}], 5)
    if made.maybe(0.3):
        body = made.value(ANY, depth)
    names = made.one_of(('%a%',), ('%a%', '$b'), ('$b', '%a%'), ('%a%', 'a'))
    argument = {
        'template': body,
        'for_each': {name: made.value(made.one_of(*kinds), depth) for name in names},
    }
    if made.maybe(0.05):
        argument['for_each'] = made.value(MAP, depth)
    if made.maybe(0.2):
        argument['permutations'] = made.one_of(True, False, False, 'no')
    return argument


def _digest(made: Expressions, depth: int) -> Any:
    algorithm = made.one_of(
        'md5', 'sha1', 'sha256', 'SHA512', 'sha3_256', 'blake2b', 'shake_128', 'rot13'
    )
    return [algorithm, made.value(STRING, depth)]


def _str_split(made: Expressions, depth: int) -> Any:
    argument = [made.one_of(',', ' ', 'a', '', made.value(STRING, 0)), made.value(STRING, depth)]
    if made.maybe(0.4):
        argument.append(made.one_of(0, 1, '1', -1, 7, 'x', None, True))
    return argument


def _map_replace(made: Expressions, depth: int) -> Any:
    changes: dict[str, Any] = {}
    if made.maybe(0.7):
        changes['keys'] = made.value(MAP, depth)
    if made.maybe(0.7):
        changes['values'] = made.value(MAP, depth)
    return [made.value(MAP, depth), changes]


def _make_url(made: Expressions, depth: int) -> Any:
    argument: dict[str, Any] = {}
    for key in ('scheme', 'username', 'password', 'path', 'fragment'):
        if made.maybe(0.4):
            argument[key] = made.value(STRING, depth)
    if made.maybe(0.8):
        argument['host'] = made.one_of('host', '10.0.0.1', '::1', '[::1]', made.value(STRING, 1))
    if made.maybe(0.5):
        argument['port'] = made.one_of(80, '80', 0, 65535, 65536, 'x', made.value(NUMBER, 1))
    if made.maybe(0.4):
        argument['query'] = made.value(MAP, depth)
    return argument


def _if(made: Expressions, depth: int) -> Any:
    condition = made.condition(2) if made.maybe(0.6) else made.one_of('yes', *made.conditions)
    argument = [condition, made.value(ANY, depth)]
    if made.maybe(0.8):
        argument.append(made.value(ANY, depth))
    return argument


def _yaql(made: Expressions, depth: int) -> Any:
    return {
        'expression': made.one_of(*_YAQL),
        'data': made.value(made.one_of(LIST, MAP), depth),
    }


def _lists(made: Expressions, depth: int) -> Any:
    return made.some(lambda: made.value(LIST, depth), 4)


#: Of each function what it gives, and what makes up its argument.
ARGUMENTS: Mapping[str, tuple[str, Callable[[Expressions, int], Any]]] = {
    'get_param': (ANY, _get_param),
    'get_attr': (ANY, _get_attr),
    'get_resource': (STRING, lambda made, depth: _resource(made)),
    'get_file': (STRING, lambda made, depth: made.one_of('file.txt', 'empty.txt', 'none.txt')),
    'list_join': (STRING, _join),
    'str_replace': (STRING, _replace),
    'str_replace_strict': (STRING, _replace),
    'str_replace_vstrict': (STRING, _replace),
    'digest': (STRING, _digest),
    'make_url': (STRING, _make_url),
    'str_split': (LIST, _str_split),
    'repeat': (LIST, _repeat),
    'filter': (LIST, lambda made, depth: [made.value(LIST, depth), made.value(LIST, depth)]),
    'list_concat': (LIST, _lists),
    'list_concat_unique': (LIST, _lists),
    'map_merge': (MAP, lambda made, depth: made.some(lambda: made.value(MAP, depth), 4)),
    'map_replace': (MAP, _map_replace),
    'contains': (BOOLEAN, lambda made, depth: [made.value(ANY, depth), made.value(LIST, depth)]),
    'if': (ANY, _if),
    'yaql': (ANY, _yaql),
    'Ref': (ANY, lambda made, depth: made.one_of('src', 'text', 'names', 'config', 'nobody')),
    'Fn::Select': (
        ANY,
        lambda made, depth: [
            made.one_of(0, 1, '1', -1, 9, 'k', 'x', ''),
            made.value(made.one_of(LIST, MAP), depth),
        ],
    ),
    'Fn::Join': (STRING, lambda made, depth: [made.value(STRING, 0), made.value(LIST, depth)]),
    'Fn::Split': (LIST, lambda made, depth: [made.one_of(',', ' '), made.value(STRING, depth)]),
    'Fn::Replace': (
        STRING,
        lambda made, depth: [
            {name: made.value(STRING, depth) for name in made.one_of((), ('$a',), ('$a', 'o'))},
            made.value(STRING, depth),
        ],
    ),
    'Fn::Base64': (STRING, lambda made, depth: made.value(STRING, depth)),
    'Fn::MemberListToMap': (
        MAP,
        lambda made, depth: [
            'Name',
            'Value',
            made.one_of(
                ['.member.0.Name=key', '.member.0.Value=door'],
                ['.member.0.Name=a', '.member.0.Value=b', '.member.1.Name=c', '.member.1.Value='],
                ['Name=x'],
                made.value(LIST, depth),
            ),
        ],
    ),
}
