"""OS::Heat::None: a stub that can replace a resource of any type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heatconv.hot.functions import stacks
from heatconv.hot.schema import TypeSchema
from heatconv.resources.records import Record
from heatconv.resources.virtual import VirtualPlugin


class NoneResource(VirtualPlugin):
    """Accepts any property and resolves none of them; each of its attributes is null."""

    schema = TypeSchema(
        description='A resource that does nothing, in place of a resource of any type.',
        properties={},
        attributes={},
        any_property=True,
        any_attribute=True,
        ignores_properties=True,
        snapshots=True,
        version='5.0.0',
    )

    def attributes(self, record: Record) -> Mapping[str, Any]:
        return {stacks.ANY: True}

    def replace_on_change(self, properties: Mapping[str, Any]) -> frozenset[str]:
        return frozenset()
