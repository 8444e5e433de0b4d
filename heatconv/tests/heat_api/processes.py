"""heat-api and the daemons of heatconv, as an operator starts them."""

from __future__ import annotations

import pathlib
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence

from heatconv.tests import servers

SERVE = pathlib.Path(__file__).with_name('serve.py')

#: The configuration that operators begin with, and the policies of heat-api-cfn.
SAMPLE = pathlib.Path(__file__).parents[3] / 'etc' / 'heatconv' / 'heat-api.conf'
CFN_POLICY = SAMPLE.with_name('heat-api-cfn-policy.yaml')

#: Where pip puts what the distribution of heat has beside its modules.
API_PASTE = pathlib.Path(sys.prefix, 'etc', 'heat', 'api-paste.ini')


def ini(sections: Mapping[str, Mapping[str, object]]) -> str:
    """Write a file of configuration."""
    lines: list[str] = []
    for section, options in sections.items():
        lines += [f'[{section}]', *(f'{name} = {value}' for name, value in options.items())]
    return '\n'.join([*lines, ''])


class Web(servers.Server):
    """Something that answers over HTTP."""

    #: What is asked for to see whether it is there.
    path = '/'

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.url + self.path, timeout=2) as answer:  # noqa: S310
                return bool(answer.status < 400)
        except (OSError, urllib.error.URLError):
            return False

    @property
    def url(self) -> str:
        return f'http://127.0.0.1:{self.port}'


class HeatApi(Web):
    """The stock heat-api.

    :param sections: options beside those of the sample configuration.
    :param by_url: believe in the project that a URL names, without Keystone.
    """

    name = 'heat-api'
    path = '/healthcheck'

    def __init__(
        self, directory: pathlib.Path, sections: Mapping[str, Mapping[str, object]], by_url: bool
    ) -> None:
        self._sections = sections
        self._by_url = by_url
        super().__init__(directory)

    def prepare(self) -> None:
        (self.directory / 'heat.conf').write_text(ini(self._sections))
        (self.directory / 'heat.conf').chmod(0o600)

    def command(self) -> Sequence[str]:
        own = str(self.directory / 'heat.conf')
        return [sys.executable, '-P', str(SERVE), self.name, str(self.port), str(SAMPLE), own]

    def environment(self) -> Mapping[str, str]:
        return {'PROJECT_FROM_URL': '1'} if self._by_url else {}


class HeatApiCfn(HeatApi):
    """The stock heat-api-cfn; its users have keys of Keystone."""

    name = 'heat-api-cfn'

    def __init__(
        self, directory: pathlib.Path, sections: Mapping[str, Mapping[str, object]]
    ) -> None:
        super().__init__(directory, sections, by_url=False)


class Daemon(servers.Server):
    """heatconv-engine, heatconv-worker or heatconv-signal; it says in its log that it serves.

    :param kind: engine, worker or signal.
    :param processes: how many must serve.
    """

    def __init__(
        self, directory: pathlib.Path, kind: str, config: pathlib.Path, processes: int = 1
    ) -> None:
        self.name = f'heatconv-{kind}'
        self._kind = kind
        self._config = config
        self._processes = processes
        super().__init__(directory)

    def command(self) -> Sequence[str]:
        module = f'heatconv.cmd.{self._kind}'
        return [sys.executable, '-m', module, '--config-file', str(self._config)]

    def answers(self) -> bool:
        return self.log().count('Serving') >= self._processes
