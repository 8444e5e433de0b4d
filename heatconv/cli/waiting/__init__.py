"""Waiting for a stack: its progress, and the polls that update it."""
