"""Who looks after what: membership of a group, and a share of the work for each member.

The interface is that of ceilometer's and aodh's PartitionCoordinator, on tooz. It
decides who does something, never whether it is right: two members that disagree for a
while cost time, since every write is guarded where it is made.
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

from heatconv.conf.coordination import GROUP, OPTS

LOG = log.getLogger(__name__)

#: What a backend fails with. tooz promises its own errors, and lets others through: those
#: of etcd3gw, for one, when etcd is away.
FAILURES = (Exception,)


class MemberNotInGroup(Exception):
    """This process is no member, though it has joined."""

    def __init__(self, group_id: str, members: Iterable[str], my_id: str) -> None:
        super().__init__(f'Group ID: {group_id}, Members: {sorted(members)}, Me: {my_id}')


class HashRing:
    """Spreads keys over nodes: one that comes or goes moves about its share of them.

    :param replicas: points on the ring for each node: more spread more evenly.
    """

    def __init__(self, nodes: Iterable[str], replicas: int = 100) -> None:
        self._ring = hashring.HashRing(sorted(nodes), partitions=replicas)

    def get_node(self, key: str) -> str | None:
        """Return the node of a key; None if there are no nodes."""
        try:
            return next(iter(self._ring.get_nodes(key.encode())), None)
        except (ValueError, IndexError):
            return None


class PartitionCoordinator:
    """One member.

    It works on coordinators that know no more than start, heartbeat, create_group,
    join_group and get_members, so that it keeps track itself of whether it is started.

    :param my_id: unique among members; made up if None.
    :param conf: where the options are; oslo.config's global one if None.
    """

    def __init__(self, my_id: str | None = None, conf: cfg.ConfigOpts | None = None) -> None:
        self._conf = cfg.CONF if conf is None else conf
        self._conf.register_opts(OPTS, group=GROUP)
        self._my_id = my_id or str(uuid.uuid4())
        self._coordinator: Any = None
        self._groups: dict[str, None] = {}
        self._watched: dict[str, list[Callable[..., Any]]] = {}
        self._started = False
        #: What was complained of since it last worked.
        self._complained: set[str] = set()

    @property
    def my_id(self) -> str:
        """Return the id of this member."""
        return self._my_id

    def start(self) -> None:
        """Connect to the backend, if there is one; a failure is logged."""
        url = self._conf.coordination.backend_url
        if not url:
            return
        try:
            # The driver of etcd joins the id with bytes; others take it as it is.
            my_id = self._my_id.encode() if url.startswith('etcd3') else self._my_id
            self._coordinator = tooz.coordination.get_coordinator(url, my_id)
            self._coordinator.start()
            self._started = True
            LOG.info('Coordination backend started successfully.')
        except FAILURES:
            self._started = False
            self._complain('Error connecting to coordination backend.')

    def stop(self) -> None:
        """Leave all groups and disconnect."""
        if self._coordinator is None:
            return
        for group_id in list(self._groups):
            self.leave_group(group_id)
        try:
            self._coordinator.stop()
        except FAILURES:
            self._complain('Error disconnecting from coordination backend.')
        finally:
            self._coordinator = None
            self._started = False

    def is_active(self) -> bool:
        """Say whether there is a backend."""
        return self._coordinator is not None

    def heartbeat(self) -> None:
        """Tell the backend that this member lives; connect again if need be."""
        if self._coordinator is None:
            return
        if not self._started:
            # tooz starts no coordinator twice: this makes another one.
            with contextlib.suppress(Exception):
                self._coordinator.stop()
            self.start()
            if self._started:
                self._join_again()
        try:
            self._coordinator.heartbeat()
            self._works('Error connecting', 'Error sending', 'Error joining')
        except FAILURES:
            self._started = False
            self._complain('Error sending a heartbeat to coordination backend.')

    def watch_group(self, group_id: str, callback: Callable[..., Any]) -> None:
        """Have something called when a member comes or goes; see `run_watchers`."""
        if self._coordinator is None:
            return
        self._watched.setdefault(group_id, []).append(callback)
        self._coordinator.watch_join_group(group_id, callback)
        self._coordinator.watch_leave_group(group_id, callback)

    def run_watchers(self) -> None:
        """Look for members that came or went."""
        if self._coordinator is None or not self._started:
            return
        try:
            self._coordinator.run_watchers()
        except FAILURES:
            self._complain('Error running watchers of coordination backend.')

    def join_group(self, group_id: str) -> None:
        """Join a group, which is made if it is not there; try until it works."""
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
        retry(self._join, group_id)

    def join_once(self, group_id: str, again: bool = False) -> None:
        """Join a group unless that was done; a failure is logged, not waited for.

        :param again: join though it was done: the group does not know this member.
        """
        if self._coordinator is None or not self._started:
            return
        if group_id in self._groups and not again:
            return
        try:
            self._join(group_id)
        except FAILURES:
            self._complain('Error joining group %s of coordination backend.', group_id)

    def members(self, group_id: str) -> set[str] | None:
        """Return the members of a group; None if they are not known now."""
        if self._coordinator is None or not self._started:
            return None
        try:
            return self._found(group_id)
        except tooz.coordination.GroupNotCreated:
            return set()
        except FAILURES:
            self._complain('Error getting group membership info from coordination backend.')
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
            self._complain('Error leaving group %s of coordination backend.', group_id)

    def extract_my_subset(self, group_id: str | None, iterable: Iterable[Any]) -> Iterable[Any]:
        """Return those that are this member's, in their order.

        Everything where there is no backend; nothing while the members are not known.
        """
        if not group_id:
            return iterable
        if not self._conf.coordination.backend_url and self._coordinator is None:
            return list(iterable)
        if self._coordinator is None or not self._started:
            return []
        if group_id not in self._groups:
            self.join_group(group_id)
        try:
            members = self._members(group_id)
            LOG.debug('Members of group %s: %s, Me: %s', group_id, members, self._my_id)
            if self._my_id not in members:
                LOG.warning('This process is no member of group %s any more: joining', group_id)
                self.join_group(group_id)
                members = self._members(group_id)
                if self._my_id not in members:
                    raise MemberNotInGroup(group_id, members, self._my_id)
            ring = HashRing(members)
            return [one for one in iterable if ring.get_node(str(one)) == self._my_id]
        except FAILURES:
            self._complain('Error getting group membership info from coordination backend.')
            return []

    def _complain(self, message: str, *arguments: str) -> None:
        """Log a failure with its traceback, once for each outage."""
        if message in self._complained:
            LOG.debug(message, *arguments, exc_info=True)
            return
        self._complained.add(message)
        LOG.exception(message, *arguments)

    def _works(self, *beginnings: str) -> None:
        """Note that something works, so that its next failure is complained of again."""
        mended = {one for one in self._complained if one.startswith(beginnings)}
        if mended:
            self._complained -= mended
            LOG.info('The coordination backend works again.')

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
                self._complain('Error joining group %s again.', group_id)
            for callback in self._watched.get(group_id, ()):
                self._coordinator.watch_join_group(group_id, callback)
                self._coordinator.watch_leave_group(group_id, callback)

    def _members(self, group_id: str) -> set[str]:
        while True:
            try:
                return self._found(group_id)
            except tooz.coordination.GroupNotCreated:
                self.join_group(group_id)

    def _found(self, group_id: str) -> set[str]:
        found = self._coordinator.get_members(group_id).get()
        self._works('Error getting')
        # Backends give bytes for what was given to them as text.
        return {one.decode() if isinstance(one, bytes) else one for one in found}
