"""The decorators of RPC methods."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import oslo_messaging
from oslo_log import log

from heatconv import exception
from heatconv.runtime.context import Context
from heatconv.storage.base import StoreUnavailable

LOG = log.getLogger(__name__)

F = TypeVar('F', bound=Callable[..., Any])


def rpc_method(function: F, of_all: bool = False) -> F:
    """Decorate an RPC method: errors of users are expected, and not logged as faults.

    :param of_all: administrators without a project may call it for all projects.
    """

    @functools.wraps(function)
    def wrapped(self: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        if not context.project_id and not (of_all and context.is_admin):
            raise exception.Forbidden
        _tell_about(context, kwargs)
        try:
            return function(self, context, *args, **kwargs)
        except StoreUnavailable as error:
            LOG.warning('%s is refused: the database is away: %s', function.__name__, error)
            raise exception.Unavailable(
                'The database of the engine does not answer; ask again later'
            ) from None

    expecting = oslo_messaging.expected_exceptions(exception.HeatconvException)
    decorated: F = functools.update_wrapper(expecting(wrapped), function)
    return decorated


def rpc_method_for_admins(function: F) -> F:
    """Decorate an RPC method that administrators may call for all projects.

    heat-api does so if its policy ``stacks:global_index`` allows it.
    """
    return rpc_method(function, of_all=True)


def _tell_about(context: Any, arguments: Mapping[str, Any]) -> None:
    """Add the name of the stack to the log lines of a call."""
    identity = arguments.get('stack_identity')
    name = identity.get('stack_name') if isinstance(identity, Mapping) else identity
    if isinstance(context, Context):
        context.stack = str(name or arguments.get('stack_name') or '') or None
