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

"""``make_url``: a URL from its parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlunsplit

from heatconv.hot.errors import InvalidArguments, kind, shown
from heatconv.hot.functions.context import Builder, Context
from heatconv.hot.functions.node import Node
from heatconv.hot.limits import Budget
from heatconv.hot.suggest import suggestion

_PARTS = ('scheme', 'username', 'password', 'host', 'port', 'path', 'query', 'fragment')
_SYNTAX = 'write {make_url: {scheme: https, host: ..., path: ...}}'


def make_url(argument: Any, context: Context) -> Any:
    """Build a URL from a map of its parts.

    Parts that are written out are checked at once. Values of functions are checked when the URL is
    built, as in Heat.
    """
    if not isinstance(argument, Mapping):
        _check(argument)
    _check({name: part for name, part in argument.items() if not isinstance(part, Mapping)})
    return context.evaluated('make_url', url_of, context.compile(argument))


def url_of(argument: Any, budget: Budget) -> str:
    """Build a URL; each part is escaped as in Heat (heat/engine/hot/functions.py, MakeURL)."""
    _check(argument)
    budget.spend_value(argument)
    try:
        query = urlencode(argument.get('query') or {}).replace('%2F', '/')
        url: str = urlunsplit(
            (
                argument.get('scheme', ''),
                ''.join(_authority(argument)),
                quote(argument.get('path', '')),
                query,
                quote(argument.get('fragment', '')),
            )
        )
    except ValueError:
        raise InvalidArguments('these parts make no URL', '', _SYNTAX) from None
    budget.spend_text(len(url))
    return url


def _authority(argument: Mapping[str, Any]) -> Iterator[str]:
    """Yield the pieces of ``username:password@host:port``; an IPv6 address is in brackets."""
    username = quote(argument.get('username', ''), safe='')
    password = quote(argument.get('password', ''), safe='')
    if username or password:
        yield username
        if password:
            yield ':' + password
        yield '@'
    host = argument.get('host', '')
    if host.startswith('[') and host.endswith(']'):
        host = host[1:-1]
    host = quote(host, safe=':')
    yield f'[{host}]' if ':' in host else host
    port = argument.get('port', '')
    if port:
        yield f':{port}'


def _check(argument: Any) -> None:
    """Check an argument whose parts may be nodes."""
    if not isinstance(argument, Mapping):
        raise InvalidArguments(f'it needs a map, not {kind(argument)}', '', _SYNTAX)
    for name, value in argument.items():
        if name not in _PARTS:
            raise InvalidArguments(
                f'a URL has no {shown(name)}', str(name), suggestion(str(name), _PARTS)
            )
        if isinstance(value, Node):
            continue
        if name == 'query':
            if not isinstance(value, Mapping):
                raise InvalidArguments(f'it must be a map, not {kind(value)}', name, _SYNTAX)
        elif name == 'port':
            _check_port(value)
        elif not isinstance(value, str):
            raise InvalidArguments(f'it must be a string, not {kind(value)}', name, _SYNTAX)
    scheme = argument.get('scheme')
    if isinstance(scheme, str) and ':' in scheme:
        raise InvalidArguments("it must not contain ':'", 'scheme')


def _check_port(value: Any) -> None:
    try:
        port = int(value)
    except (TypeError, ValueError, OverflowError):
        port = 0
    if not 0 < port <= 65535:
        raise InvalidArguments('it must be a number from 1 to 65535', 'port')


FUNCTIONS: Mapping[str, Builder] = {'make_url': make_url}
