"""The mapping of template errors to the exceptions of Heat's API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heatconv import exception
from heatconv.engine.redaction import scrubbed
from heatconv.hot import errors as hot
from heatconv.hot.unknown_types import REASON


def of_template(
    error: hot.TemplateError, template: Any = None, environment: Mapping[str, Any] | None = None
) -> exception.HeatconvException:
    """Return the API exception for a template error.

    :param template: the faulty template. The values of its hidden parameters are masked in the
        message.
    :param environment: the environment that sets such values.
    """
    text = scrubbed(str(error), template, environment or {})
    match error:
        case hot.InvalidVersion():
            return exception.InvalidTemplateVersion(text, explanation=text)
        case hot.CircularDependency():
            return exception.CircularDependencyException(text, cycle=error.message)
        case hot.MissingParameter():
            return exception.UserParameterMissing(text, key=_last(error.path))
        case hot.UnknownParameter():
            return exception.UnknownUserParameter(text, key=_last(error.path))
        case hot.UnavailableType():
            assert isinstance(error, hot.UnavailableType)
            return exception.ResourceTypeUnavailable(
                service_name=error.service, resource_type=error.type, reason=REASON
            )
        case hot.TooLarge():
            return exception.RequestLimitExceeded(text, message=text)
        case _:
            return exception.StackValidationFailed(text, message=text)


def _last(path: str) -> str:
    """Return the last component of the path of an error."""
    return path.rpartition('.')[2]
