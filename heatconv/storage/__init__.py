"""Where the truth is kept: the protocol, and a store in memory."""
