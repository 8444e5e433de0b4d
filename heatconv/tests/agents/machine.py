"""A server with the agents of Heat, as a directory of this machine.

os-collect-config polls. When something changes it runs os-refresh-config, which runs the two steps
of heat-agents: os-apply-config writes files, and heat-config has the hooks apply deployments.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import time
from collections.abc import Mapping

import fixtures
from testtools.content import content_from_file

from heatconv.tests.agents import places
from heatconv.tests.heat_api.processes import ini

SECONDS = 60

PHASES = ('pre-configure', 'configure', 'post-configure', 'migration')

#: What heat-agents install on a server, below the directory of an element.
ELEMENT = places.HEAT_AGENTS / 'heat-config'
HOOKS = {
    'script': places.HEAT_AGENTS / 'heat-config-script' / 'install.d' / 'hook-script.py',
    'json-file': places.HEAT_AGENTS / 'heat-config-json-file' / 'install.d' / 'hook-json-file.py',
}


class Machine(fixtures.Fixture):
    """Runs the agents.

    :param templates: files that os-apply-config writes, by path below ``root``.
    """

    def __init__(self, templates: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._templates = dict(templates or {})
        self._process: subprocess.Popen[bytes] | None = None

    def _setUp(self) -> None:
        self.root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self._install()
        (self.root / 'log').touch()
        # A test that fails shows it.
        self.addDetail('agents', content_from_file(str(self.root / 'log')))
        self.addCleanup(self.stop)

    def _install(self) -> None:
        """Install what heat-agents put on a server, with paths below ``root``."""
        for phase in PHASES:
            (self.root / 'os-refresh-config' / f'{phase}.d').mkdir(parents=True)
        hooks = self.root / 'hooks'
        hooks.mkdir()
        for name, file in HOOKS.items():
            shutil.copy(file, hooks / name)
            (hooks / name).chmod(0o755)
        steps = ELEMENT / 'os-refresh-config' / 'configure.d'
        for step in steps.iterdir():
            installed = self.root / 'os-refresh-config' / 'configure.d' / step.name
            shutil.copy(step, installed)
            installed.chmod(0o755)
        shutil.copy(ELEMENT / 'bin' / 'heat-config-notify', self.root / 'heat-config-notify')
        (self.root / 'heat-config-notify').chmod(0o755)
        written = ELEMENT / 'os-apply-config'
        self._template('heat-config', (written / 'var/run/heat-config/heat-config').read_text())
        self._template('agent.conf', (written / 'etc/os-collect-config.conf').read_text())
        for path, text in self._templates.items():
            self._template(path, text)

    def _template(self, path: str, text: str) -> None:
        """Have os-apply-config write a file below ``root``."""
        # os-apply-config writes below the root of the file system.
        file = self.root / 'templates' / str(self.root / path).lstrip('/')
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def start(self, **sections: Mapping[str, object]) -> None:
        """Start os-collect-config as it is after the installation.

        :param sections: its first configuration; os-apply-config writes the next ones.
        """
        config = self.root / 'agent.conf'
        config.write_text(ini(sections))
        with open(self.root / 'log', 'ab') as output:
            self._process = subprocess.Popen(
                [
                    *(places.program('os-collect-config'), '--config-file', str(config)),
                    *('--command', 'os-refresh-config', '--polling-interval', '1'),
                    *('--cachedir', str(self.root / 'cache')),
                    *('--backup-cachedir', str(self.root / 'backup')),
                    *('--local-path', str(self.root / 'local')),
                ],
                stdout=output,
                stderr=output,
                env={**os.environ, **self._environment()},
                cwd=self.root,
                start_new_session=True,
            )

    def _environment(self) -> dict[str, str]:
        root = self.root
        return {
            # The collector "local" fails if Python does not know the name of the locale.
            'LC_ALL': 'C',
            'PATH': f'{places.PLACE / "bin"}:{os.environ["PATH"]}',
            'OS_REFRESH_CONFIG_BASE_DIR': str(root / 'os-refresh-config'),
            'OS_CONFIG_APPLIER_TEMPLATES': str(root / 'templates'),
            'HEAT_CONFIG_HOOKS': str(root / 'hooks'),
            'HEAT_CONFIG_DEPLOYED': str(root / 'deployed'),
            'HEAT_CONFIG_DEPLOYED_OLD': str(root / 'deployed'),
            'HEAT_CONFIG_NOTIFY': str(root / 'heat-config-notify'),
            'HEAT_SHELL_CONFIG': str(root / 'heat-config'),
            'HEAT_SCRIPT_WORKING': str(root / 'working'),
            'HEAT_SCRIPT_OUTPUTS': str(root / 'outputs'),
        }

    def stop(self) -> None:
        """Stop os-collect-config."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait(SECONDS)

    def log(self) -> str:
        """Return what the agents have logged."""
        return (self.root / 'log').read_text(errors='replace')

    def file(self, path: str) -> pathlib.Path:
        """Wait for a file that the agents make; return its path."""
        ends = time.monotonic() + SECONDS
        while not (self.root / path).exists():
            if time.monotonic() > ends:
                raise AssertionError(f'{path} is not there\n{self.log()[-4000:]}')
            time.sleep(0.1)
        return self.root / path
