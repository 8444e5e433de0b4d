"""Make up templates: of whole stacks, and of the stacks that are nested in them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from heatconv.tests.differential.stacks.expressions import TEXTS, Scope, Source
from heatconv.tests.differential.stacks.history import Request
from heatconv.tests.differential.stacks.observing import RANDOM

VERSIONS = ('2016-10-14', '2017-09-01', '2018-08-31', '2021-04-16')
#: What the names of resources that may fail begin with.
FAILING = 'z_'
TEST = 'OS::Heat::TestResource'
VALUE = 'OS::Heat::Value'
#: Names that an environment may give to other types.
TEST_ALIAS = 'My::Test'
NESTED_ALIAS = 'My::Nested'


@dataclass(frozen=True)
class Nested:
    """A template that others use as a type.

    :ivar parameters: names of those that are texts.
    :ivar texts: names of the outputs that are texts.
    """

    type: str
    parameters: Sequence[str]
    texts: Sequence[str]
    others: Sequence[str]


@dataclass
class Templates:
    """Makes up the templates of one request."""

    source: random.Random
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    registry: dict[str, Any] = field(default_factory=dict)
    nested: list[Nested] = field(default_factory=list)

    def request(self) -> tuple[Request, Scope]:
        """Make up a template with an environment and nested templates.

        :return: also what further resources of the template may refer to.
        """
        source = self.source
        if source.random() < 0.4:
            self.registry[TEST_ALIAS] = TEST
        for level, share in enumerate((0.75, 0.4)):
            if level == len(self.nested) and source.random() < share:
                self._nest(level)
        template, scope = self._template(source.randint(2, 6), depth=0)
        environment: dict[str, Any] = {}
        given = self._given(template['parameters'])
        if given:
            environment['parameters'] = given
        if source.random() < 0.15:
            environment['parameter_defaults'] = {'text': source.choice(TEXTS), 'inner': 'd'}
        if self.registry:
            environment['resource_registry'] = self.registry
        if not template['parameters']:
            del template['parameters']
        return Request(template, environment, self.files), scope

    def _nest(self, level: int) -> None:
        name = self.source.choice(('inner.yaml', 'file:///t/inner.yaml'))
        name = name.replace('inner', ('leaf', 'middle')[level])
        template, scope = self._template(self.source.randint(1, 3), depth=1)
        self.files[name] = template
        type_ = name
        if self.source.random() < 0.3 and NESTED_ALIAS not in self.registry:
            self.registry[NESTED_ALIAS] = name
            type_ = NESTED_ALIAS
        outputs = template['outputs']
        texts = [one for one in outputs if one.startswith('text')]
        others = [one for one in outputs if one.startswith('any')]
        self.nested.append(Nested(type_, list(scope.parameters), texts, others))

    def _template(self, size: int, depth: int) -> tuple[dict[str, Any], Scope]:
        source = self.source
        scope = Scope(source)
        template: dict[str, Any] = {'heat_template_version': source.choice(VERSIONS)}
        template['parameters'] = self._parameters(scope, depth)
        conditions = self._conditions(scope)
        if conditions:
            template['conditions'] = conditions
        resources: dict[str, Any] = {}
        for number in range(1, size + 1):
            name, resource, made = self.resource(number, scope, depth)
            if scope.conditions and source.random() < 0.2:
                resource['condition'] = source.choice(scope.conditions)
            if resources and source.random() < 0.2:
                resource['depends_on'] = source.choice(list(resources))
            if source.random() < 0.15:
                resource['metadata'] = {'about': scope.text(0)}
            if source.random() < 0.1:
                resource['deletion_policy'] = source.choice(('delete', 'retain'))
            resources[name] = resource
            scope.resources.append(made)
        template['resources'] = resources
        template['outputs'] = self._outputs(scope)
        return template, scope

    def _parameters(self, scope: Scope, depth: int) -> dict[str, Any]:
        source = self.source
        if depth:
            names = [name for name in ('inner', 'other') if source.random() < 0.7]
            scope.parameters = dict.fromkeys(names, 'string')
            return {name: {'type': 'string', 'default': 'd'} for name in names}
        known: dict[str, dict[str, Any]] = {
            'text': {'type': 'string', 'default': 'x', 'constraints': [{'length': {'max': 9}}]},
            'secret': {'type': 'string', 'default': 'hidden-1', 'hidden': True},
            'flag': {'type': 'boolean', 'default': source.choice((True, False))},
            'number': {'type': 'number', 'default': 2, 'constraints': [{'range': {'min': 0}}]},
            'json': {'type': 'json', 'default': {'a': 'one', 'b': [1, 2]}},
            'list': {'type': 'comma_delimited_list', 'default': 'p,q,r'},
        }
        chosen = {name: one for name, one in known.items() if source.random() < 0.45}
        scope.parameters = {name: one['type'] for name, one in chosen.items()}
        return chosen

    def _given(self, declared: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, tuple[Any, ...]] = {
            'text': (*TEXTS, *TEXTS, 'longer than nine', None),
            'secret': ('hidden-2', 'hidden-3'),
            'flag': (True, False, 'yes'),
            'number': (0, 1, 3, '2', -1),
            'json': ({'a': 'two'}, '{"a": "three"}', {}),
            'list': ('s,t', ['u', 'v', 'w'], ''),
        }
        return {
            name: self.source.choice(values[name])
            for name in declared
            if name in values and self.source.random() < 0.4
        }

    def _conditions(self, scope: Scope) -> dict[str, Any]:
        known: dict[str, Any] = {}
        if 'flag' in scope.parameters:
            known['on'] = {'equals': [{'get_param': 'flag'}, True]}
            known['off'] = {'not': 'on'}
        for name in ('text', 'inner'):
            if name in scope.parameters:
                known['red'] = {'equals': [{'get_param': name}, 'red']}
        if self.source.random() < 0.6:
            known = {}
        scope.conditions = list(known)
        return known

    def resource(
        self, number: int, scope: Scope, depth: int
    ) -> tuple[str, dict[str, Any], Source]:
        """Make up a resource; return its name, itself and what may refer to it."""
        ways = [self._test, self._test, self._failing, self._value, self._value, self._random]
        ways += [self._none, self._group, self._chain]
        if self.nested:
            ways += [self._stack, self._stack, self._group]
        name, resource, made = self.source.choice(ways)(scope, depth)
        name += str(number)
        return name, resource, Source(name, made.texts, made.others, made.referable)

    def _test(self, scope: Scope, depth: int) -> tuple[str, dict[str, Any], Source]:
        return self._test_named('t', scope)

    def _failing(self, scope: Scope, depth: int) -> tuple[str, dict[str, Any], Source]:
        return self._test_named(FAILING, scope)

    def _test_named(self, name: str, scope: Scope) -> tuple[str, dict[str, Any], Source]:
        type_ = TEST_ALIAS if TEST_ALIAS in self.registry and self._happens(0.5) else TEST
        properties: dict[str, Any] = {'value': scope.text()}
        if self._happens(0.3):
            properties['update_replace_value'] = scope.text(0)
        if self._happens(0.15):
            properties['update_replace'] = True
        return name, {'type': type_, 'properties': properties}, Source(name, [('output',)])

    def _value(self, scope: Scope, depth: int) -> tuple[str, dict[str, Any], Source]:
        if self._happens(0.5):
            properties = {'type': 'string', 'value': scope.text()}
            return 'v', {'type': VALUE, 'properties': properties}, Source('v', [('value',)])
        resource = {'type': VALUE, 'properties': {'value': scope.value()}}
        return 'v', resource, Source('v', [], [('value',)])

    def _random(self, scope: Scope, depth: int) -> tuple[str, dict[str, Any], Source]:
        properties = {'length': self.source.choice((8, 12))}
        if self._happens(0.3):
            properties['salt'] = scope.text(0)
        resource = {'type': 'OS::Heat::RandomString', 'properties': properties}
        return RANDOM, resource, Source(RANDOM, [('value',)])

    def _none(self, scope: Scope, depth: int) -> tuple[str, dict[str, Any], Source]:
        resource = {'type': 'OS::Heat::None', 'properties': {'anything': scope.value()}}
        return 'n', resource, Source('n', [], [('whatever',)])

    def _stack(self, scope: Scope, depth: int) -> tuple[str, dict[str, Any], Source]:
        nested = self.source.choice(self.nested)
        properties = {name: scope.text() for name in nested.parameters if self._happens(0.7)}
        resource: dict[str, Any] = {'type': nested.type}
        if properties:
            resource['properties'] = properties
        texts = [(name,) for name in nested.texts]
        return 's', resource, Source('s', texts, [(name,) for name in nested.others])

    def _member(self, scope: Scope) -> tuple[str, dict[str, Any], list[str], list[str]]:
        """Make up a type and properties for the members of a group, and their attributes."""
        if self.nested and self._happens(0.6):
            nested = self.source.choice(self.nested)
            properties = {name: scope.text(0) for name in nested.parameters if self._happens(0.7)}
            return nested.type, properties, [*nested.texts], [*nested.others]
        if self._happens(0.7):
            return TEST, {'value': scope.text(0)}, ['output'], []
        return VALUE, {'value': scope.text(0)}, ['value'], []

    def _group(self, scope: Scope, depth: int) -> tuple[str, dict[str, Any], Source]:
        type_, properties, texts, others = self._member(scope)
        if properties and self._happens(0.4):
            name = self.source.choice(sorted(properties))
            properties[name] = self.source.choice(('%index%', 'member %index%'))
        count: Any = self.source.choice((0, 1, 2, 2, 3))
        if 'number' in scope.parameters and self._happens(0.4):
            count = {'get_param': 'number'}
        definition: dict[str, Any] = {'type': type_}
        if properties:
            definition['properties'] = properties
        resource = {
            'type': 'OS::Heat::ResourceGroup',
            'properties': {'count': count, 'resource_def': definition},
        }
        more = [('refs',), ('refs_map',), ('refs', 0), ('resource.1',), ('removed_rsrc_list',)]
        paths = [(one,) for one in (*texts, *others)]
        paths += [('attributes', one) for one in (*texts, *others)]
        members = [('resource.0', one) for one in texts]
        return 'g', resource, Source('g', members, [*more, *paths])

    def _chain(self, scope: Scope, depth: int) -> tuple[str, dict[str, Any], Source]:
        type_, properties, texts, others = self._member(scope)
        resource: dict[str, Any] = {
            'type': 'OS::Heat::ResourceChain',
            'properties': {'resources': [type_] * self.source.randint(1, 3)},
        }
        if properties:
            resource['properties']['resource_properties'] = properties
        if self._happens(0.3):
            resource['properties']['concurrent'] = True
        paths: list[tuple[Any, ...]] = [('refs',)]
        paths += [(one,) for one in (*texts, *others)]
        paths += [('attributes', one) for one in (*texts, *others)]
        return 'c', resource, Source('c', [('resource.0', one) for one in texts], paths)

    def _outputs(self, scope: Scope) -> dict[str, Any]:
        outputs: dict[str, Any] = {}
        for number in range(self.source.randint(1, 3)):
            outputs[f'text{number}'] = {'value': scope.text()}
        for number in range(self.source.randint(0, 3)):
            outputs[f'any{number}'] = {'value': scope.value()}
        if scope.conditions and self._happens(0.2):
            name = self.source.choice(list(outputs))
            outputs[name]['condition'] = self.source.choice(scope.conditions)
        return outputs

    def _happens(self, share: float) -> bool:
        return self.source.random() < share
