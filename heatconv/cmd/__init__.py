"""The daemons and the command of operators: they build real parts and hand them in."""
