"""The output of commands: results as tables on stdout, progress on stderr."""
