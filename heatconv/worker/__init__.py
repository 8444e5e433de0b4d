"""The worker: checks graph nodes, many of them concurrently."""
