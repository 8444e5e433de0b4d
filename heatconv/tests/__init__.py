"""Tests; like the daemons, they choose native threads before anything else."""

import hypothesis

import heatconv.runtime.threads  # noqa: F401 - before oslo.messaging

# The same examples each time, and no clock: a busy machine is no failure.
hypothesis.settings.register_profile(
    'heatconv',
    derandomize=True,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile('heatconv')
