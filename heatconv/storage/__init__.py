"""The store: its protocol, and the reference implementation in memory."""
