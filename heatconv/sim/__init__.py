"""The simulator: a runtime for the real engine and workers, in any order, repeatable by seed."""
