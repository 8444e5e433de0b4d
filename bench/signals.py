"""Measures ``heatconv-signal``: signals per second of CPU, sent by many connections.

Only the daemon is measured: the handles are rows that are written directly.
"""

from __future__ import annotations

import http.client
import json
import pathlib
import socket
import subprocess
import sys
import threading
import time
from typing import Any

from bench.processes import cpu_seconds
from bench.servers import wait_until
from heatconv.convergence.model import Action, Resource, Stack, Status
from heatconv.db.database import Database
from heatconv.db.store import DatabaseStore
from heatconv.resources import plugin
from heatconv.runtime.ports import SystemClock, SystemIds
from heatconv.signals.signatures import Signatures
from heatconv.signals.urls import SignedUrls
from heatconv.storage.content import EncodedTemplate
from heatconv.storage.values import NewStack
from heatconv.tests.servers import free_port

KEY = 'benchmark' * 4
TYPE = 'OS::Heat::WaitConditionHandle'


def measure(
    directory: pathlib.Path, database_url: str, bus_url: str, size: int, handles: int, senders: int
) -> dict[str, Any]:
    """Send signals and return rate and cost.

    :param size: number of signals.
    :param handles: number of resources that receive them.
    :param senders: number of connections.
    """
    port = free_port()
    endpoint = f'http://127.0.0.1:{port}'
    config = directory / 'signal.conf'
    config.write_text(
        f'[DEFAULT]\ntransport_url = {bus_url}\n[database]\nconnection = {database_url}\n'
        f'[signal]\nendpoint = {endpoint}\nkey = {KEY}\nport = {port}\nmax_rate = 0\n'
    )
    paths = _handles(database_url, endpoint, handles)
    with open(directory / 'signal.log', 'wb') as log:
        daemon = subprocess.Popen(
            [sys.executable, '-m', 'heatconv.cmd.signal', '--config-file', str(config)],
            stdout=log,
            stderr=log,
        )
    try:
        wait_until(lambda: _accepts(port), 'the signal daemon accepts connections', 60)
        share = size // senders
        _send(port, paths, 100)
        before, begun = cpu_seconds(daemon.pid), time.monotonic()
        threads = [
            threading.Thread(target=_send, args=(port, paths[n::senders] or paths, share))
            for n in range(senders)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - begun
        cpu = cpu_seconds(daemon.pid) - before
    finally:
        daemon.terminate()
        daemon.wait()
    sent = share * senders
    return {
        'signals': sent,
        'handles': handles,
        'per_second': round(sent / seconds),
        'per_cpu_second': round(sent / cpu),
        'cpu_ms': round(1000 * cpu / sent, 3),
    }


def _handles(database_url: str, endpoint: str, number: int) -> list[str]:
    """Write a stack with handles; return the signed paths."""
    clock, ids = SystemClock(), SystemIds()
    database = Database(database_url)
    store = DatabaseStore(database, clock, ids)
    stack = Stack(ids.fresh(), 'project', f'signals-{ids.fresh()}', status=Status.COMPLETE)
    rows = tuple(
        Resource(
            ids.fresh(),
            stack.id,
            f'handle{n}',
            TYPE,
            Action.CREATE,
            Status.COMPLETE,
            properties={},
        )
        for n in range(number)
    )
    store.insert_stacks([NewStack(EncodedTemplate.of({}), stack, (), rows)])
    urls = SignedUrls(endpoint, Signatures([KEY]))
    paths = []
    for row in rows:
        seen = plugin.Resource(row.id, row.name, TYPE, stack.id, stack.name, 'project')
        paths.append(urls.signed(seen).removeprefix(endpoint))
    database.close()
    return paths


def _send(port: int, paths: list[str], number: int) -> None:
    """Send signals over one connection."""
    connection = http.client.HTTPConnection('127.0.0.1', port)
    for n in range(number):
        body = json.dumps({'id': f'{threading.get_ident()}-{n}', 'data': n, 'reason': 'done'})
        connection.request('POST', paths[n % len(paths)], body)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f'signal answered with {answer.status}')
    connection.close()


def _accepts(port: int) -> bool:
    """Say whether the daemon accepts connections."""
    try:
        socket.create_connection(('127.0.0.1', port), 1).close()
    except OSError:
        return False
    return True
