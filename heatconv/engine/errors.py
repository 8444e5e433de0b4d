"""Tell users what is wrong with a template, in the classes of Heat's API."""

from __future__ import annotations

from heatconv import exception
from heatconv.hot import errors as hot


def of_template(error: hot.TemplateError) -> exception.HeatconvException:
    """Return the error of the API for an error of the language."""
    text = str(error)
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
