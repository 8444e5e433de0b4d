"""The simulator: one more runtime of the same engine and workers, in any order, by seed."""
