"""Keep a test quiet whose faults are meant."""

from __future__ import annotations

import fixtures

from heatconv.sim.silence import silent


class Quiet(fixtures.Fixture):
    """Nothing is logged until the end of the test."""

    def _setUp(self) -> None:
        quiet = silent()
        quiet.__enter__()
        self.addCleanup(quiet.__exit__, None, None, None)
