"""The worker: checks many graph nodes concurrently, and sweeps for lost work."""
