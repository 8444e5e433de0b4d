"""The serializer of RPC messages: the request context and a JSON payload."""

from __future__ import annotations

from typing import Any

import oslo_messaging
from oslo_serialization import jsonutils

from heatconv.runtime.context import Context


class ContextSerializer(oslo_messaging.Serializer):  # type: ignore[misc]
    """Converts request contexts to dictionaries and back; the payload is JSON-compatible."""

    def serialize_entity(self, ctxt: Any, entity: Any) -> Any:
        return jsonutils.to_primitive(entity, convert_instances=True)

    def deserialize_entity(self, ctxt: Any, entity: Any) -> Any:
        return entity

    def serialize_context(self, ctxt: Any) -> dict[str, Any]:
        return dict(ctxt) if isinstance(ctxt, dict) else dict(ctxt.to_dict())

    def deserialize_context(self, ctxt: dict[str, Any]) -> Context:
        return Context.from_dict(ctxt)
