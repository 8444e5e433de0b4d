"""OS::Heat::None: a stub for any resource."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heatconv.hot.schema import TypeSchema
from heatconv.resources.virtual import VirtualPlugin


class NoneResource(VirtualPlugin):
    """Accepts any property; each of its attributes is null."""

    schema = TypeSchema(
        description='A resource that does nothing: it replaces a type that is not wanted.',
        properties={},
        attributes={},
        any_property=True,
        any_attribute=True,
    )

    def replace_on_change(self, properties: Mapping[str, Any]) -> frozenset[str]:
        return frozenset()
