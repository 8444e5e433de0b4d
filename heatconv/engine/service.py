"""The engine service: its RPC endpoints, and the threads that prepare wishes."""

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
    """The RPC endpoint that receives announcements of wishes."""

    target = oslo_messaging.Target(version=api.PREPARE_VERSION)

    def __init__(
        self, store: Store, templates: TemplateCache, announcer: Announcer, ids: Ids
    ) -> None:
        self._store = store
        self._templates = templates
        self._announcer = announcer
        self._ids = ids
        self._lock = threading.Lock()
        #: For each stack whose preparation is in progress: whether it was announced again.
        self._under_way: dict[str, bool] = {}

    def prepare(self, context: Any, stack_id: str) -> None:
        """Prepare the wish of a stack, if it still has one.

        The sweep announces a wish again if its preparation takes long. Then no second preparation
        starts in this process: the running one checks for a wish once more when it ends.
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
            LOG.warning(
                'Stack %s is left to the sweep: the database is unavailable: %s', stack_id, error
            )
        finally:
            self._templates.trim()

    def _exhaust(self, task: Task) -> None:
        """Run a task to its end."""
        result: Any = None
        while True:
            try:
                effect = task.send(result)
            except StopIteration:
                return
            result = answer(effect, self._store, self._templates, self._announcer)


class PreparePool:
    """Prepares wishes in threads of this process, without a message over the broker.

    :param prepare: prepares the wish of a stack, like `PrepareEndpoint.prepare`.
    :param threads: number of threads.
    :param most: largest number of wishes that are queued or in progress here; others are cast to
        all engines.
    """

    def __init__(self, prepare: Callable[[Any, str], None], threads: int = 4, most: int = 16):
        self._prepare = prepare
        self._slots = threading.BoundedSemaphore(most)
        self._pool = ThreadPoolExecutor(threads, 'prepare')

    def accept(self, stack_id: str) -> bool:
        """Accept a wish unless the pool is full or stopping; return whether it was accepted."""
        if not self._slots.acquire(blocking=False):
            return False
        try:
            self._pool.submit(self._run, stack_id)
        except RuntimeError:  # raised by a pool that is stopping
            self._slots.release()
            return False
        return True

    def stop(self) -> None:
        """Finish the accepted wishes, and stop the threads."""
        self._pool.shutdown()

    def _run(self, stack_id: str) -> None:
        try:
            self._prepare({}, stack_id)
        except Exception:
            LOG.exception('Stack %s is left to the sweep', stack_id)
        finally:
            self._slots.release()


class Engine:
    """Accepts requests and prepares wishes; all of its state is in the store.

    :ivar endpoints: the endpoints for the topic of user requests.
    :ivar prepare: the endpoint for the topic of wishes.
    :ivar wishes: the pool that prepares wishes without a cast.
    """

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
