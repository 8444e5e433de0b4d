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

"""Read the files that the command line, a template or an environment names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

from heatconv.cli.errors import UsageError
from heatconv.cli.input import locations
from heatconv.cli.input.fetch_options import FetchOptions

if TYPE_CHECKING:
    from heatconv.cli.input.fetching import Fetcher

#: Largest size of a local file; the engine enforces a limit of its own.
BYTES_MAX = 64 * 1024 * 1024


class Reader:
    """Reads stdin, local files, and files by URL.

    :param fetch_options: returns the options of fetches. It is called before the first one, so
        that a command that fetches nothing does not load what a fetch needs.
    :param repeated: is called with a message for each key that occurs twice in a map; if None,
        such keys are refused.
    """

    def __init__(
        self,
        stdin: TextIO,
        fetch_options: Callable[[], FetchOptions] = FetchOptions,
        repeated: Callable[[str], None] | None = None,
    ) -> None:
        self._stdin = stdin
        self._repeated = repeated
        self._fetch_options = fetch_options
        self._fetcher: Fetcher | None = None
        self._redirected: dict[str, str] = {}

    def mapping(self, location: str, kind: str) -> dict[str, Any]:
        """Return a template or an environment that the command line names.

        :param kind: template or environment.
        :raises UsageError: if it cannot be read, or is not valid.
        """
        where = locations.shown(location)
        return self.parsed(self._content(location, f'the {kind}', where), where, kind)

    def parsed(self, text: str | bytes, where: str, kind: str = 'template') -> dict[str, Any]:
        """Return a text as a template or an environment.

        :param where: location of the text, for messages.
        :param kind: template or environment.
        :raises UsageError: if it is not valid.
        """
        from heatconv.hot import source
        from heatconv.hot.errors import TemplateError

        messages: list[str] = []
        try:
            parsed = source.parse(text, BYTES_MAX, kind, repeated=messages)
        except TemplateError as error:
            raise UsageError(error.message, where, error.remedy or None) from None
        for message in messages:
            if self._repeated is None:
                raise UsageError(message, where, 'remove or rename one of the two')
            self._repeated(f'{where}: {message}: the last value counts')
        return parsed

    def text(self, location: str, name: str, where: str, named_in: str) -> str:
        """Return a file that a template or an environment names.

        :param name: name of the file in messages.
        :param where: the place of the name, for messages.
        :param named_in: location of the file that names it.
        :raises UsageError: if it cannot be read, or is not text in UTF-8.
        """
        what = location if locations.is_url(location) else f'the file {name}'
        content = self._content(location, what, where, named_in)
        try:
            text = content.decode()
        except ValueError:
            raise UsageError(f'the file {name} is not UTF-8 text', where) from None
        # The line ends of a file do not depend on the system where it was written.
        return text.replace('\r\n', '\n').replace('\r', '\n')

    def base(self, location: str) -> str:
        """Return what the names in a file are relative to: its location, after redirects."""
        return self._redirected.get(location, location)

    def _content(self, location: str, what: str, where: str, named_in: str = '') -> bytes:
        if location == locations.STDIN:
            # Bytes, because a text stream derives the encoding from the locale.
            binary = getattr(self._stdin, 'buffer', None)
            content: bytes = (
                binary.read() if binary else self._stdin.read().encode('utf-8', 'surrogatepass')
            )
            return content
        if locations.is_url(location):
            return self._fetch(location, what, where, named_in)
        try:
            with open(location, 'rb') as file:
                return file.read()
        except OSError as error:
            raise UsageError(f'cannot read {what}: {error.strerror}', where) from None

    def _fetch(self, url: str, what: str, where: str, named_in: str) -> bytes:
        if self._fetcher is None:
            from heatconv.cli.input.fetching import Fetcher

            self._fetcher = Fetcher(self._fetch_options())
        source = self.base(named_in) if locations.is_url(named_in) else ''
        fetched = self._fetcher.fetch(url, what, where, source)
        self._redirected[url] = fetched.url
        return fetched.content
