"""The commands, one module for each noun; `table` lists all of them by name."""
