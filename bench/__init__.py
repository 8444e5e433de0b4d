"""Measure what orchestration costs: ``python -m bench run|floor|report``."""
