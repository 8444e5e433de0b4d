"""The reasons of failures, in Heat's wording (heat/common/exception.py, ResourceFailure).

The reason of a resource is ``ValueError: resources.web: no quota``: the class of the error, the
path of the resource and a message. That of its stack is ``Resource CREATE failed:`` and the same.
If the stack is nested, the path begins in its owner: ``ValueError: resources.site.resources.web:
no quota``.
"""

from __future__ import annotations

import re

#: The class of an error at the beginning of a reason.
_CLASS = re.compile(r'[A-Z]\w*: ')
#: The path of a resource, after the class.
_PATH = re.compile(r'resources(?:\.[^\s:.]+|\[\d+\])[^\s:]*: ')
#: The beginning of the reason of a stack.
_STACK = re.compile(r'Resource [A-Z]+ failed: ')


def path(name: str) -> str:
    """Return the path of a resource in its template."""
    return f'resources[{name}]' if name.isdecimal() else f'resources.{name}'


def of_resource(name: str, reason: str) -> str:
    """Return the reason of a failed resource.

    :param name: name of the resource.
    :param reason: what a plugin or a template reports, or the reason of the nested stack that is
        the physical resource.
    """
    if reason.startswith((f'{path(name)}.', f'{path(name)}:')):
        return reason  # an error in the template has a path already
    reason = _STACK.sub('', reason, count=1) if _STACK.match(reason) else reason
    match = _CLASS.match(reason)
    error = match[0] if match else ''
    message = reason.removeprefix(error)
    separator = '.' if _PATH.match(message) else ': '
    return f'{error}{path(name)}{separator}{message}'


def of_stack(action: str, reason: str) -> str:
    """Return the reason of a stack.

    :param action: the action that failed.
    :param reason: the reason of the resource that failed.
    """
    return f'Resource {action} failed: {reason}'
