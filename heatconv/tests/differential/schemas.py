"""Schemas of resource types, as Heat describes them and as heatconv does."""

from __future__ import annotations

import json
import types
import warnings
from collections.abc import Iterator, Mapping
from typing import Any
from unittest import mock

#: Keys whose texts are our own words: it is only compared whether there is one.
_TEXTS = ('description',)
#: Stands for what one of both does not have.
NOTHING = 'nothing'

#: Differences: by type and path, the value of Heat and that of heatconv.
Found = Mapping[tuple[str, str], tuple[Any, Any]]


class HeatSchemas:
    """Describes the types of Heat's global environment, by Heat's own code."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            from oslo_service import backend

            backend.init_backend(backend.BackendType.THREADING)
            from heat.common import context, exception
            from heat.engine import resource, resources, service

            resources.initialise()
        self._base = resource.Resource
        self._environment = resources.global_env()
        self._not_found = exception.EntityNotFound
        self._describe = service.EngineService.resource_schema
        self._context = context.RequestContext(project_id='project')
        # Everybody may see every type.
        enforcer = types.SimpleNamespace(enforce=lambda *args, **kwargs: None)
        self._engine = types.SimpleNamespace(resource_enforcer=enforcer)

    def type(self, name: str) -> Any:
        """Return the class of a type; None if Heat does not have the type."""
        try:
            return self._environment.get_class(name)
        except self._not_found:
            return None

    def schema(self, name: str) -> dict[str, Any]:
        """Return the description of a type that is not hidden; no cloud has to be there."""
        available = classmethod(lambda cls, context: (True, None))
        with mock.patch.object(self._base, 'is_service_available', available):
            described = self._describe(self._engine, self._context, name, True)
        answer: dict[str, Any] = plain(described)
        return answer


def differences(
    heat: Mapping[str, Any], ours: Mapping[str, Any], path: str = ''
) -> Iterator[tuple[str, Any, Any]]:
    """Yield the path of each difference of two descriptions, with the value of each.

    The order of keys does not count.
    """
    for key in sorted({*heat, *ours}):
        place = f'{path}.{key}' if path else key
        one, other = heat.get(key, NOTHING), ours.get(key, NOTHING)
        if key in _TEXTS and isinstance(one, str) and isinstance(other, str):
            # A description that is missing may also be empty.
            one, other = (bool(text) and text != NOTHING for text in (one, other))
        if isinstance(one, dict) and isinstance(other, dict):
            yield from differences(one, other, place)
        elif one != other or type(one) is not type(other):
            yield place, one, other


def faults(found: Found, intended: Mapping[tuple[str, str], str]) -> list[str]:
    """Return a line for each difference that is not meant, and each that is but does not exist.

    :param intended: by type and path, the reason of each difference that is meant.
    """
    unmeant = [
        f'{name}: {path}: Heat {heat!r}, heatconv {ours!r}'
        for (name, path), (heat, ours) in found.items()
        if (name, path) not in intended
    ]
    stale = [
        f'{name}: {path}: it differs no longer'
        for name, path in intended
        if (name, path) not in found
    ]
    return unmeant + stale


def plain(value: Any) -> Any:
    """Return a value as the answer of an API would have it."""
    return json.loads(json.dumps(value))
