"""An engine: what it answers with, put together."""

from __future__ import annotations

from typing import Any

import oslo_messaging
from oslo_log import log

from heatconv.answers import Announcer, answer
from heatconv.effects import Task
from heatconv.engine.endpoint import EngineEndpoint
from heatconv.engine.prepare import prepare
from heatconv.engine.requests import Limits, Requests
from heatconv.ports import Clock, Ids
from heatconv.rpc import api
from heatconv.storage.base import Store, StoreUnavailable
from heatconv.templates import TemplateCache

LOG = log.getLogger(__name__)

MAX_TEMPLATE_SIZE = 524_288


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

    def prepare(self, context: Any, stack_id: str) -> None:
        """Prepare what a stack wishes for, if it still does."""
        try:
            self._exhaust(prepare(stack_id, self._ids))
        except StoreUnavailable as error:
            LOG.warning('Stack %s is left to the sweep: the database is away: %s', stack_id, error)

    def _exhaust(self, task: Task) -> None:
        said: Any = None
        while True:
            try:
                effect = task.send(said)
            except StopIteration:
                return
            said = answer(effect, self._store, self._templates, self._announcer)


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
        self.api = EngineEndpoint(store, templates, requests, max_template_size)
        self.prepare = PrepareEndpoint(store, templates, announcer, ids)
