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

#: Largest number of instances that are kept. They share almost everything with their template.
INSTANCES = 10_000

#: Larger templates are compiled one by one: their text is the key of the shared template.
RESOURCES = 100
LENGTH = 50_000


class SharedTemplates:
    """Keeps shared templates and their latest instances.

    :param compile_shared: compiles a template whose parameters have no values yet.
    """

    def __init__(self, compile_shared: Callable[[Mapping[str, Any]], CompiledTemplate]) -> None:
        self._compile_shared = compile_shared
        self._lock = threading.Lock()
        #: By the text of template, environment and files; None if the template is not shared.
        self._shared: OrderedDict[str, CompiledTemplate | None] = OrderedDict()
        self._instances: OrderedDict[str, CompiledTemplate] = OrderedDict()

    def instance(self, template_id: str, content: Mapping[str, Any]) -> CompiledTemplate | None:
        """Return a template with the values of its parameters.

        The values of properties are not checked: their check is that of the resource.

        :param content: the template, its environment, and its files.
        :return: None if the template is not shared, or the values are not valid.
        """
        with self._lock:
            instance = self._instances.get(template_id)
            if instance is not None:
                self._instances.move_to_end(template_id)
                return instance
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
        with self._lock:
            _keep(self._instances, template_id, instance, INSTANCES)
        return instance

    def _template(self, content: Mapping[str, Any]) -> CompiledTemplate | None:
        """Return the shared template of a content; None if it is not shared."""
        source = content['template']
        resources = source.get('resources') or source.get('Resources') or ()
        if 'pseudo' in content or len(resources) > RESOURCES:
            return None  # the values of pseudo parameters differ from stack to stack
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
            _keep(self._shared, key, shared, SHARED)
        return shared


def _keep(kept: OrderedDict[str, Any], key: str, value: Any, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
