"""Predictions of plugins whose reality is in the store: fused commits carry them out."""

from __future__ import annotations

import copy

from heatconv.convergence.model import Observation
from heatconv.resources.virtual import is_over
from heatconv.runtime.effects import CallPlugin, Predict
from heatconv.sim.reality import Reality, SimResource
from heatconv.worker.plugin_caller import plugin_calls


def predict(reality: Reality, effect: Predict) -> Observation | None:
    """Predict the result of a call; reality is unchanged.

    :return: None if the call would not be over immediately.
    """
    (outcome,) = SimResource(copy.deepcopy(reality)).perform(plugin_calls([effect]))
    return outcome if is_over(outcome) else None


def carried_out(effect: Predict) -> CallPlugin:
    """Return the call that a fused commit carries out."""
    return CallPlugin(effect.call, effect.project_id, effect.stack_name, False, effect.request_id)
