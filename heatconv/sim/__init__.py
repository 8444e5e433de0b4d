"""One more runtime of the same engine and worker: every order, by seed."""
