"""Plugins whose reality is in the store: what they do is done by the commit that tells of it."""

from __future__ import annotations

import copy

from heatconv.convergence.model import Observation
from heatconv.resources.virtual import is_over
from heatconv.runtime.effects import CallPlugin, Predict
from heatconv.sim.reality import Reality, SimResource
from heatconv.worker.plugin_caller import plugin_calls


def predict(reality: Reality, effect: Predict) -> Observation | None:
    """Tell what a call would come to; reality stays as it is.

    :return: None if it would not be over at once.
    """
    (outcome,) = SimResource(copy.deepcopy(reality)).perform(plugin_calls([effect]))
    return outcome if is_over(outcome) else None


def carried_out(effect: Predict) -> CallPlugin:
    """Return the call that a commit carries out."""
    return CallPlugin(effect.call, effect.project_id, effect.stack_name, False, effect.request_id)
