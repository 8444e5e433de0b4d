"""An engine: what it answers with, put together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import oslo_messaging
from oslo_log import log

from heatconv.engine.endpoints import engine_endpoints
from heatconv.engine.prepare import prepare
from heatconv.engine.requests.core import Limits, Requests
from heatconv.hot.limits import MAX_TEMPLATE_SIZE
from heatconv.rpc import api
from heatconv.runtime.effects import Task
from heatconv.runtime.ports import Clock, Ids
from heatconv.storage.base import Store, StoreUnavailable
from heatconv.storage.handlers import Announcer, answer
from heatconv.templates.cache import TemplateCache

LOG = log.getLogger(__name__)


class PrepareEndpoint:
    """Takes casts on the topic of wishes."""

    target = oslo_messaging.Target(version=api.PREPARE_VERSION)

    def __init__(
        self, store: Store, templates: TemplateCache, announcer: Announcer, ids: Ids
    ) -> None:
        self._store = store
        self._templates = templates
        self._announcer = announcer
        self._ids = ids
        self._lock = threading.Lock()
        #: Stacks that are being prepared, and whether they were announced again.
        self._under_way: dict[str, bool] = {}

    def prepare(self, context: Any, stack_id: str) -> None:
        """Prepare what a stack wishes for, if it still does.

        A wish that takes long is announced again and again meanwhile: this process then looks
        once more when it is done, instead of many times at once.
        """
        with self._lock:
            if stack_id in self._under_way:
                self._under_way[stack_id] = True
                return
            self._under_way[stack_id] = False
        while True:
            try:
                self._prepare(stack_id)
            except BaseException:
                with self._lock:
                    del self._under_way[stack_id]
                raise
            with self._lock:
                if not self._under_way[stack_id]:
                    del self._under_way[stack_id]
                    return
                self._under_way[stack_id] = False

    def _prepare(self, stack_id: str) -> None:
        try:
            self._exhaust(prepare(stack_id, self._ids))
        except StoreUnavailable as error:
            LOG.warning('Stack %s is left to the sweep: the database is away: %s', stack_id, error)
        finally:
            self._templates.trim()

    def _exhaust(self, task: Task) -> None:
        said: Any = None
        while True:
            try:
                effect = task.send(said)
            except StopIteration:
                return
            said = answer(effect, self._store, self._templates, self._announcer)


class PreparePool:
    """Prepares wishes in threads of this process, to spare the way over the broker.

    :param most: how many it takes at once; the others are told to all engines.
    """

    def __init__(self, prepare: Callable[[Any, str], None], threads: int = 4, most: int = 16):
        self._prepare = prepare
        self._slots = threading.BoundedSemaphore(most)
        self._pool = ThreadPoolExecutor(threads, 'prepare')

    def accept(self, stack_id: str) -> bool:
        """Take a wish, unless there is enough to do; say whether it was taken."""
        if not self._slots.acquire(blocking=False):
            return False
        try:
            self._pool.submit(self._run, stack_id)
        except RuntimeError:  # it is stopping
            self._slots.release()
            return False
        return True

    def stop(self) -> None:
        """Finish what was begun."""
        self._pool.shutdown()

    def _run(self, stack_id: str) -> None:
        try:
            self._prepare({}, stack_id)
        except Exception:
            LOG.exception('Stack %s is left to the sweep', stack_id)
        finally:
            self._slots.release()


class Engine:
    """Takes requests and prepares wishes; keeps nothing to itself."""

    def __init__(
        self,
        store: Store,
        templates: TemplateCache,
        announcer: Announcer,
        clock: Clock,
        ids: Ids,
        limits: Limits | None = None,
        max_template_size: int = MAX_TEMPLATE_SIZE,
    ) -> None:
        requests = Requests(store, templates, announcer, clock, ids, limits)
        self.requests = requests
        self.endpoints = engine_endpoints(requests, max_template_size)
        self.prepare = PrepareEndpoint(store, templates, announcer, ids)
        self.wishes = PreparePool(self.prepare.prepare)
