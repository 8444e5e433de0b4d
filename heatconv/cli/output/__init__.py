"""What a command shows: results as tables on stdout, progress on stderr."""
