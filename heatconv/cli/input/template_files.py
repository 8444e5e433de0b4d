"""Collect the files that templates and environments name, to send them with the request.

A name is relative to the file that contains it, and is sent relative to the template: the same in
any working directory.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from heatconv.cli.errors import UsageError

#: File name endings of templates.
TEMPLATES = ('.yaml', '.template')

STDIN = '-'

#: Size limit of a file; the engine has its own limit.
BYTES_MAX = 64 * 1024 * 1024

Rename = Callable[[str], str]


def directory_of(path: str | None) -> str:
    """Return the directory that names in a file are relative to."""
    return '' if path in (None, STDIN) else os.path.dirname(str(path))


def gathered(
    template: dict[str, Any], path: str, environment: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a template and the files that it and an environment name, by their names.

    :param path: of the template.
    :param environment: the result of `heatconv.cli.input.arguments.read_environment`.
    :return: the template to send: names of files in it may differ.
    :raises UsageError: if a file cannot be read, or is not valid.
    """
    gathering = _Gathering(path)
    renamed = gathering.renamed(template, '')
    registry = environment.get('resource_registry')
    for name in _targets(registry):
        gathering.add_template(name)
    return renamed, gathering.files


def renamed_registry(registry: Any, path: str, base: str) -> Any:
    """Return a ``resource_registry`` whose templates have the names that they are sent with.

    :param path: of the environment.
    :param base: the directory of the template.
    """
    if isinstance(registry, dict):
        return {key: renamed_registry(entry, path, base) for key, entry in registry.items()}
    if not _is_template(registry):
        return registry
    file = os.path.join(directory_of(path), registry)
    return os.path.normpath(os.path.relpath(file, base or os.curdir))


def _is_template(name: Any) -> bool:
    return isinstance(name, str) and name.endswith(TEMPLATES) and '://' not in name


def _targets(registry: Any) -> list[str]:
    if isinstance(registry, dict):
        return [name for entry in registry.values() for name in _targets(entry)]
    return [registry] if _is_template(registry) else []


class _Gathering:
    def __init__(self, path: str) -> None:
        self._path = path
        self._base = directory_of(path)
        self.files: dict[str, Any] = {}

    def renamed(self, value: Any, inside: str) -> Any:
        """Return a part of a template with the sent names of its files; collect the files.

        :param inside: the name of the template.
        """
        if isinstance(value, list):
            return [self.renamed(one, inside) for one in value]
        if not isinstance(value, dict):
            return value
        name = value.get('get_file') if len(value) == 1 else None
        if isinstance(name, str):
            return {'get_file': self._add_text(self._name(name, inside))}
        made = {key: self.renamed(one, inside) for key, one in value.items()}
        if _is_template(value.get('type')):
            made['type'] = self.add_template(self._name(value['type'], inside))
        return made

    def add_template(self, name: str) -> str:
        """Read a nested template and the files that it names; return its name."""
        from heatconv.hot import source
        from heatconv.hot.errors import TemplateError

        if name not in self.files:
            text = self._read(name)
            self.files[name] = text  # it may name itself
            try:
                template = source.parse(text, BYTES_MAX)
            except TemplateError as error:
                raise UsageError(error.message, name, error.remedy or None) from None
            self.files[name] = self.renamed(template, name)
        return name

    def _add_text(self, name: str) -> str:
        if name not in self.files:
            self.files[name] = self._read(name)
        return name

    def _name(self, name: str, inside: str) -> str:
        if '://' in name:
            return name
        return os.path.normpath(os.path.join(os.path.dirname(inside), name))

    def _read(self, name: str) -> str:
        where = 'stdin' if self._path == STDIN else self._path
        if '://' in name:
            raise UsageError(f'only files can be named, not {name}', where)
        try:
            with open(os.path.join(self._base, name), encoding='utf-8') as file:
                return file.read(BYTES_MAX)
        except OSError as error:
            raise UsageError(f'cannot read the file {name}: {error.strerror}', where) from None
        except ValueError:
            raise UsageError(f'the file {name} is not text in UTF-8', where) from None
