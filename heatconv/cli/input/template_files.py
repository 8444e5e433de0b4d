"""Collect the files that templates and environments name, to send them with the request.

A name is relative to the file that contains it. It is sent relative to the root template, so that
it does not depend on the working directory.
"""

from __future__ import annotations

import os
from typing import Any

from heatconv.cli.input import locations
from heatconv.cli.input.reader import Reader

#: A place in a document: the place of the map or list around it, and the key or index in that.
#: None for the whole document.
Place = tuple[Any, str | int] | None

#: The type of resources whose template is named by a property.
BY_URL = 'AWS::CloudFormation::Stack'


class FileCollector:
    """Collects the files of a request by the names with which they are sent.

    Inside, a local file has a path relative to the directory of the root template.

    :param root: location of the root template; empty if there is none.
    :ivar files: text of files, and parsed nested templates, by name.
    """

    def __init__(self, root: str, reader: Reader) -> None:
        self._reader = reader
        self._root = reader.base(root)
        self._directory = '' if locations.is_url(root) else locations.directory_of(root)
        self._title = locations.shown(root)
        #: Sent name and location of the nested templates whose names are not collected yet.
        self._pending: list[tuple[str, str]] = []
        self.files: dict[str, Any] = {}

    def template(self, template: dict[str, Any]) -> dict[str, Any]:
        """Collect the files that the root template names; return it with their sent names.

        :raises UsageError: if a file cannot be read, or is not valid.
        """
        inside = self._root if locations.is_url(self._root) else ''
        renamed: dict[str, Any] = self._renamed(template, inside, self._title, None)
        self._search_pending()
        return renamed

    def registry(self, registry: Any, environment: str) -> Any:
        """Collect the templates of a ``resource_registry``; return it with their sent names.

        The names are relative to ``base_url``, or without it to the environment. ``base_url`` is
        left out: it has no meaning for the sent names.

        :param environment: location of the environment.
        :raises UsageError: if a template cannot be read, or is not valid.
        """
        base = self._reader.base(environment)
        where = f'{locations.shown(environment)}: resource_registry'
        renamed = self._registered(registry, base, where, environment)
        self._search_pending()
        return renamed

    def _registered(self, registry: Any, base: str, where: str, environment: str) -> Any:
        if not isinstance(registry, dict):
            return registry
        if isinstance(registry.get('base_url'), str):
            base = locations.resolve(
                registry['base_url'].rstrip('/') + '/', base, f'{where}.base_url'
            )
        renamed = {}
        for key, entry in registry.items():
            place = f'{where}.{key}'
            if key == 'base_url':
                continue
            if isinstance(entry, dict):
                renamed[key] = self._registered(entry, base, place, environment)
            elif locations.is_template(entry, base):
                location = locations.resolve(entry, base, place)
                if not locations.is_url(location):
                    location = os.path.relpath(location, self._directory or os.curdir)
                renamed[key] = self._add_template(location, place, environment)
            else:
                renamed[key] = entry
        return renamed

    def _renamed(self, value: Any, inside: str, title: str, place: Place) -> Any:
        """Collect the files of a part of a template, and return the part with their sent names.

        :param inside: location of the template that contains the part; empty for a local root.
        :param title: the same for messages.
        """
        if isinstance(value, list):
            return [
                self._renamed(item, inside, title, (place, index))
                for index, item in enumerate(value)
            ]
        if not isinstance(value, dict):
            return value
        name = value.get('get_file') if len(value) == 1 else None
        if isinstance(name, str):
            where = _where(title, (place, 'get_file'))
            return {'get_file': self._add_text(self._resolve(name, inside, where), where, inside)}
        renamed = {
            key: self._renamed(item, inside, title, (place, key)) for key, item in value.items()
        }
        type_ = value.get('type')
        if locations.is_template(type_, inside):
            where = _where(title, (place, 'type'))
            location = self._resolve(type_, inside, where)
            renamed['type'] = self._add_template(location, where, inside)
        self._rename_by_url(renamed, inside, title, place)
        return renamed

    def _rename_by_url(
        self, declaration: dict[str, Any], inside: str, title: str, place: Place
    ) -> None:
        """Collect the template that a nested stack of CloudFormation names by its URL.

        :param declaration: the part of a template, in either dialect; it is changed in place.
        """
        for type_key, properties_key in (('type', 'properties'), ('Type', 'Properties')):
            properties = declaration.get(properties_key)
            if declaration.get(type_key) != BY_URL or not isinstance(properties, dict):
                continue
            name = properties.get('TemplateURL')
            if isinstance(name, str):
                where = _where(title, ((place, properties_key), 'TemplateURL'))
                location = self._resolve(name, inside, where)
                properties['TemplateURL'] = self._add_template(location, where, inside)

    def _resolve(self, name: str, inside: str, where: str) -> str:
        return locations.resolve(name, self._reader.base(inside), where)

    def _add_template(self, location: str, where: str, named_in: str) -> str:
        """Collect a nested template, and remember to search it; return its sent name."""
        name = locations.sent_name(location, self._root)
        if not name.endswith(locations.TEMPLATES):
            # A URL with a query. The engine recognizes a template by the end of its name.
            name += '#' + locations.TEMPLATES[0]
        if name not in self.files:
            self.files[name] = self._reader.text(self._opened(location), name, where, named_in)
            self._pending.append((name, location))
        return name

    def _search_pending(self) -> None:
        """Parse the nested templates, and collect the files that they name.

        It is a loop, not a recursion: templates that name each other can form a long chain.
        """
        while self._pending:
            name, location = self._pending.pop()
            path = self._opened(location)
            template = self._reader.parsed(self.files[name], path)
            self.files[name] = self._renamed(template, location, path, None)

    def _add_text(self, location: str, where: str, named_in: str) -> str:
        name = locations.sent_name(location, self._root)
        if name not in self.files:
            self.files[name] = self._reader.text(self._opened(location), name, where, named_in)
        return name

    def _opened(self, location: str) -> str:
        """Return the location of a file relative to the working directory."""
        if locations.is_url(location):
            return location
        return os.path.join(self._directory, location)


def _where(title: str, place: Place) -> str:
    """Return a place in a file, for messages."""
    keys: list[str] = []
    while place is not None:
        place, key = place
        keys.append(str(key))
    return f'{title}: {".".join(reversed(keys))}'
