"""The input of commands: templates, environments, files and parameters."""
