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

"""The names of files: what they refer to, and how they are sent with a request.

A location is the path of a local file, ``-`` for stdin, or an http or https URL. Files that were
fetched by URL are not trusted: their names never refer to local files.
"""

from __future__ import annotations

import os
import pathlib
import posixpath
import re
from typing import Any, TypeGuard
from urllib import parse

from heatconv.cli.errors import UsageError

STDIN = '-'

#: File name extensions of templates.
TEMPLATES = ('.yaml', '.template')

#: The part of a URL before ``://``.
SCHEME = re.compile(r'([A-Za-z][A-Za-z0-9+.-]*)://')

#: The port of a URL without one, by scheme. There are no other schemes.
PORTS = {'http': 80, 'https': 443}

#: Characters that need no escape in the path or the query of a URL; escapes stay as they are.
SAFE = "/?%:@!$&'()*+,;=~"


def scheme_of(name: str) -> str:
    """Return the scheme of a URL in lower case; empty for a path."""
    match = SCHEME.match(name)
    return match[1].lower() if match else ''


def is_url(name: str) -> bool:
    """Say whether a name is an http or https URL."""
    return scheme_of(name) in PORTS


def is_template(name: Any, base: str) -> TypeGuard[str]:
    """Say whether the name of a type is that of a template.

    :param base: location of the file that contains it.
    """
    if not isinstance(name, str):
        return False
    # The name of a fetched file may end with a query.
    path = re.split(r'[?#]', name)[0] if is_url(name) or is_url(base) else name
    return path.endswith(TEMPLATES)


def directory_of(path: str | None) -> str:
    """Return the directory that the names in a local file are relative to.

    :param path: the file; None or ``-`` (stdin) for the working directory.
    """
    return '' if path in (None, STDIN) else os.path.dirname(str(path))


def shown(location: str) -> str:
    """Return a location for messages: a path, a URL, or stdin."""
    return 'stdin' if location == STDIN else location


def on_command_line(argument: str) -> str:
    """Return the location that an argument of the command line names.

    :raises UsageError: if it is a URL that is not valid or not supported.
    """
    return resolve(argument, '', argument) if scheme_of(argument) else argument


def resolve(name: str, base: str, where: str) -> str:
    """Return the location that a name refers to.

    :param name: a URL, or a path relative to the file that contains it.
    :param base: location of the file that contains the name; empty for the working directory.
    :param where: the place of the name, for messages.
    :raises UsageError: if the URL is not valid or not supported, or if a fetched file names a
        local file.
    """
    if is_url(name):
        return checked_url(name, where)
    scheme = scheme_of(name)
    if is_url(base):
        if scheme == 'file' or name.startswith(('/', '\\')) or name.lower().startswith('file:'):
            raise UsageError(
                f'a file that was fetched by URL cannot name the local file {name}',
                where,
                'Use a name relative to the URL of the file, or an http or https URL.',
            )
        if not scheme:
            quoted = parse.quote(name, safe=SAFE)
            # Without ./ a colon in the first part of the name would end a scheme.
            return checked_url(parse.urljoin(base, f'./{quoted}'), where)
    if scheme == 'file':
        return _local_path(name, where)
    if scheme:
        raise UsageError(
            f'{name} is not an http, https or file URL',
            where,
            'Download the file, and name the local copy.',
        )
    return os.path.join(directory_of(base), name)


def checked_url(url: str, where: str) -> str:
    """Return an http or https URL in its normal form, without the fragment.

    :param where: the place of the URL, for messages.
    :raises UsageError: if it is not valid.
    """
    try:
        parts = parse.urlsplit(url)
        valid = parts.scheme in PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise UsageError(f'{url} is not a valid http or https URL', where)
    if '@' in parts.netloc:
        # Not repeated: the error may end up in a log.
        raise UsageError(
            'a URL must not contain a user name or password',
            where.replace(parts.netloc, parts.netloc.rpartition('@')[2]),
            'Download the file, and name the local copy.',
        )
    path = parse.quote(parts.path or '/', safe=SAFE)
    query = parse.quote(parts.query, safe=SAFE)
    return parse.urlunsplit((parts.scheme, parts.netloc.lower(), path, query, ''))


def site_of(url: str) -> tuple[str, int | None]:
    """Return host and port of a URL; None for the default port of its scheme.

    http and https on their default ports are one site.
    """
    parts = parse.urlsplit(url)
    port = None if parts.port == PORTS[parts.scheme] else parts.port
    return parts.hostname or '', port


def sent_name(location: str, root: str) -> str:
    """Return the name with which a file is sent.

    It is relative to the root template if possible. So it depends neither on the working directory
    nor on the URL: the same files have the same names when they are downloaded.

    :param location: location of the file; a path is relative to the directory of a local root.
    :param root: location of the root template; empty if there is none.
    """
    if is_url(location):
        parts = parse.urlsplit(location)
        if is_url(root) and site_of(root) == site_of(location) and not parts.query:
            directory = posixpath.dirname(parse.urlsplit(root).path)
            return posixpath.relpath(parts.path, directory)
        return location
    if is_url(root):
        return pathlib.Path(os.path.abspath(location)).as_uri()
    return os.path.normpath(location)


def _local_path(url: str, where: str) -> str:
    """Return the path of a file URL."""
    parts = parse.urlsplit(url)
    if parts.netloc not in ('', 'localhost'):
        raise UsageError(
            f'{url} names a file of another host', where, 'Write file:///, and an absolute path.'
        )
    return parse.unquote(parts.path)
