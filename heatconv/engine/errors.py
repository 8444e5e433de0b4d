"""Map errors of templates to the error classes of Heat's API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heatconv import exception
from heatconv.engine.redaction import scrubbed
from heatconv.hot import errors as hot


def of_template(
    error: hot.TemplateError, template: Any = None, environment: Mapping[str, Any] | None = None
) -> exception.HeatconvException:
    """Return the API error for an error of the template language.

    :param template: the faulty template; the values of its hidden parameters are removed from the
        message.
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
        case hot.TooLarge():
            return exception.RequestLimitExceeded(text, message=text)
        case _:
            return exception.StackValidationFailed(text, message=text)


def _last(path: str) -> str:
    return path.rpartition('.')[2]
