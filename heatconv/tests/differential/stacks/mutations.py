"""Changes of a request, for an update."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from heatconv.tests.differential.stacks import trees
from heatconv.tests.differential.stacks.expressions import TEXTS, Scope
from heatconv.tests.differential.stacks.templates import (
    FAILING,
    NESTED_ALIAS,
    TEST,
    TEST_ALIAS,
    Templates,
)

GROUP = 'OS::Heat::ResourceGroup'

Tree = dict[str, Any]


class Mutations:
    """Changes trees of requests that one source of templates made up.

    :ivar scope: what resources may refer to that are added to the root template.
    """

    def __init__(self, templates: Templates, scope: Scope) -> None:
        self._templates = templates
        self._source: random.Random = templates.source
        self._scope = scope
        self._added = 10

    def change(self, tree: Tree) -> Tree:
        """Change a request once, if the change that is chosen is possible."""
        ways: list[tuple[Callable[[Tree], Tree | None], int]] = [
            (self._literal, 4),
            (self._parameter, 2),
            (self._count, 3),
            (self._removal_policies, 2),
            (self._add, 2),
            (self._remove, 2),
            (self._rename_file, 2),
            (self._nested_literal, 2),
            (self._alias, 1),
            (self._replacement, 2),
            (self._frame, 1),
            (self._condition, 1),
            (self._output, 1),
        ]
        weights = [weight for _, weight in ways]
        way = self._source.choices([one for one, _ in ways], weights)[0]
        return way(tree) or tree

    def fail(self, tree: Tree, fails: bool) -> Tree | None:
        """Let a resource fail, or let all of them work again."""
        failing = [
            properties
            for section in (tree['template'], *tree['files'].values())
            for name, one in section['resources'].items()
            if name.startswith(FAILING) and (properties := one.get('properties')) is not None
        ]
        if not fails:
            for properties in failing:
                properties.pop('fail', None)
            return tree
        if not failing:
            return None
        properties = self._source.choice(failing)
        properties['fail'] = True
        properties['value'] = self._source.choice(TEXTS)
        return tree

    def _literal(self, tree: Tree) -> Tree | None:
        return self._change_text(tree, tree['template']['resources'])

    def _nested_literal(self, tree: Tree) -> Tree | None:
        if not tree['files']:
            return None
        template = tree['files'][self._source.choice(list(tree['files']))]
        section = self._source.choice(('resources', 'resources', 'outputs'))
        return self._change_text(tree, template.get(section, {}))

    def _change_text(self, tree: Tree, section: Any) -> Tree | None:
        found = [place for place, value in trees.places(section) if value in TEXTS]
        if not found:
            return None
        trees.put(section, self._source.choice(found), self._source.choice(TEXTS))
        return tree

    def _parameter(self, tree: Tree) -> Tree | None:
        declared = tree['template'].get('parameters', {})
        values: dict[str, tuple[Any, ...]] = {
            'text': (*TEXTS, 'longer than nine'),
            'secret': ('hidden-4',),
            'flag': (True, False),
            'number': (0, 1, 2, 3),
            'json': ({'a': 'four'}, '["a"]'),
            'list': ('s', ['t']),
        }
        names = [name for name in declared if name in values]
        if not names:
            return None
        name = self._source.choice(names)
        value = self._source.choice(values[name])
        tree['environment'].setdefault('parameters', {})[name] = value
        return tree

    def _of_type(self, tree: Tree, *types: str) -> list[dict[str, Any]]:
        sections = (tree['template'], *tree['files'].values())
        return [
            one
            for section in sections
            for one in section['resources'].values()
            if one['type'] in types
        ]

    def _count(self, tree: Tree) -> Tree | None:
        groups = self._of_type(tree, GROUP)
        if not groups:
            return None
        self._source.choice(groups)['properties']['count'] = self._source.choice((0, 1, 2, 3, 4))
        return tree

    def _removal_policies(self, tree: Tree) -> Tree | None:
        groups = self._of_type(tree, GROUP)
        if not groups:
            return None
        properties = self._source.choice(groups)['properties']
        names = self._source.sample(('0', '1', '2'), self._source.randint(0, 2))
        properties['removal_policies'] = [{'resource_list': names}]
        if self._source.random() < 0.3:
            properties['removal_policies_mode'] = 'update'
        return tree

    def _add(self, tree: Tree) -> Tree:
        self._added += 1
        present = tree['template']['resources']
        self._scope.resources = [one for one in self._scope.resources if one.name in present]
        name, resource, made = self._templates.resource(self._added, self._scope, 0)
        self._scope.resources.append(made)
        present[name] = resource
        if self._source.random() < 0.5:
            tree['template']['outputs'][f'new{self._added}'] = {'value': self._scope.text()}
        return tree

    def _remove(self, tree: Tree) -> Tree | None:
        resources = tree['template']['resources']
        if len(resources) < 2:
            return None
        gone = self._source.choice(list(resources))
        del resources[gone]

        def change(value: Any) -> Any:
            if isinstance(value, dict):
                argument = value.get('get_attr') or [value.get('get_resource')]
                if argument[0] == gone:
                    return self._source.choice(TEXTS)
                if value.get('depends_on') == gone:
                    return {key: one for key, one in value.items() if key != 'depends_on'}
            return value

        tree['template'] = trees.mapped(tree['template'], change)
        return tree

    def _rename_file(self, tree: Tree) -> Tree | None:
        if not tree['files']:
            return None
        old = self._source.choice(list(tree['files']))
        new = old.replace('.yaml', '-2.yaml')
        changed: Tree = trees.mapped(tree, lambda value: new if value == old else value)
        return changed

    def _alias(self, tree: Tree) -> Tree | None:
        registry = tree['environment'].get('resource_registry', {})
        if NESTED_ALIAS in registry and self._source.random() < 0.5:
            # The content of the template below a name changes with the name of its file.
            registry[NESTED_ALIAS] = self._source.choice(list(tree['files']))
            return tree
        if TEST_ALIAS not in registry:
            return None
        found = self._of_type(tree, TEST, TEST_ALIAS)
        if not found:
            return None
        resource = self._source.choice(found)
        resource['type'] = TEST if resource['type'] == TEST_ALIAS else TEST_ALIAS
        return tree

    def _replacement(self, tree: Tree) -> Tree | None:
        found = self._of_type(tree, TEST, TEST_ALIAS)
        if not found:
            return None
        properties = self._source.choice(found)['properties']
        properties['update_replace_value'] = self._source.choice(TEXTS)
        return tree

    def _frame(self, tree: Tree) -> Tree | None:
        resource = self._source.choice(list(tree['template']['resources'].values()))
        if self._source.random() < 0.5:
            resource['metadata'] = {'about': self._source.choice(TEXTS)}
        else:
            resource['deletion_policy'] = self._source.choice(('delete', 'retain'))
        return tree

    def _condition(self, tree: Tree) -> Tree | None:
        conditions = tree['template'].get('conditions')
        if not conditions:
            return None
        resource = self._source.choice(list(tree['template']['resources'].values()))
        if resource.pop('condition', None) is None:
            resource['condition'] = self._source.choice(list(conditions))
        return tree

    def _output(self, tree: Tree) -> Tree | None:
        outputs = tree['template']['outputs']
        if len(outputs) < 2:
            return None
        del outputs[self._source.choice(list(outputs))]
        return tree
