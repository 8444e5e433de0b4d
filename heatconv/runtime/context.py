"""Whom and what a log line is about."""

from __future__ import annotations

from typing import Any

from oslo_context import context

#: How lines look that are about a request, beside what oslo.log says by default.
LOG_FORMAT = (
    '%(asctime)s.%(msecs)03d %(process)d %(levelname)s %(name)s '
    '[%(global_request_id)s %(request_id)s %(user_identity)s] %(place)s%(message)s'
)


class Context(context.RequestContext):  # type: ignore[misc]
    """The context of a request, and of what is done for it later, elsewhere.

    :param stack: the name of the stack it is about.
    :param resource: the name of the resource.
    :param username: what heat-api says beside the id of the user.
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
        """Rebuild the context that came with a request."""
        kwargs.setdefault('username', values.get('username'))
        return super().from_dict(values, **kwargs)

    def get_logging_values(self) -> dict[str, Any]:
        """Return what a format of log lines may name."""
        values: dict[str, Any] = super().get_logging_values()
        place = '/'.join(one for one in (self.stack, self.resource) if one)
        values['place'] = f'[{place}] ' if place else ''
        return values


def about(project_id: str, request_id: str, stack: str, resource: str) -> None:
    """Have the lines that this thread logs from now on tell what they are about."""
    Context(
        project_id=project_id,
        request_id=request_id or None,
        stack=stack,
        resource=resource,
        overwrite=True,
    )


def current_request_id() -> str:
    """Return the id of the request that this thread answers; empty if there is none."""
    now = context.get_current()
    return '' if now is None else now.request_id
