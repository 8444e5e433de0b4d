"""Whole stacks, created and updated by Heat's engine and by heatconv, compared."""
