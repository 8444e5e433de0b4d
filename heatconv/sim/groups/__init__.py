"""Simulations of groups: nested stacks, signals that scale them, and updates in batches."""
