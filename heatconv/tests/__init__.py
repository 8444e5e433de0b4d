"""The tests: unit, contract, sim and, with servers, functional."""

from heatconv import concurrency  # noqa: F401
