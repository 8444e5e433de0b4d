"""Collect the files that templates and environments name, to send them with the request.

A name is relative to the file that contains it. It is sent relative to the root template, so that
it does not depend on the working directory.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from heatconv.cli.errors import UsageError

#: File name extensions of templates.
TEMPLATES = ('.yaml', '.template')

STDIN = '-'

#: Largest size of a file; the engine enforces a limit of its own.
BYTES_MAX = 64 * 1024 * 1024

Rename = Callable[[str], str]


def directory_of(path: str | None) -> str:
    """Return the directory that the names in a file are relative to.

    :param path: the file; None or ``-`` (stdin) for the working directory.
    """
    return '' if path in (None, STDIN) else os.path.dirname(str(path))


def gathered(
    template: dict[str, Any], path: str, environment: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Collect the files that a template and an environment name.

    :param path: path of the template.
    :param environment: the result of `heatconv.cli.input.arguments.read_environment`.
    :return: the template to send, in which names of files may have changed; and the content of
        the files by the names with which they are sent.
    :raises UsageError: if a file cannot be read, or is not valid.
    """
    collector = _FileCollector(path)
    renamed = collector.renamed(template, '')
    registry = environment.get('resource_registry')
    for name in _registered_templates(registry):
        collector.add_template(name)
    return renamed, collector.files


def renamed_registry(registry: Any, path: str, base: str) -> Any:
    """Return a ``resource_registry`` whose templates have the names with which they are sent.

    :param path: path of the environment.
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


def _registered_templates(registry: Any) -> list[str]:
    if isinstance(registry, dict):
        return [name for entry in registry.values() for name in _registered_templates(entry)]
    return [registry] if _is_template(registry) else []


class _FileCollector:
    """Collects files by the names with which they are sent.

    :ivar files: text of files, and parsed nested templates, by name.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._base = directory_of(path)
        self.files: dict[str, Any] = {}

    def renamed(self, value: Any, inside: str) -> Any:
        """Collect the files of a part of a template, and return the part with their sent names.

        :param inside: the sent name of the template that contains the part; empty for the root.
        """
        if isinstance(value, list):
            return [self.renamed(item, inside) for item in value]
        if not isinstance(value, dict):
            return value
        name = value.get('get_file') if len(value) == 1 else None
        if isinstance(name, str):
            return {'get_file': self._add_text(self._resolve(name, inside))}
        renamed = {key: self.renamed(item, inside) for key, item in value.items()}
        if _is_template(value.get('type')):
            renamed['type'] = self.add_template(self._resolve(value['type'], inside))
        return renamed

    def add_template(self, name: str) -> str:
        """Collect a nested template and the files that it names; return its name."""
        from heatconv.hot import source
        from heatconv.hot.errors import TemplateError

        if name not in self.files:
            text = self._read(name)
            # Registered before its content is searched, because a template may name itself.
            self.files[name] = text
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

    def _resolve(self, name: str, inside: str) -> str:
        if '://' in name:
            return name
        return os.path.normpath(os.path.join(os.path.dirname(inside), name))

    def _read(self, name: str) -> str:
        where = 'stdin' if self._path == STDIN else self._path
        if '://' in name:
            raise UsageError(f'only local files can be named, not {name}', where)
        try:
            with open(os.path.join(self._base, name), encoding='utf-8') as file:
                return file.read(BYTES_MAX)
        except OSError as error:
            raise UsageError(f'cannot read the file {name}: {error.strerror}', where) from None
        except ValueError:
            raise UsageError(f'the file {name} is not UTF-8 text', where) from None
