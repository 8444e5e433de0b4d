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

A reporter of `heatconv.cli.output` shows the progress during the wait.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

from heatconv import exception
from heatconv.cli import errors
from heatconv.cli.connection import Session
from heatconv.cli.waiting.progress import Ending, Goal, Members, Progress, Reporter

#: Seconds between two polls of an engine in this process.
POLL_EMBEDDED = 0.2
#: Polls of daemons cost other users time: the interval starts at `POLL_EMBEDDED` and grows by the
#: factor `POLL_GROWTH` up to `POLL_REMOTE_MAX` seconds.
POLL_REMOTE_MAX = 1.0
POLL_GROWTH = 1.3

#: Number of events of one request.
PAGE = 200

#: Listing the resources of a large stack takes long: largest share of the time for it, and the
#: shortest pause between two lists, in seconds.
COUNTING_SHARE = 0.05
COUNTING_PAUSE_MIN = 1.0

#: The wait fails after this many consecutive polls without an answer. Fewer are tolerated,
#: because an engine may die and be replaced during the wait.
UNANSWERED_MAX = 3

#: A stack with pending hooks counts as paused after this many consecutive polls without events.
QUIET_POLLS = 3

#: The engine enforces the timeout of an action; the wait ends this many seconds after it.
TIMEOUT_GRACE = 60.0


def event_id(event: dict[str, Any]) -> str:
    """Return the id of an event, which is also the marker of the events after it."""
    return str(event['event_identity']['path'].rpartition('/')[2])


def newest_event(session: Session, identity: dict[str, Any]) -> str | None:
    """Return the id of the newest event of a stack; None if it has no events."""
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
    """Return all events after a marker, oldest first.

    :param marker: id of an event; None for all events of the stack.
    :param filters: fields of events and their required values.
    """
    events: list[dict[str, Any]] = []
    while True:
        page = session.call(
            'list_events',
            stack_identity=identity,
            filters=filters,
            limit=PAGE,
            marker=marker,
            sort_dir='asc',
        )
        events += page
        if len(page) < PAGE:
            return events
        marker = event_id(page[-1])


class Follower:
    """Waits for a stack until no action is in progress.

    :param identity: identity of the stack.
    :param reporter: shows the progress.
    :param marker: id of the newest event before the action; only later events are shown.
    :param timeout: timeout of an action in seconds; a rollback has the same timeout of its own.
    :param clock: returns the monotonic time in seconds.
    :param wait_timeout: timeout of the whole wait in seconds, independent of the actions of the
        stack.
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
        wait_timeout: float | None = None,
    ) -> None:
        self._session = session
        self._identity = identity
        self._reporter = reporter
        self._marker = marker
        self._timeout = timeout
        self._clock = clock
        self._sleep = sleep
        self._started = clock()
        self._wait_timeout = wait_timeout
        self._progress = Progress(identity['stack_name'], self._started)
        self._count_at = self._started
        self._told = False

    def follow(self, goal: Goal) -> Ending:
        """Wait until no action is in progress or a timeout expires; return the result."""
        try:
            self._reporter.begin(self._progress)
            ending = self._poll_until_finished()
        except BaseException:
            self._reporter.abort()
            raise
        self._reporter.end(ending, goal.reached(ending))
        return ending

    def _poll_until_finished(self) -> Ending:
        interval = POLL_EMBEDDED
        action, deadline, unanswered, quiet = '', self._deadline(), 0, 0
        while True:
            try:
                finished, gone = self._poll()
                unanswered = 0
            except Exception as error:
                unanswered += 1
                if not _is_unavailable(error) or unanswered == UNANSWERED_MAX:
                    raise
                finished = gone = False
            if finished:
                return self._ending(gone=gone)
            quiet = quiet + 1 if self._progress.waits and not self._told else 0
            if self._session.embedded and quiet >= QUIET_POLLS:
                # End the wait: the user clears the hook with another command, after this process
                # and its engine have stopped.
                return self._ending(waits=True)
            if self._progress.action != action:
                action, deadline = self._progress.action, self._deadline()
            if deadline is not None and self._clock() >= deadline:
                return self._ending(timed_out=True)
            self._sleep(interval)
            if not self._session.embedded:
                interval = min(interval * POLL_GROWTH, POLL_REMOTE_MAX)

    def _deadline(self) -> float | None:
        if self._wait_timeout is not None:
            return self._started + self._wait_timeout
        if self._timeout is None:
            return None
        return self._clock() + self._timeout + TIMEOUT_GRACE

    def _poll(self) -> tuple[bool, bool]:
        """Poll the stack once.

        :return: whether no action is in progress, and whether the stack does not exist any more.
        """
        try:
            # The status is read before the events: then all events up to this status exist.
            stack = self._session.call(
                'show_stack', stack_identity=self._identity, resolve_outputs=False
            )[0]
        except Exception as error:
            if not errors.is_missing(error):
                raise
            return True, True
        self._progress.take_stack(stack)
        finished = stack['stack_status'] != 'IN_PROGRESS'
        events = self._events()
        now = self._clock()
        for event in events:
            self._progress.take_event(event, now)
        deleted = finished and stack['stack_action'] == 'DELETE'
        if (finished and not deleted) or now >= self._count_at:
            self._count()
        self._told = bool(events)
        self._reporter.update(self._progress, events)
        return finished, False

    def _events(self) -> list[dict[str, Any]]:
        try:
            events = events_after(self._session, self._identity, self._marker)
        except Exception as error:
            if not errors.is_missing(error):
                raise
            # Either the stack was just deleted, which the next poll reports, or the event of the
            # marker was purged because the stack has many events. Continue after the newest
            # event: it is better to miss some events than to show all of them again.
            events = []
            with contextlib.suppress(exception.EntityNotFound, exception.NotFound):
                self._marker = newest_event(self._session, self._identity)
        if events:
            self._marker = event_id(events[-1])
        return events

    def _count(self) -> None:
        """Update the progress of the resources from a list of them."""
        began = self._clock()
        try:
            resources = self._session.call('list_stack_resources', stack_identity=self._identity)
        except Exception as error:
            if not errors.is_missing(error):
                raise
            return
        now = self._clock()
        for resource in resources:
            self._progress.take_resource(resource, now)
        if self._progress.status == 'IN_PROGRESS':
            self._progress.members = self._members(resources)
        if self._progress.status != 'IN_PROGRESS':
            # The list does not contain deleted resources, and the total does not include them.
            names = {resource['resource_name'] for resource in resources}
            for resource in resources:
                if resource['resource_status'] == 'FAILED':
                    # It may have failed before this wait began, and then no event reported it.
                    reason = resource.get('resource_status_reason') or ''
                    self._progress.failures.setdefault(resource['resource_name'], reason)
            self._progress.resources = {
                name: progress
                for name, progress in self._progress.resources.items()
                if name in names
            }
        now = self._clock()
        self._count_at = now + max(COUNTING_PAUSE_MIN, (now - began) / COUNTING_SHARE)

    def _members(self, resources: list[dict[str, Any]]) -> dict[str, Members]:
        """Return the numbers of resources of the nested stacks in progress.

        They only inform: if they cannot be read, those known are returned.
        """
        nested = {one['resource_name']: one.get('nested_stack_id') for one in resources}
        members = {}
        for name, resource in self._progress.under_way[: self._reporter.members_shown]:
            if not nested.get(name):
                continue
            try:
                within = self._session.call('list_stack_resources', stack_identity=nested[name])
            except Exception as error:
                if errors.is_missing(error):
                    continue
                break
            complete = sum(
                one['resource_status'] == 'COMPLETE' and one['resource_action'] != 'INIT'
                for one in within
            )
            in_progress = sum(one['resource_status'] == 'IN_PROGRESS' for one in within)
            members[name] = Members(resource.action, complete, in_progress, len(within))
        return members

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


def _is_unavailable(error: Exception) -> bool:
    """Say whether an error means that no engine answered."""
    return getattr(error, 'error_type', None) == 'Unavailable'
