"""Wait for a stack: the polls of the stack, and the progress that they update."""
