"""Make up histories, each of a seed."""

from __future__ import annotations

import random
from typing import Any

from heatconv.tests.differential.stacks.history import History, Request, Step
from heatconv.tests.differential.stacks.mutations import GROUP, Mutations
from heatconv.tests.differential.stacks.templates import Templates


def history(seed: int) -> History:
    """Make up the history of a seed: always the same."""
    source = random.Random(seed)
    templates = Templates(source)
    request, scope = templates.request()
    mutations = Mutations(templates, scope)
    steps = [Step(request)]
    tree = request.plain()
    if source.random() < 0.1 and mutations.fail(tree, True) is not None:
        # The create fails.
        steps[0] = Step(Request.of(tree))
        tree = Request.of(tree).plain()
    for _ in range(source.choice((1, 2, 2, 3))):
        if source.random() < 0.2:
            steps.append(Step(unhealthy=_path(source, tree)))
        mutations.fail(tree, False)
        if source.random() < 0.9:
            for _ in range(source.choice((1, 1, 2, 3))):
                tree = mutations.change(tree)
        if source.random() < 0.2:
            mutations.fail(tree, True)
        request = Request.of(tree)
        steps.append(Step(request))
        tree = request.plain()
    return History(f'seed {seed}', tuple(steps))


def _path(source: random.Random, tree: dict[str, Any]) -> tuple[str, ...]:
    """Choose a resource of the stack or of a nested one."""
    registry = tree['environment'].get('resource_registry', {})
    template: Any = tree['template']
    path: tuple[str, ...] = ()
    while True:
        name = source.choice(list(template['resources']))
        path = (*path, name)
        resource = template['resources'][name]
        type_ = resource['type']
        if type_ in (GROUP, 'OS::Heat::ResourceChain') and source.random() < 0.7:
            path = (*path, '0')
            properties = resource['properties']
            type_ = (properties.get('resource_def') or {}).get('type')
            type_ = type_ or properties['resources'][0]
        file = registry.get(type_, type_)
        if file not in tree['files'] or source.random() < 0.3:
            return path
        template = tree['files'][file]
