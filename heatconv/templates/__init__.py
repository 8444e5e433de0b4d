"""Templates as convergence needs them: compiled, cached, with their nested templates."""
