"""heatconv: declarative orchestration by convergence."""
