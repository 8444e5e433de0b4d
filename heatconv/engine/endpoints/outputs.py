"""The RPC methods of the outputs of stacks."""

from __future__ import annotations

from typing import Any

import oslo_messaging

from heatconv import exception
from heatconv.engine.endpoints.rpc_method import rpc_method
from heatconv.engine.lookup import Lookup
from heatconv.engine.outputs import Outputs, names
from heatconv.rpc import api


class OutputsEndpoint:
    """Lists and shows the outputs of a stack."""

    target = oslo_messaging.Target(version=api.ENGINE_VERSION)

    def __init__(self, lookup: Lookup, outputs: Outputs) -> None:
        self._lookup = lookup
        self._outputs = outputs

    @rpc_method
    def list_outputs(self, context: Any, stack_identity: Any) -> list[dict[str, Any]]:
        """List the outputs of a stack, without their values."""
        return names(self._outputs.compiled(self._lookup.stack(context, stack_identity)))

    @rpc_method
    def show_output(self, context: Any, stack_identity: Any, output_key: str) -> dict[str, Any]:
        """Return one output with its value."""
        stack = self._lookup.stack(context, stack_identity)
        compiled = self._outputs.compiled(stack)
        if compiled is None or output_key not in compiled.hot.outputs:
            raise exception.NotFound(f'Specified output key {output_key} not found.')
        return self._outputs.values(stack, compiled, (output_key,))[0]
