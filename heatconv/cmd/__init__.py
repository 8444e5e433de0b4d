"""The daemons and ``heatconv-manage``: they build the parts of a process and connect them."""
