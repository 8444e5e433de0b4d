"""Resource types: the contract of a plugin, the registry, the built-in types."""
