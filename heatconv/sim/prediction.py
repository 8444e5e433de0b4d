"""Predictions of plugin calls, as of types with their reality in the store, for fused commits."""

from __future__ import annotations

import copy

from heatconv.convergence.model import Observation
from heatconv.resources.virtual import is_over
from heatconv.runtime.effects import CallPlugin, Predict
from heatconv.sim.reality import Reality, SimResource
from heatconv.worker.plugin_caller import plugin_calls


def predict(reality: Reality, effect: Predict) -> Observation | None:
    """Predict the observation after a plugin call, without a change of reality.

    :return: None if the operation would fail, or not finish immediately.
    """
    (outcome,) = SimResource(copy.deepcopy(reality)).perform(plugin_calls([effect]))
    return outcome if is_over(outcome) else None


def carried_out(effect: Predict) -> CallPlugin:
    """Return the plugin call that a fused commit with this prediction carries out."""
    return CallPlugin(effect.call, effect.project_id, effect.stack_name, False, effect.request_id)
