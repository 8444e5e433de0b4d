"""The rules of convergence: pure functions from frozen values to steps.

Nothing in this package does I/O or reads a clock, a random source or a log.
Whatever varies (ids, leases, what was observed) comes in as an argument.
"""
