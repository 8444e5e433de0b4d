"""Runtime environment of a task: effects, clock and ids, request context, threads, allocator."""
