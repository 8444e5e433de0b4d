"""Partitioning on tooz: membership of a group, and a share of the keys for each member.

The interface is that of PartitionCoordinator in ceilometer and aodh. It decides which member
does some work, and correctness never depends on it: members that disagree for a while cost
time only, since the store guards every write.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import tenacity
import tooz.coordination
from oslo_config import cfg
from oslo_log import log
from tooz import hashring

from heatconv.conf import coordination, register_group

LOG = log.getLogger(__name__)

#: The errors of a backend. tooz documents errors of its own, but lets others through: for
#: instance those of etcd3gw when etcd is unreachable.
FAILURES = (Exception,)


class MemberNotInGroup(Exception):
    """This process has joined the group, but is not among its members."""

    def __init__(self, group_id: str, members: Iterable[str], my_id: str) -> None:
        super().__init__(f'Group ID: {group_id}, Members: {sorted(members)}, Me: {my_id}')


class HashRing:
    """Consistent hashing of keys to nodes.

    A node that is added or removed moves about its own share of the keys.

    :param replicas: number of points on the ring per node: more points spread the keys more
        evenly. With the default, the largest and the smallest share of ten nodes differ by less
        than a third of the average share.
    """

    def __init__(self, nodes: Iterable[str], replicas: int = 200) -> None:
        self._ring = hashring.HashRing(sorted(nodes), partitions=replicas)

    def get_node(self, key: str) -> str | None:
        """Return the node that owns a key; None if there are no nodes."""
        try:
            return next(iter(self._ring.get_nodes(key.encode())), None)
        except (ValueError, IndexError):
            return None


class PartitionCoordinator:
    """One member of the groups, or a process that only observes their members.

    It works on coordinators that implement only start, heartbeat, create_group, join_group
    and get_members. So it tracks itself whether it is started.

    :param my_id: id of this member, unique among the members; generated if None.
    :param conf: configuration with the coordination options; the global one of oslo.config if
        None.
    """

    def __init__(self, my_id: str | None = None, conf: cfg.ConfigOpts | None = None) -> None:
        self._conf = cfg.CONF if conf is None else conf
        register_group(self._conf, coordination)
        self._my_id = my_id or str(uuid.uuid4())
        self._coordinator: Any = None
        self._groups: dict[str, None] = {}
        self._watched: dict[str, list[Callable[..., Any]]] = {}
        self._started = False
        #: Log messages of the failures in the current outage.
        self._complained: set[str] = set()

    @property
    def my_id(self) -> str:
        """Return the id of this member."""
        return self._my_id

    def start(self) -> None:
        """Connect to the backend, if one is configured; a failure is logged."""
        url = self._conf.coordination.backend_url
        if not url:
            return
        try:
            # The etcd driver concatenates the id with bytes; other drivers expect text.
            my_id = self._my_id.encode() if url.startswith('etcd3') else self._my_id
            self._coordinator = tooz.coordination.get_coordinator(url, my_id)
            self._coordinator.start()
            self._started = True
            LOG.info('Coordination backend started successfully.')
        except FAILURES:
            self._started = False
            self._log_failure('Error connecting to coordination backend.')

    def stop(self) -> None:
        """Leave all groups and disconnect."""
        if self._coordinator is None:
            return
        for group_id in list(self._groups):
            self.leave_group(group_id)
        try:
            self._coordinator.stop()
        except FAILURES:
            self._log_failure('Error disconnecting from coordination backend.')
        finally:
            self._coordinator = None
            self._started = False

    def is_active(self) -> bool:
        """Say whether there is a coordinator of a backend."""
        return self._coordinator is not None

    def heartbeat(self) -> None:
        """Send a heartbeat to the backend; connect and join again if necessary."""
        if self._coordinator is None:
            return
        if not self._started:
            # tooz cannot start a coordinator twice: this creates another one.
            with contextlib.suppress(Exception):
                self._coordinator.stop()
            self.start()
            if self._started:
                self._join_again()
        try:
            self._coordinator.heartbeat()
            self._log_recovery('Error connecting', 'Error sending', 'Error joining')
        except FAILURES:
            self._started = False
            self._log_failure('Error sending a heartbeat to coordination backend.')

    def watch_group(self, group_id: str, callback: Callable[..., Any]) -> None:
        """Register a callback for members that join or leave; see `run_watchers`."""
        if self._coordinator is None:
            return
        self._watched.setdefault(group_id, []).append(callback)
        self._coordinator.watch_join_group(group_id, callback)
        self._coordinator.watch_leave_group(group_id, callback)

    def run_watchers(self) -> None:
        """Call the callbacks for the members that have joined or left."""
        if self._coordinator is None or not self._started:
            return
        try:
            self._coordinator.run_watchers()
        except FAILURES:
            self._log_failure('Error running watchers of coordination backend.')

    def join_group(self, group_id: str) -> None:
        """Join a group, and create it if it does not exist; retry until it succeeds."""
        if self._coordinator is None or not self._started or not group_id:
            return
        retry = tenacity.Retrying(
            wait=tenacity.wait_exponential(
                multiplier=self._conf.coordination.retry_backoff,
                max=self._conf.coordination.max_retry_interval,
            ),
            retry=tenacity.retry_if_exception_type(FAILURES),
            reraise=True,
        )
        retry(self._join_or_log, group_id)

    def join_once(self, group_id: str, again: bool = False) -> None:
        """Join a group unless it was joined before; a failure is logged, and not retried.

        :param again: join even if it was joined before, because the group does not list this
            member.
        """
        if self._coordinator is None or not self._started:
            return
        if group_id in self._groups and not again:
            return
        try:
            self._join(group_id)
        except FAILURES:
            self._log_failure('Error joining group %s of coordination backend.', group_id)

    def members(self, group_id: str) -> set[str] | None:
        """Return the members of a group; None if they are currently unknown."""
        if self._coordinator is None or not self._started:
            return None
        try:
            return self._read_members(group_id)
        except tooz.coordination.GroupNotCreated:
            return set()
        except FAILURES:
            self._log_failure('Error getting group membership info from coordination backend.')
            return None

    def leave_group(self, group_id: str) -> None:
        """Leave a group."""
        if group_id not in self._groups:
            return
        del self._groups[group_id]
        if self._coordinator is None:
            return
        try:
            self._coordinator.leave_group(group_id).get()
            LOG.info('Left partitioning group %s', group_id)
        except FAILURES:
            self._log_failure('Error leaving group %s of coordination backend.', group_id)

    def extract_my_subset(self, group_id: str | None, iterable: Iterable[Any]) -> Iterable[Any]:
        """Return those of the items that this member owns, in their order.

        Without a backend this is everything; while the members are unknown, nothing. A backend
        that could not be reached is asked all the same: it may have recovered before the next
        heartbeat connects to it.
        """
        if not group_id:
            return iterable
        if not self._conf.coordination.backend_url and self._coordinator is None:
            return list(iterable)
        if group_id not in self._groups:
            self.join_group(group_id)
        try:
            members = self._members(group_id)
            LOG.debug('Members of group %s: %s, Me: %s', group_id, members, self._my_id)
            if self._my_id not in members and self._started:
                LOG.warning('This process is not in group %s any more: joining again', group_id)
                self.join_group(group_id)
                members = self._members(group_id)
            if self._my_id not in members:
                raise MemberNotInGroup(group_id, members, self._my_id)
            ring = HashRing(members)
            return [item for item in iterable if ring.get_node(str(item)) == self._my_id]
        except FAILURES:
            self._log_failure('Error getting group membership info from coordination backend.')
            return []

    def _log_failure(self, message: str, *arguments: str) -> None:
        """Log a failure with its traceback, once per outage; repetitions at debug level."""
        if message in self._complained:
            LOG.debug(message, *arguments, exc_info=True)
            return
        self._complained.add(message)
        LOG.exception(message, *arguments)

    def _log_recovery(self, *prefixes: str) -> None:
        """Record the end of an outage, so that the next failure is logged again.

        :param prefixes: of the log messages of the failures that are over.
        """
        recovered = {message for message in self._complained if message.startswith(prefixes)}
        if recovered:
            self._complained -= recovered
            LOG.info('The coordination backend works again.')

    def _join_or_log(self, group_id: str) -> None:
        try:
            self._join(group_id)
        except FAILURES:
            # Each attempt is logged: the delays between them grow, so there are few.
            LOG.exception('Error joining partitioning group %s, re-trying', group_id)
            raise

    def _join(self, group_id: str) -> None:
        while True:
            try:
                self._coordinator.join_group(group_id).get()
                LOG.info('Joined partitioning group %s', group_id)
                break
            except tooz.coordination.MemberAlreadyExist:
                break
            except tooz.coordination.GroupNotCreated:
                with contextlib.suppress(tooz.coordination.GroupAlreadyExist):
                    self._coordinator.create_group(group_id).get()
        self._groups[group_id] = None

    def _join_again(self) -> None:
        for group_id in list(self._groups):
            try:
                self._join(group_id)
            except FAILURES:
                self._log_failure('Error joining group %s again.', group_id)
            for callback in self._watched.get(group_id, ()):
                self._coordinator.watch_join_group(group_id, callback)
                self._coordinator.watch_leave_group(group_id, callback)

    def _members(self, group_id: str) -> set[str]:
        """Return the members of a group, which is joined if it does not exist.

        :raises Exception: if the backend cannot be reached: see `FAILURES`.
        """
        if self._coordinator is None:
            raise tooz.coordination.ToozConnectionError('There is no coordinator.')
        while True:
            try:
                return self._read_members(group_id)
            except tooz.coordination.GroupNotCreated:
                if not self._started:
                    # A group is joined only after the connection: to try again would not end.
                    raise
                self.join_group(group_id)

    def _read_members(self, group_id: str) -> set[str]:
        members = self._coordinator.get_members(group_id).get()
        self._log_recovery('Error getting')
        # Backends return bytes for ids that they received as text.
        return {member.decode() if isinstance(member, bytes) else member for member in members}
