"""Templates of nested stacks that are compiled once, whatever the values of their parameters.

The members of a group have one template, and differ in the values of its parameters. A shared
template is compiled with parameters whose values are known at run time only; an instance adds the
values. A template that must know values when it is compiled, for instance for a condition, is not
shared, nor is one with nested templates.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from heatconv.hot import cfn
from heatconv.hot import environment as environments
from heatconv.hot.errors import TemplateError
from heatconv.hot.parameters import values_of
from heatconv.templates.compiled import CompiledTemplate, encode, surroundings

#: Largest number of shared templates that are kept.
SHARED = 100

#: Largest total weight of the instances that are kept: about their size in memory, in bytes.
WEIGHT = 50_000_000

#: The weight of a character of the values as JSON, and of a definition with its part of the rest.
CHARACTER, DEFINITION = 10, 1_500

#: Larger templates are compiled one by one: their text is the key of the shared template.
RESOURCES = 100
LENGTH = 50_000


class SharedTemplates:
    """Keeps shared templates and their latest instances.

    :param compile_shared: compiles a template whose parameters have no values yet.
    :param nests: says of a resource type whether its resources are nested stacks.
    """

    def __init__(
        self,
        compile_shared: Callable[[Mapping[str, Any]], CompiledTemplate],
        nests: Callable[[str], bool],
    ) -> None:
        self._compile_shared = compile_shared
        self._nests = nests
        self._lock = threading.Lock()
        #: By the text of template, environment and files; None if the template is not shared.
        self._shared: OrderedDict[str, CompiledTemplate | None] = OrderedDict()
        self._instances: OrderedDict[str, tuple[CompiledTemplate, int]] = OrderedDict()
        self._weight = 0

    def instance(self, template_id: str, content: Mapping[str, Any]) -> CompiledTemplate | None:
        """Return a template with the values of its parameters.

        The values of properties are not checked: their check is that of the resource.

        :param content: the template, its environment, and its files.
        :return: None if the template is not shared, or the values are not valid.
        """
        with self._lock:
            if template_id in self._instances:
                self._instances.move_to_end(template_id)
                return self._instances[template_id][0]
        shared = self._template(content)
        if shared is None:
            return None
        source = cfn.as_hot(content['template'])
        try:
            environment = environments.validate(content.get('environment') or {})
            values = values_of(shared.hot.parameters, environment)
        except TemplateError:
            return None
        instance = shared.with_values(values, surroundings(values, source, content))
        weight = CHARACTER * len(encode(values)) + DEFINITION * (1 + len(instance.definitions))
        with self._lock:
            self._keep_instance(template_id, instance, weight)
        return instance

    def _keep_instance(self, template_id: str, instance: CompiledTemplate, weight: int) -> None:
        """Keep an instance; drop those used longest ago until all fit, even this one."""
        _, before = self._instances.pop(template_id, (None, 0))
        self._instances[template_id] = instance, weight
        self._weight += weight - before
        while self._weight > WEIGHT:
            _, (_, dropped) = self._instances.popitem(last=False)
            self._weight -= dropped

    def _template(self, content: Mapping[str, Any]) -> CompiledTemplate | None:
        """Return the shared template of a content; None if it is not shared."""
        source = content['template']
        resources = source.get('resources') or source.get('Resources') or ()
        if 'pseudo' in content or len(resources) > RESOURCES:
            return None  # the values of pseudo parameters differ from stack to stack
        if any(self._nests(type_) for type_ in _types(resources)):
            return None  # as that of a group; it is not worth a compilation to find that out
        environment = dict(content.get('environment') or {})
        environment.pop(environments.PARAMETERS, None)
        key = encode(
            [content['template'], environment, content.get('files'), content.get('facade')]
        )
        if len(key) > LENGTH:
            return None
        with self._lock:
            if key in self._shared:
                self._shared.move_to_end(key)
                return self._shared[key]
        try:
            shared = self._compile_shared({**content, 'environment': environment})
        except TemplateError:
            shared = None
        if shared is not None and shared.nests:
            shared = None
        with self._lock:
            self._shared[key] = shared
            while len(self._shared) > SHARED:
                self._shared.popitem(last=False)
        return shared


def _types(resources: Any) -> set[str]:
    """Return the types of resources, as written."""
    declarations = resources.values() if isinstance(resources, Mapping) else ()
    found = {
        one.get('type') or one.get('Type') for one in declarations if isinstance(one, Mapping)
    }
    return {type_ for type_ in found if isinstance(type_, str)}
