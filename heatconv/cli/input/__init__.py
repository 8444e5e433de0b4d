"""The input of commands: templates, environments, parameters and the files that they name."""
