"""Checks graph nodes: one resource at a time, many at once."""
