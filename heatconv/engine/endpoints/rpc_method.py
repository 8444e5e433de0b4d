"""The decorators of RPC methods: authorization, expected errors and log context."""

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
    """Decorate an RPC method of an endpoint.

    A call without a project is forbidden. User errors are returned to the caller, and are not
    logged as faults. While the store is unavailable, the caller is asked to try again.

    :param of_all: whether administrators may call it without a project, for all projects.
    """

    @functools.wraps(function)
    def wrapped(self: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        if not context.project_id and not (of_all and context.is_admin):
            raise exception.Forbidden
        _log_stack(context, kwargs)
        try:
            return function(self, context, *args, **kwargs)
        except StoreUnavailable as error:
            LOG.warning('%s is refused: the database is unavailable: %s', function.__name__, error)
            raise exception.Unavailable(
                'The database of the engine is unavailable; try again later'
            ) from None

    expect_user_errors = oslo_messaging.expected_exceptions(exception.HeatconvException)
    decorated: F = functools.update_wrapper(expect_user_errors(wrapped), function)
    return decorated


def rpc_method_for_admins(function: F) -> F:
    """Decorate an RPC method that administrators may call for all projects.

    heat-api makes such calls if its policy ``stacks:global_index`` allows it.
    """
    return rpc_method(function, of_all=True)


def _log_stack(context: Any, arguments: Mapping[str, Any]) -> None:
    """Add the name of the stack to the context, for the log messages of a call."""
    identity = arguments.get('stack_identity')
    name = identity.get('stack_name') if isinstance(identity, Mapping) else identity
    if isinstance(context, Context):
        context.stack = str(name or arguments.get('stack_name') or '') or None
