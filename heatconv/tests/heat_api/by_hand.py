"""A site for a try by hand: what tools/heat-api brings up, shows and takes down.

One process holds the site, and stops all of it when it is told to.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any

from heatconv.tests.heat_api.site import USERS, Site

#: How long everything may take to come up or to go down, in seconds.
WAIT_SECONDS = 180


class Place:
    """The directory of the venvs, with what is known of the site.

    :ivar state: a file that is there as long as the site is.
    """

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory
        self.state = directory / 'state.json'
        self.log = directory / 'log'

    def read(self) -> dict[str, Any]:
        """Return what is known of the site; nothing if there is none."""
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            state: dict[str, Any] = json.loads(self.state.read_text())
            return state
        return {}

    def write(self, **what: Any) -> None:
        """Tell others of the site; passwords are for their owner alone."""
        made = self.state.with_suffix('.new')
        made.touch(mode=0o600)
        made.write_text(json.dumps(what))
        made.rename(self.state)


def alive(pid: int, directory: str) -> bool:
    """Say whether a process is there that works in a directory."""
    with contextlib.suppress(OSError):
        return os.readlink(f'/proc/{pid}/cwd').startswith(directory)
    return False


def left(directory: str) -> list[int]:
    """Return the processes that work in a directory, or were told of it."""
    told = f'={directory}/'.encode()
    found = []
    for entry in pathlib.Path('/proc').glob('[0-9]*'):
        with contextlib.suppress(OSError):
            if alive(int(entry.name), directory) or told in (entry / 'environ').read_bytes():
                found.append(int(entry.name))
    return found


def up(place: Place, args: argparse.Namespace) -> int:
    """Start the process that holds the site, and wait until the site is up."""
    if place.read():
        print('it is up, or was not taken down: tools/heat-api down', file=sys.stderr)
        return 1
    options = [f'--{name}={getattr(args, name)}' for name in ('rabbit', 'database')]
    command = [sys.executable, '-m', __spec__.name, str(place.directory), 'hold']
    command += [one for one in options if not one.endswith('=None')]
    command += ['--keystone'] if args.keystone else []
    with open(place.log, 'wb') as log:
        holder = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    ends = time.monotonic() + WAIT_SECONDS
    while 'variables' not in place.read():
        if holder.poll() is not None or time.monotonic() > ends:
            if holder.poll() is None:
                holder.terminate()
            print(place.log.read_text(errors='replace')[-3_000:], file=sys.stderr)
            return 1
        time.sleep(0.2)
    show(place)
    return 0


def hold(place: Place, args: argparse.Namespace) -> int:
    """Hold a site until SIGTERM comes."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    directory = pathlib.Path(tempfile.mkdtemp(prefix='heatconv-by-hand-'))
    # The servers have users of their own.
    directory.chmod(0o755)
    os.chdir(directory)
    site = Site(directory, args.keystone, args.rabbit, args.database, engine={})
    known: dict[str, Any] = {'pid': os.getpid(), 'directory': str(directory)}
    try:
        place.write(**known)
        site.start()
        variables = site.user('alice') if site.keystone else site.variables('demo')
        others = [one for one in USERS if one != 'alice'] if site.keystone else []
        place.write(
            **known,
            pids=site.pids(),
            variables=variables,
            others={one: site.user(one) for one in others},
        )
        while True:
            signal.pause()
    finally:
        site.stop()
        os.chdir('/')
        shutil.rmtree(directory, ignore_errors=True)
        place.state.unlink(missing_ok=True)


def show(place: Place) -> None:
    """Print what a shell is to export."""
    state = place.read()
    print(f'export PATH={shlex.quote(str(place.directory / "client" / "bin"))}:"$PATH"')
    if 'OS_AUTH_URL' in state['variables']:
        print('unset OS_AUTH_TYPE OS_ENDPOINT')
    for name, value in state['variables'].items():
        print(f'export {name}={shlex.quote(value)}')
    for user, variables in state['others'].items():
        own = ('OS_USERNAME', 'OS_PROJECT_NAME', 'OS_PASSWORD')
        words = ' '.join(f'{name}={shlex.quote(variables[name])}' for name in own)
        print(f'# {user}: export {words}')


def status(place: Place, args: argparse.Namespace) -> int:
    """Say what runs; 1 if not all of it does."""
    state = place.read()
    parts = state.get('pids', {})
    running = [alive(pid, state['directory']) for pid in parts.values()]
    for (name, pid), runs in zip(parts.items(), running, strict=True):
        print(f'{name:16} {pid:8} {"up" if runs else "down"}')
    if not parts or not all(running):
        print('it is not up')
        return 1
    print(f'logs are in {state["directory"]}')
    show(place)
    return 0


def down(place: Place, args: argparse.Namespace) -> int:
    """Have the site stopped, and wait until it is."""
    state = place.read()
    if state and alive(state['pid'], state['directory']):
        os.kill(state['pid'], signal.SIGTERM)
        ends = time.monotonic() + WAIT_SECONDS
        while place.state.exists() and time.monotonic() < ends:
            time.sleep(0.2)
    if state:
        # What is left if the holder was killed.
        for pid in left(state['directory']):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(state['directory'], ignore_errors=True)
    place.state.unlink(missing_ok=True)
    place.log.unlink(missing_ok=True)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run; return the exit code."""
    parser = argparse.ArgumentParser(prog='tools/heat-api', description=__doc__)
    parser.add_argument('place', type=pathlib.Path, help=argparse.SUPPRESS)
    commands = {'up': up, 'hold': hold, 'status': status, 'down': down}
    parser.add_argument('command', choices=list(commands), help='hold is up in the foreground')
    parser.add_argument('--keystone', action='store_true', help='users log in at a Keystone')
    parser.add_argument(
        '--rabbit', metavar='URL', help='a virtual host of nobody else; else a broker of its own'
    )
    parser.add_argument(
        '--database',
        metavar='URL',
        help='an empty database; else PostgreSQL of its own where it is installed, or SQLite',
    )
    args = parser.parse_args(argv)
    return commands[args.command](Place(args.place.absolute()), args)


if __name__ == '__main__':
    sys.exit(main())
