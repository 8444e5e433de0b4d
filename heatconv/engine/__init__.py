"""Takes requests, and prepares the traversals that they wish for."""
