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

"""What is wrong with a template, where, and what would be right.

Messages name keys, types and limits but never quote a value: any value may be
that of a hidden parameter.
"""

from __future__ import annotations

#: Longest part of a name that an error repeats.
_SHOWN = 255


class TemplateError(ValueError):
    """Something in a template, an environment or a value is wrong.

    :ivar message: what is wrong.
    :ivar path: where, such as ``resources.server.properties.name``, or ''.
    :ivar remedy: what would be right, or ''.
    """

    def __init__(self, message: str, path: str = '', remedy: str = '') -> None:
        super().__init__(message, path, remedy)
        self.message = message
        self.path = path
        self.remedy = remedy

    def under(self, *keys: str | int) -> None:
        """Put keys before the path.

        Errors are raised without a path where they are found; each level they
        pass on their way out adds its key. So a place costs nothing until
        something is wrong there.
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
    """The text is not YAML, or YAML that is not taken here."""


class InvalidVersion(TemplateError):
    """The template has no version or one that nobody knows."""


class InvalidSection(TemplateError):
    """A section or key is unknown, of the wrong shape, or not supported."""


class UnknownFunction(TemplateError):
    """A function does not exist, or not in this version, or not here yet."""


class InvalidArguments(TemplateError):
    """A function got arguments it cannot work with."""


class InvalidReference(TemplateError):
    """A resource, parameter or attribute that is referred to is not there."""


class CircularDependency(TemplateError):
    """Resources require each other."""


class UnknownType(TemplateError):
    """There is no such resource type."""


class UnknownProperty(TemplateError):
    """The resource type has no such property."""


class InvalidProperty(TemplateError):
    """A property has the wrong type, breaks a constraint or is missing."""


class UnknownParameter(TemplateError):
    """A value is given for a parameter that the template does not declare."""


class MissingParameter(TemplateError):
    """A parameter has neither a value nor a default."""


class InvalidParameter(TemplateError):
    """A parameter's declaration or value is wrong."""


class TooLarge(TemplateError):
    """A limit on size, depth or work is exceeded."""


class ResolutionError(TemplateError):
    """A value cannot be computed at run time."""


def kind(value: object) -> str:
    """Name the type of a value as users know it, without the value."""
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
