"""What a command is given: templates, environments, files and parameters."""
