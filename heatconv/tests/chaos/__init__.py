"""Real daemons, real servers, and everything that may happen to them."""
