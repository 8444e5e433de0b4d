"""The language as Heat resolves it and as it is resolved here, compared."""
