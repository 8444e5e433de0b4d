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

"""Fetch files by http and https, within limits."""

from __future__ import annotations

import dataclasses
import http.client
import ssl
import time
from urllib import error as url_error
from urllib import parse, request

from heatconv.cli.errors import UsageError
from heatconv.cli.input import locations
from heatconv.cli.input.fetch_options import TOTAL_FACTOR, FetchOptions
from heatconv.version import VERSION

#: Largest number of fetched files.
FILES_MAX = 200

#: Largest number of redirects of one file.
REDIRECTS_MAX = 5

REDIRECT_CODES = (301, 302, 303, 307, 308)

#: Largest number of bytes that are read at once.
CHUNK = 65_536

DOWNLOAD = 'Download the files, and use the local copies.'


@dataclasses.dataclass(frozen=True, slots=True)
class Fetched:
    """A fetched file.

    :ivar url: its URL after redirects: the names in it are relative to this.
    """

    content: bytes
    url: str


class Fetcher:
    """Fetches the files of one command, each once."""

    def __init__(self, options: FetchOptions) -> None:
        self._options = options
        self._fetched: dict[str, Fetched] = {}
        self._bytes = 0
        self._opener = request.OpenerDirector()
        # Not the default opener: it also opens file and ftp URLs, and follows every redirect.
        for handler in (
            request.ProxyHandler(),
            request.HTTPHandler(),
            request.HTTPSHandler(),
            request.HTTPDefaultErrorHandler(),
            request.HTTPErrorProcessor(),
        ):
            self._opener.add_handler(handler)
        self._opener.addheaders = [('User-Agent', f'heatconv/{VERSION}'), ('Accept', '*/*')]

    def fetch(self, url: str, what: str, where: str, named_in: str = '') -> Fetched:
        """Return a file, which is fetched unless it was before.

        :param url: an http or https URL in its normal form.
        :param what: name of the file in messages.
        :param where: the place of the name, for messages.
        :param named_in: URL of the fetched file that names it; empty for other files.
        :raises UsageError: if it cannot be fetched, or exceeds a limit.
        """
        if named_in:
            self._check_step(
                (named_in, url),
                f'cannot fetch {what}: it is on another host than the file that names it',
                f'cannot fetch {what}: a file that was fetched by https names it by http',
                where,
            )
        if url not in self._fetched:
            if len(self._fetched) >= FILES_MAX:
                raise UsageError(
                    f'cannot fetch {what}: more than {FILES_MAX} files would be fetched',
                    where,
                    DOWNLOAD,
                )
            try:
                fetched = self._follow(url, what, where)
            except (OSError, http.client.HTTPException, ValueError) as error:
                reason, remedy = self._explain(error)
                raise UsageError(f'cannot fetch {what}: {reason}', where, remedy) from None
            self._bytes += len(fetched.content)
            self._fetched[url] = fetched
        return self._fetched[url]

    def _follow(self, url: str, what: str, where: str) -> Fetched:
        """Fetch a file, and follow its redirects.

        The redirect handler of urllib is not used: it reads the body of a redirect, whatever its
        size.
        """
        deadline = time.monotonic() + self._options.timeout
        for _ in range(REDIRECTS_MAX + 1):
            try:
                with self._opener.open(url, timeout=self._options.timeout) as response:
                    return Fetched(self._read(response, deadline, what, where), url)
            except url_error.HTTPError as error:
                target = error.headers.get('Location') if error.code in REDIRECT_CODES else None
                error.close()
                if target is None:
                    raise
            redirected = parse.urljoin(url, target)
            if not locations.is_url(redirected):
                raise UsageError(
                    f'cannot fetch {what}: it redirects to {redirected}, which is not an http or '
                    'https URL',
                    where,
                    DOWNLOAD,
                )
            redirected = locations.checked_url(redirected, where)
            self._check_step(
                (url, redirected),
                f'cannot fetch {what}: it redirects to another host: {redirected}',
                f'cannot fetch {what}: it redirects from https to http: {redirected}',
                where,
            )
            url = redirected
        raise UsageError(
            f'cannot fetch {what}: more than {REDIRECTS_MAX} redirects', where, DOWNLOAD
        )

    def _check_step(
        self, step: tuple[str, str], other_host: str, unprotected: str, where: str
    ) -> None:
        """Check that a redirect, or a name in a fetched file, may lead from one URL to another.

        :param other_host: message if the step leads to another host.
        :param unprotected: message if the step leads from https to http.
        """
        source, target = step
        if source.startswith('https:') and target.startswith('http:'):
            raise UsageError(unprotected, where, 'Use https only. ' + DOWNLOAD)
        if self._options.other_hosts or locations.site_of(source) == locations.site_of(target):
            return
        raise UsageError(
            other_host, where, 'If you trust the other host, add --allow-other-hosts.'
        )

    def _read(
        self, response: http.client.HTTPResponse, deadline: float, what: str, where: str
    ) -> bytes:
        """Return the body of a response.

        :raises UsageError: if it exceeds a limit. Then no more than the limit was read.
        """
        total = self._options.total_bytes
        chunks: list[bytes] = []
        size = 0
        while True:
            chunk = response.read1(CHUNK)
            if not chunk:
                break
            if time.monotonic() > deadline:
                raise TimeoutError
            chunks.append(chunk)
            size += len(chunk)
            if size > self._options.max_bytes:
                raise UsageError(
                    f'cannot fetch {what}: it has more than {self._options.max_bytes} bytes',
                    where,
                    'Increase the limit with --fetch-limit BYTES, or download the file, and use '
                    'the local copy.',
                )
            if self._bytes + size > total:
                raise UsageError(
                    f'cannot fetch {what}: all files together have more than {total} bytes',
                    where,
                    'Increase the limit with --fetch-limit BYTES: all files together may have '
                    f'{TOTAL_FACTOR} times as many.',
                )
        if response.length:
            # The connection was closed too early; read1 does not report that.
            raise http.client.IncompleteRead(b'', response.length)
        return b''.join(chunks)

    def _explain(self, error: Exception) -> tuple[str, str]:
        """Return the reason of a failed request, and the remedy."""
        if isinstance(error, url_error.HTTPError):
            reason = f'HTTP {error.code} {error.reason}'.rstrip()
            if error.code in (401, 403, 407):
                return reason, 'heatconv sends no credentials. ' + DOWNLOAD
            return reason, 'Check the URL.'
        cause = error.reason if isinstance(error, url_error.URLError) else error
        if isinstance(cause, TimeoutError):
            return (
                f'no complete answer within {self._options.timeout:g} s',
                'Try again, or wait longer with --fetch-timeout SECONDS.',
            )
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f'the certificate is not valid: {cause.verify_message}',
                'To trust another certificate authority, set SSL_CERT_FILE to its file.',
            )
        if isinstance(cause, http.client.IncompleteRead):
            return 'the connection was closed before the end of the file', 'Try again.'
        reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else f'{cause}'
        return (
            ' '.join(reason.split()) or type(cause).__name__,
            'Check the URL and the network. A proxy is set with the variables http_proxy and '
            'https_proxy.',
        )
