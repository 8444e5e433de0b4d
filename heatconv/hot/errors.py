#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""Errors in templates: the fault, its path, and a remedy.

Messages name keys, types and limits but never quote a value: any value may be that of a hidden
parameter.
"""

from __future__ import annotations

#: Longest part of a name in a message.
_SHOWN = 255


class TemplateError(ValueError):
    """A fault of a template, an environment or a value.

    :ivar message: the fault.
    :ivar path: the path, such as ``resources.server.properties.name``, or ''.
    :ivar remedy: the remedy, or ''.
    """

    def __init__(self, message: str, path: str = '', remedy: str = '') -> None:
        super().__init__(message, path, remedy)
        self.message = message
        self.path = path
        self.remedy = remedy

    def under(self, *keys: str | int) -> None:
        """Prefix the path with keys.

        An error is raised without a path, and each level that it passes adds its key. So paths
        cost nothing until an error occurs.
        """
        parts = [str(key)[:_SHOWN] for key in keys if key != '']
        if self.path:
            parts.append(self.path)
        self.path = '.'.join(parts)
        self.args = (self.message, self.path, self.remedy)

    def __str__(self) -> str:
        place = f'{self.path}: ' if self.path else ''
        remedy = f' ({self.remedy})' if self.remedy else ''
        return f'{place}{self.message}{remedy}'


class InvalidYaml(TemplateError):
    """The text is not YAML, or uses unsupported YAML."""


class InvalidVersion(TemplateError):
    """The template has no version or an unknown one."""


class InvalidSection(TemplateError):
    """A section or key is unknown, has the wrong shape, or is not supported."""


class UnknownFunction(TemplateError):
    """A function does not exist, or not in this version, or is not supported."""


class InvalidArguments(TemplateError):
    """A function has invalid arguments."""


class InvalidReference(TemplateError):
    """A reference to a resource, parameter or attribute that does not exist."""


class CircularDependency(TemplateError):
    """Resources require each other."""


class UnknownType(TemplateError):
    """The resource type does not exist."""


class UnknownProperty(TemplateError):
    """The resource type has no such property."""


class InvalidProperty(TemplateError):
    """A property has the wrong type, violates a constraint or is missing."""


class UnknownParameter(TemplateError):
    """A value for a parameter that the template does not declare."""


class MissingParameter(TemplateError):
    """A parameter has neither a value nor a default."""


class InvalidParameter(TemplateError):
    """The declaration or the value of a parameter is invalid."""


class TooLarge(TemplateError):
    """A limit of size, depth or work is exceeded."""


class ResolutionError(TemplateError):
    """A value cannot be computed at run time."""


def kind(value: object) -> str:
    """Return the type of a value in the terms of users, without the value."""
    if value is None:
        return 'null'
    if isinstance(value, bool):
        return 'a boolean'
    if isinstance(value, int | float):
        return 'a number'
    if isinstance(value, str):
        return 'a string'
    if isinstance(value, dict):
        return 'a map'
    if isinstance(value, list | tuple):
        return 'a list'
    return f'a {type(value).__name__}'


def shown(name: object) -> str:
    """Quote a name, cut to a length that fits a message."""
    text = str(name)
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + '...')
