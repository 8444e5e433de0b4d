"""Made-up templates, environments and parameters: none may do harm."""
