"""Request context: the user, the request, the stack and the resource of a log line."""

from __future__ import annotations

from typing import Any

from oslo_context import context

#: Format of the log lines of a request: the default of oslo.log, with the place in addition.
LOG_FORMAT = (
    '%(asctime)s.%(msecs)03d %(process)d %(levelname)s %(name)s '
    '[%(global_request_id)s %(request_id)s %(user_identity)s] %(place)s%(message)s'
)


class Context(context.RequestContext):  # type: ignore[misc]
    """The context of a request, and of later work for it in other processes.

    :param stack: name of the stack that the request concerns.
    :param resource: name of the resource.
    :param username: name of the user, which heat-api sends in addition to the user id.
    """

    def __init__(
        self,
        *args: Any,
        stack: str | None = None,
        resource: str | None = None,
        username: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.stack = stack
        self.resource = resource
        self.username = username

    @classmethod
    def from_dict(cls, values: dict[str, Any], **kwargs: Any) -> Any:
        """Rebuild a context from the dictionary that came with a request."""
        kwargs.setdefault('username', values.get('username'))
        return super().from_dict(values, **kwargs)

    def get_logging_values(self) -> dict[str, Any]:
        """Return the values that a log format may contain, by name."""
        values: dict[str, Any] = super().get_logging_values()
        place = '/'.join(name for name in (self.stack, self.resource) if name)
        values['place'] = f'[{place}] ' if place else ''
        return values


def set_log_context(project_id: str, request_id: str, stack: str, resource: str) -> None:
    """Set the context of the log lines of this thread from now on.

    :param stack: name of the stack.
    :param resource: name of the resource.
    """
    Context(
        project_id=project_id,
        request_id=request_id or None,
        stack=stack,
        resource=resource,
        overwrite=True,
    )


def current_request_id() -> str:
    """Return the id of the request that this thread handles; empty if there is none."""
    current = context.get_current()
    return '' if current is None else current.request_id
