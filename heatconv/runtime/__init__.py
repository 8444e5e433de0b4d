"""What every task runs in: effects, clock and ids, request context, threads, allocator."""
