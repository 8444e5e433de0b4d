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

"""Errors in templates: each has a message, the path of the fault, and a remedy.

Messages contain keys, types and limits but never a value, because any value may be that of a
hidden parameter.
"""

from __future__ import annotations

#: How many characters of a name are shown in messages and paths.
_SHOWN = 255


class TemplateError(ValueError):
    """A fault of a template, an environment or a value.

    :ivar message: describes the fault.
    :ivar path: path of the fault, for example ``resources.server.properties.name``; '' if unknown.
    :ivar remedy: says how to correct the fault; '' if there is nothing to say.
    """

    def __init__(self, message: str, path: str = '', remedy: str = '') -> None:
        super().__init__(message, path, remedy)
        self.message = message
        self.path = path
        self.remedy = remedy

    def under(self, *keys: str | int) -> None:
        """Prefix the path with keys.

        An error is raised without a path, and each level of the template adds its key while the
        error propagates. So paths cost nothing unless an error occurs.
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
    """A function does not exist, does not exist in this version, or is not supported."""


class InvalidArguments(TemplateError):
    """A function has invalid arguments."""


class InvalidReference(TemplateError):
    """The referenced resource, parameter or attribute does not exist."""


class CircularDependency(TemplateError):
    """Resources require each other."""


class UnknownType(TemplateError):
    """The resource type does not exist."""


class UnavailableType(UnknownType):
    """The resource type belongs to a service of a cloud that is not there.

    :ivar service: name of the service.
    :ivar type: the resource type.
    """

    service: str = ''
    type: str = ''


class UnknownProperty(TemplateError):
    """The resource type does not have this property."""


class InvalidProperty(TemplateError):
    """A property has the wrong type, violates a constraint or is missing."""


class InvalidFacade(InvalidProperty):
    """A nested template does not have what the type has that it stands for.

    The message is Heat's, which names the type instead of a path.
    """

    def __str__(self) -> str:
        return self.message


class UnknownParameter(TemplateError):
    """A value is given for a parameter that the template does not declare."""


class MissingParameter(TemplateError):
    """A parameter has neither a value nor a default."""


class InvalidParameter(TemplateError):
    """The declaration or the value of a parameter is invalid."""


class TooLarge(TemplateError):
    """A limit of size, depth or work is exceeded."""


class ResolutionError(TemplateError):
    """A value cannot be computed at run time."""


def kind(value: object) -> str:
    """Return the type of a value for a message, without the value itself, such as 'a map'."""
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
    """Return a name in quotes for a message, cut to 255 characters."""
    text = str(name)
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + '...')
