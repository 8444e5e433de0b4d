"""Waiting for a stack: what is known of it, and the polls that find out."""
