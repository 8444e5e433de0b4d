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

"""Wait for a stack: poll its events and its status until no action is in progress.

`heatconv.cli.output` shows the progress meanwhile.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

from heatconv import exception
from heatconv.cli import errors
from heatconv.cli.connection import Session
from heatconv.cli.waiting.progress import Ending, Goal, Progress, Reporter

POLL_EMBEDDED = 0.2
POLL_REMOTE_MAX = 1.0
POLL_GROWTH = 1.3

#: Events of one request.
PAGE = 200

#: Listing the resources of a large stack takes long; it gets at most this share of the time.
COUNTING_SHARE = 0.05
COUNTING_PAUSE_MIN = 1.0

#: An engine may die and be replaced during the wait: this many consecutive calls may fail.
UNANSWERED_MAX = 3

#: A stack without events in this many polls waits at its hooks.
QUIET_POLLS = 3

#: The engine enforces the timeout of a stack; the wait ends this many seconds later.
TIMEOUT_GRACE = 60.0


def event_id(event: dict[str, Any]) -> str:
    """Return the id of an event, which is also the marker for the next ones."""
    return str(event['event_identity']['path'].rpartition('/')[2])


def newest_event(session: Session, identity: dict[str, Any]) -> str | None:
    """Return the marker of the newest event of a stack."""
    newest = session.call(
        'list_events', stack_identity=identity, limit=1, sort_keys=['event_time'], sort_dir='desc'
    )
    return event_id(newest[0]) if newest else None


def events_after(
    session: Session,
    identity: dict[str, Any],
    marker: str | None,
    filters: dict[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Return all events after a marker, oldest first."""
    events: list[dict[str, Any]] = []
    while True:
        page = session.call(
            'list_events', stack_identity=identity, filters=filters, limit=PAGE, marker=marker
        )
        events += page
        if len(page) < PAGE:
            return events
        marker = event_id(page[-1])


class Follower:
    """Waits for a stack.

    :param marker: the newest event before the action.
    :param timeout: timeout of an action in seconds; a rollback has the same.
    :param patience: timeout of the wait in seconds, whatever the stack does.
    """

    def __init__(
        self,
        session: Session,
        identity: dict[str, Any],
        reporter: Reporter,
        marker: str | None = None,
        timeout: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        patience: float | None = None,
    ) -> None:
        self._session = session
        self._identity = identity
        self._reporter = reporter
        self._marker = marker
        self._timeout = timeout
        self._clock = clock
        self._sleep = sleep
        self._started = clock()
        self._patience = patience
        self._progress = Progress(identity['stack_name'], self._started)
        self._count_at = self._started
        self._told = False

    def follow(self, goal: Goal) -> Ending:
        """Wait until no action is in progress or the timeout is over."""
        try:
            self._reporter.begin(self._progress)
            ending = self._poll_until_rest()
        except BaseException:
            self._reporter.abort()
            raise
        self._reporter.end(ending, goal.reached(ending))
        return ending

    def _poll_until_rest(self) -> Ending:
        interval = POLL_EMBEDDED
        action, deadline, unanswered, quiet = '', self._deadline(), 0, 0
        while True:
            try:
                rest, gone = self._poll()
                unanswered = 0
            except Exception as error:
                unanswered += 1
                if not _unanswered(error) or unanswered == UNANSWERED_MAX:
                    raise
                rest = gone = False
            if rest:
                return self._ending(gone=gone)
            quiet = quiet + 1 if self._progress.waits and not self._told else 0
            if self._session.embedded and quiet >= QUIET_POLLS:
                # A hook cannot be cleared while this process runs the engine.
                return self._ending(waits=True)
            if self._progress.action != action:
                action, deadline = self._progress.action, self._deadline()
            if deadline is not None and self._clock() >= deadline:
                return self._ending(timed_out=True)
            self._sleep(interval)
            if not self._session.embedded:
                interval = min(interval * POLL_GROWTH, POLL_REMOTE_MAX)

    def _deadline(self) -> float | None:
        if self._patience is not None:
            return self._started + self._patience
        if self._timeout is None:
            return None
        return self._clock() + self._timeout + TIMEOUT_GRACE

    def _poll(self) -> tuple[bool, bool]:
        """Poll; return whether no action is in progress, and whether the stack is gone."""
        try:
            # The status first: its events then exist already.
            stack = self._session.call(
                'show_stack', stack_identity=self._identity, resolve_outputs=False
            )[0]
        except Exception as error:
            if not errors.is_missing(error):
                raise
            return True, True
        self._progress.take_stack(stack)
        rest = stack['stack_status'] != 'IN_PROGRESS'
        events = self._events()
        now = self._clock()
        for event in events:
            self._progress.take_event(event, now)
        deleted = rest and stack['stack_action'] == 'DELETE'
        if (rest and not deleted) or now >= self._count_at:
            self._count()
        self._told = bool(events)
        self._reporter.update(self._progress, events)
        return rest, False

    def _events(self) -> list[dict[str, Any]]:
        try:
            events = events_after(self._session, self._identity, self._marker)
        except Exception as error:
            if not errors.is_missing(error):
                raise
            # The stack was just deleted, which the next poll reports; or the marker was purged
            # because of many events. Rather miss some events than show all of them again.
            events = []
            with contextlib.suppress(exception.EntityNotFound, exception.NotFound):
                self._marker = newest_event(self._session, self._identity)
        if events:
            self._marker = event_id(events[-1])
        return events

    def _count(self) -> None:
        before = self._clock()
        try:
            listed = self._session.call('list_stack_resources', stack_identity=self._identity)
        except Exception as error:
            if not errors.is_missing(error):
                raise
            return
        now = self._clock()
        for resource in listed:
            self._progress.take_resource(resource, now)
        if self._progress.status != 'IN_PROGRESS':
            # Deleted resources are not listed any more, and do not count.
            names = {resource['resource_name'] for resource in listed}
            for resource in listed:
                if resource['resource_status'] == 'FAILED':
                    # It may have failed before this wait began.
                    reason = resource.get('resource_status_reason') or ''
                    self._progress.failures.setdefault(resource['resource_name'], reason)
            self._progress.resources = {
                name: resource
                for name, resource in self._progress.resources.items()
                if name in names
            }
        self._count_at = now + max(COUNTING_PAUSE_MIN, (now - before) / COUNTING_SHARE)

    def _ending(self, gone: bool = False, timed_out: bool = False, waits: bool = False) -> Ending:
        progress = self._progress
        return Ending(
            stack_name=progress.stack_name,
            action='DELETE' if gone else progress.action,
            status='COMPLETE' if gone else progress.status,
            reason='' if gone else progress.reason,
            seconds=self._clock() - self._started,
            resources=progress.total,
            failures=dict(progress.failures),
            gone=gone or (progress.action, progress.status) == ('DELETE', 'COMPLETE'),
            timed_out=timed_out,
            hooks=tuple(progress.hooks) if waits else (),
        )


def _unanswered(error: Exception) -> bool:
    return getattr(error, 'error_type', None) == 'Unavailable'
