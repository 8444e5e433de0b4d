"""The benchmark: measure the cost of orchestration (``python -m bench run|floor|report``)."""
