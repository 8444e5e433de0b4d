"""Resource types: the plugin contract, the registry of plugins, and the built-in types."""
