"""Templates as convergence needs them: compiled, cached, with what they nest."""
