"""User errors, compatible with the exceptions of Heat's API.

The stock heat-api rebuilds an error from its class name and its keyword arguments, and only if
its module is ``heat.common.exception``: otherwise every 4xx becomes a 500. So these classes
have the names of Heat's classes, and that module as their ``__module__``. Their ``kwargs``
hold exactly the arguments of Heat's class of the same name. The message may say more than
Heat's: clients of heatconv read it.
"""

from __future__ import annotations

from typing import Any


class HeatconvException(Exception):
    """An error that the user can correct.

    :param text: the message; if None, ``msg_fmt`` formatted with ``kwargs``.
    :param kwargs: the arguments of Heat's class of the same name.
    """

    msg_fmt = 'An unknown error occurred.'
    #: heat-api shows only the messages of safe errors.
    safe = True

    def __init__(self, text: str | None = None, /, **kwargs: Any) -> None:
        super().__init__()
        self.kwargs = kwargs
        self.message = text if text is not None else self.msg_fmt % kwargs

    def __str__(self) -> str:
        return self.message

    @property
    def error_type(self) -> str:
        """Return Heat's name of this error type."""
        return type(self).__name__


class EntityNotFound(HeatconvException):
    msg_fmt = 'The %(entity)s (%(name)s) could not be found.'


class ResourceNotFound(EntityNotFound):
    msg_fmt = 'The Resource (%(resource_name)s) could not be found in Stack %(stack_name)s.'


class NotFound(HeatconvException):
    """Heat's class accepts the message as its only argument."""

    def __init__(self, text: str = 'Not found') -> None:
        super().__init__(text)
        self.args = (text,)


class StackExists(HeatconvException):
    msg_fmt = 'The Stack (%(stack_name)s) already exists.'


class ActionInProgress(HeatconvException):
    msg_fmt = 'Stack %(stack_name)s already has an action (%(action)s) in progress.'


class Forbidden(HeatconvException):
    msg_fmt = 'You are not authorized to complete this action.'


class NotSupported(HeatconvException):
    msg_fmt = '%(feature)s is not supported.'


class StackValidationFailed(HeatconvException):
    msg_fmt = '%(message)s'


class ResourceTypeUnavailable(HeatconvException):
    msg_fmt = (
        'HEAT-E99001 Service %(service_name)s is not available for resource type '
        '%(resource_type)s, reason: %(reason)s'
    )


class RequestLimitExceeded(HeatconvException):
    msg_fmt = 'Request limit exceeded: %(message)s'


class UserParameterMissing(HeatconvException):
    msg_fmt = 'The Parameter (%(key)s) was not provided.'


class UnknownUserParameter(HeatconvException):
    msg_fmt = 'The Parameter (%(key)s) was not defined in template.'


class ImmutableParameterModified(HeatconvException):
    msg_fmt = 'The following parameters are immutable and may not be updated: %(keys)s'


class InvalidTemplateVersion(HeatconvException):
    msg_fmt = 'The template version is invalid: %(explanation)s'


class CircularDependencyException(HeatconvException):
    msg_fmt = 'Circular Dependency Found: %(cycle)s'


class Invalid(HeatconvException):
    msg_fmt = 'Data supplied was not valid: %(reason)s'


class ResourceActionNotSupported(HeatconvException):
    msg_fmt = '%(action)s is not supported for resource.'


class InvalidBreakPointHook(HeatconvException):
    msg_fmt = '%(message)s'


class PhysicalResourceNameAmbiguity(HeatconvException):
    msg_fmt = 'Multiple resources were found with the physical ID %(name)s.'


class Unavailable(HeatconvException):
    """The engine cannot be reached: an error of the transport, not of Heat's API."""

    msg_fmt = 'The engine does not answer: %(why)s'


#: The module of these classes on the wire.
WIRE_MODULE = 'heat.common.exception'

#: All classes by name.
CLASSES: dict[str, type[HeatconvException]] = {}
for _class in list(globals().values()):
    if isinstance(_class, type) and issubclass(_class, HeatconvException):
        CLASSES[_class.__name__] = _class
        if _class not in (HeatconvException, Unavailable):
            _class.__module__ = WIRE_MODULE


def by_name(error_type: str, message: str) -> HeatconvException:
    """Rebuild an error that was received over the wire.

    :param error_type: name of its class.
    :param message: its message.
    :return: a HeatconvException if there is no class of that name.
    """
    return CLASSES.get(error_type, HeatconvException)(message)
