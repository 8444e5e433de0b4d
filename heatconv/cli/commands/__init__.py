"""The commands, one module for each noun; `table` has all of them by name."""
