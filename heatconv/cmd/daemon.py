"""Run a daemon as several processes, with oslo.service.

SIGTERM lets each process finish its work in progress. SIGHUP reloads the configuration and
restarts the processes. A process that dies is replaced. On SIGUSR2 a process writes a Guru
Meditation Report (threads, configuration, versions) to standard error, or into ``[oslo_reports]
log_dir``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oslo_config import cfg
from oslo_log import log
from oslo_reports import guru_meditation_report as reports
from oslo_reports import opts as report_options
from oslo_service import service

from heatconv.cmd import composition
from heatconv.rpc.transport import server
from heatconv.runtime import allocator
from heatconv.version import VERSION

LOG = log.getLogger(__name__)


@dataclass(frozen=True)
class Served:
    """What one process serves.

    :ivar endpoints: the RPC endpoints, by topic.
    :ivar threads: number of messages of a topic that are handled concurrently.
    :ivar finish: called when the process stops, before its parts are closed.
    """

    endpoints: Mapping[str, Sequence[Any]]
    threads: int
    finish: Callable[[], None] = lambda: None


#: Builds what a process serves from its configuration and its parts.
Serve = Callable[[cfg.ConfigOpts, composition.Parts], Served]


class Daemon(service.Service):  # type: ignore[misc]
    """One process of a daemon. All its parts are built after the fork.

    :param kind: engine, worker or signal.
    """

    def __init__(self, conf: cfg.ConfigOpts, kind: str, serve: Serve) -> None:
        super().__init__()
        self._kind = kind
        self._conf = conf
        self._serve = serve
        self._servers: list[Any] = []
        self._serves = False

    def start(self) -> None:
        """Build the parts and start to serve."""
        super().start()
        self._parts = composition.parts(self._conf, self._kind)
        served = self._serve(self._conf, self._parts)
        self._finish = served.finish
        for topic, endpoints in served.endpoints.items():
            serving = server(self._parts.bus, topic, self._parts.server, endpoints)
            serving.start(override_pool_size=served.threads)
            self._servers.append(serving)
        self._serves = True
        allocator.freeze_loaded_objects()
        LOG.info('Serving %s', ', '.join(served.endpoints) or self._kind)

    def stop(self, graceful: bool = True) -> None:
        """Accept no more messages, finish the work in progress, and close the parts."""
        for serving in self._servers:
            serving.stop()
        for serving in self._servers:
            serving.wait()
        if self._serves:
            self._serves = False
            self._servers = []
            self._finish()
            self._parts.close()
            LOG.info('Stopped')
        super().stop(graceful)


def run(
    argv: Sequence[str] | None,
    prog: str,
    description: str,
    processes: Callable[[cfg.ConfigOpts], int],
    serve: Serve,
) -> int:
    """Run a daemon until it is stopped; return its exit code.

    :param prog: name of the program: its part after the hyphen is the kind, such as engine.
    :param processes: returns the number of processes.
    :param serve: builds what each process serves.
    """
    allocator.configure_malloc()
    allocator.collect_rarely()
    conf = composition.configure(argv, prog, description)
    report_options.set_defaults(conf)
    # Before the fork: only the main thread may register signal handlers, and children inherit
    # them.
    reports.TextGuruMeditation.setup_autorun(VERSION, conf=conf)
    database = composition.database(conf)
    composition.check_schema(database)
    database.close()
    launcher = service.launch(
        conf,
        Daemon(conf, prog.rpartition('-')[2], serve),
        workers=processes(conf),
        restart_method='mutate',
    )
    code: int | None = launcher.wait()
    return code or 0
