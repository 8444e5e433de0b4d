"""Tests; like the daemons, they choose native threads before anything else."""

import hypothesis

from heatconv import concurrency  # noqa: F401

# The same examples each time, and no clock: a busy machine is no failure.
hypothesis.settings.register_profile(
    'heatconv',
    derandomize=True,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile('heatconv')
