"""Call plugins: whatever they do, an observation comes of it."""

from __future__ import annotations

from oslo_log import log

from heatconv.context import about
from heatconv.convergence.model import Observation, Reality, Verb
from heatconv.effects import Perform
from heatconv.resources.plugin import Plugin, Resource, TransientError
from heatconv.resources.registry import Registry
from heatconv.worker.lease import LeaseKeeper

LOG = log.getLogger(__name__)


class PluginPerformer:
    """Performs calls while the lease allows it.

    :param action_timeout: seconds that one call may take at most: an action
        starts only while the lease is valid for longer than that.
    """

    def __init__(
        self,
        registry: Registry,
        lease: LeaseKeeper,
        action_timeout: float,
    ) -> None:
        self._registry = registry
        self._lease = lease
        self._action_timeout = action_timeout

    def perform(self, effect: Perform) -> Observation | None:
        """Do what is asked, then look; None if the lease is too short."""
        return self.act(effect) if self.admits(effect) else None

    def admits(self, effect: Perform) -> bool:
        """Say whether the lease allows it; give the lease up if it does not."""
        claim = effect.call.row.claim or ''
        if effect.makes_up or self._lease.time_left(claim) > self._action_timeout:
            return True
        self._lease.give_up(claim)
        return False

    def act(self, effect: Perform) -> Observation:
        """Do what is asked, then look; a plugin that raises has failed."""
        call = effect.call
        row = call.row
        about(effect.project_id, effect.request_id, effect.stack_name, row.name)
        resource = Resource(
            token=row.token,
            name=row.name,
            type=row.type,
            stack_id=row.stack_id,
            stack_name=effect.stack_name,
            project_id=effect.project_id,
            properties=call.properties,
            physical_id=row.physical_id,
        )
        plugin = self._registry.plugin(row.type)
        if plugin is None:
            return Observation(Reality.FAILED, reason=f'no plugin for {row.type} is installed')
        try:
            if call.verb == Verb.CREATE:
                plugin.create(resource)
            elif call.verb == Verb.UPDATE:
                plugin.update(resource, call.changed)
            elif call.verb == Verb.DELETE:
                plugin.delete(resource)
            return plugin.observe(resource)
        except TransientError as error:
            LOG.info('Plugin %s cannot %s %s just now: %s', row.type, call.verb, row.name, error)
            return Observation(
                Reality.UNKNOWN,
                reason=str(error) or 'not just now',
                retry_after=error.retry_after,
            )
        except Exception as error:  # whatever a plugin raises, its resource has failed
            LOG.warning(
                'Plugin %s failed to %s %s (%s)',
                row.type,
                call.verb,
                row.name,
                row.id,
                exc_info=True,
            )
            return self._after_failure(plugin, resource, error)

    def _after_failure(self, plugin: Plugin, resource: Resource, error: Exception) -> Observation:
        reason = f'{type(error).__name__}: {error}'
        try:
            seen = plugin.observe(resource)
        except TransientError as again:
            # What it left is not known: without its id nobody would replace it.
            return Observation(
                Reality.UNKNOWN, reason=f'{reason}; {again}', retry_after=again.retry_after
            )
        except Exception as again:
            LOG.warning('Plugin %s cannot observe %s: %s', resource.type, resource.name, again)
            return Observation(Reality.FAILED, reason=reason)
        return Observation(
            Reality.FAILED, seen.physical_id, seen.attributes, seen.properties, reason
        )
