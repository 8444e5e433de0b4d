"""The rules of convergence: pure functions that turn frozen values into steps.

Nothing in this package does I/O or reads a clock, a random source or a log. Everything that
varies (ids, leases, observations) is an argument.
"""
