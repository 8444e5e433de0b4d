"""The daemons and ``heatconv-manage``: they build real parts and pass them in."""
