"""The engine: it accepts user requests and turns wishes into traversals.

It operates on no resources: the workers do (`heatconv.worker`).
"""
