"""Plugin calls: even if the plugin raises, the result is an observation."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from oslo_log import log

from heatconv.convergence.model import ADOPTED, Observation, Reality, Verb
from heatconv.resources.plugin import Plugin, PluginCall, Prediction, Resource, TransientError
from heatconv.resources.registry import Registry
from heatconv.runtime.context import set_log_context
from heatconv.runtime.effects import CallPlugin, Predict
from heatconv.storage.base import StoreUnavailable
from heatconv.worker.lease import LeaseKeeper

LOG = log.getLogger(__name__)


class PluginCaller:
    """Makes plugin calls while the lease allows it.

    :param lease: keeps the lease with which the rows of the calls are claimed.
    :param action_timeout: longest time of a call, in seconds: a call begins only while the lease
        is valid for longer.
    :param in_store: whether the records of the built-in types are in the store of the worker, so
        that its commits can write them.
    """

    def __init__(
        self,
        registry: Registry,
        lease: LeaseKeeper,
        action_timeout: float,
        in_store: bool = False,
    ) -> None:
        self._registry = registry
        self._lease = lease
        self._action_timeout = action_timeout
        self._in_store = in_store

    def perform(self, effect: CallPlugin) -> Observation | None:
        """Make a call and return the observation; None if the lease is too short."""
        return self.act(effect) if self.admits(effect) else None

    def admits(self, effect: CallPlugin) -> bool:
        """Say whether the lease allows a call; give the lease up if it does not.

        A compensation is always allowed.
        """
        claim = effect.call.row.claim or ''
        if effect.compensates or self._lease.time_left(claim) > self._action_timeout:
            return True
        self._lease.give_up(claim)
        return False

    def bulk(self, effect: CallPlugin | Predict) -> int:
        """Return the largest number of calls of this type that one bulk call accepts."""
        plugin = self._registry.plugin(effect.call.row.type)
        return 1 if plugin is None else plugin.bulk

    def gathers(self, effect: CallPlugin) -> bool:
        """Say whether calls of this type may wait for each other, to share bulk calls."""
        plugin = self._registry.plugin(effect.call.row.type)
        return plugin is not None and plugin.gathers

    def predicts(self, effect: Predict) -> bool:
        """Say whether the call can be predicted: a commit of the store can carry it out."""
        if not self._in_store:
            return False
        plugin = self._registry.plugin(effect.call.row.type)
        return plugin is not None and plugin.predicts

    def predict(self, effects: Sequence[Predict]) -> list[Prediction | None]:
        """Predict the results of calls of one type and stack.

        :return: for each call the prediction; None if the call must be made.
        """
        plugin = self._registry.plugin(effects[0].call.row.type)
        assert plugin is not None
        return plugin.predict(plugin_calls(effects))

    def perform_many(self, effects: Sequence[CallPlugin]) -> list[Observation | None]:
        """Make calls for several resources of one type and stack.

        :return: for each call the observation; None if the lease is too short for the call.
        """
        admitted = [self.admits(effect) for effect in effects]
        observations = iter(
            self._act([effect for effect, admits in zip(effects, admitted, strict=True) if admits])
        )
        return [next(observations) if admits else None for admits in admitted]

    def act(self, effect: CallPlugin) -> Observation:
        """Make a call and return the observation; an exception of the plugin is a failure."""
        return self._act([effect])[0]

    def _act(self, effects: Sequence[CallPlugin]) -> list[Observation]:
        """Make one bulk call, without regard to the lease."""
        if not effects:
            return []
        first = effects[0]
        name = first.call.row.name if len(effects) == 1 else f'{len(effects)} resources'
        set_log_context(first.project_id, first.request_id, first.stack_name, name)
        plugin, calls = self._registry.plugin(first.call.row.type), plugin_calls(effects)
        if plugin is None:
            reason = f'no plugin for {effects[0].call.row.type} is installed'
            return [Observation(Reality.FAILED, reason=reason) for _ in effects]
        if not plugin.proceeds:
            calls = [_observing(call) for call in calls]
        outcomes: list[Observation | Exception]
        try:
            outcomes = plugin.perform(calls)
        except Exception as error:  # whatever a plugin raises fails its resources only
            outcomes = [error] * len(calls)
        return [
            self._failed(plugin, call, outcome) if isinstance(outcome, Exception) else outcome
            for call, outcome in zip(calls, outcomes, strict=True)
        ]

    def _failed(self, plugin: Plugin, call: PluginCall, error: Exception) -> Observation:
        """Return the observation for an exception: UNKNOWN if it is transient, else FAILED."""
        resource, verb = call.resource, call.verb
        error = _transient(error)
        if isinstance(error, TransientError):
            LOG.info(
                'Plugin %s temporarily cannot %s %s: %s', resource.type, verb, resource.name, error
            )
            return Observation(
                Reality.UNKNOWN,
                reason=str(error) or 'temporarily unavailable',
                retry_after=error.retry_after,
            )
        LOG.warning(
            'Plugin %s failed to %s %s (%s)',
            resource.type,
            verb,
            resource.name,
            resource.token,
            exc_info=error,
        )
        return self._after_failure(plugin, resource, error)

    def _after_failure(self, plugin: Plugin, resource: Resource, error: Exception) -> Observation:
        """Observe what exists after a failed call, and return it as FAILED."""
        reason = f'{type(error).__name__}: {error}'
        try:
            observation = plugin.observe(resource)
        except (TransientError, StoreUnavailable) as observe_error:
            # It is not known what the call created: FAILED without a physical id would mean that
            # nothing exists, and the resource would not be replaced.
            transient = _transient(observe_error)
            return Observation(
                Reality.UNKNOWN,
                reason=f'{reason}; {transient}',
                retry_after=transient.retry_after,
            )
        except Exception as observe_error:
            LOG.warning(
                'Plugin %s cannot observe %s: %s', resource.type, resource.name, observe_error
            )
            return Observation(Reality.FAILED, reason=reason)
        return Observation(
            Reality.FAILED,
            observation.physical_id,
            observation.attributes,
            observation.properties,
            reason,
        )


def _transient(error: Exception) -> Any:
    """Return an exception, or a TransientError in place of one that is due to the database.

    Plugins whose resources are in the database, as nested stacks are, need not know its errors.
    """
    if isinstance(error, StoreUnavailable):
        LOG.info('The database cannot be used now: %s', error)
        return TransientError('the database is temporarily unavailable')
    return error


def _observing(call: PluginCall) -> PluginCall:
    """Return a call to proceed with an operation of one part: it is only observed."""
    if call.verb != Verb.PROCEED:
        return call
    return dataclasses.replace(call, verb=Verb.OBSERVE)


def plugin_calls(effects: Sequence[CallPlugin] | Sequence[Predict]) -> list[PluginCall]:
    """Return the calls of effects in the form that plugins accept."""
    return [
        PluginCall(effect.call.verb, _resource(effect), effect.call.changed, effect.call.operation)
        for effect in effects
    ]


def _resource(effect: CallPlugin | Predict) -> Resource:
    """Return the resource of a call, as its plugin sees it."""
    row = effect.call.row
    return Resource(
        token=row.token,
        name=row.name,
        type=row.type,
        stack_id=row.stack_id,
        stack_name=effect.stack_name,
        project_id=effect.project_id,
        properties=effect.call.properties,
        physical_id=row.physical_id,
        template_id=row.template_id,
        adopted=row.attributes.get(ADOPTED, {}) if effect.call.verb == Verb.ADOPT else {},
    )
