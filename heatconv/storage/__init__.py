"""The store: its protocol, the reference store in memory, and the handlers of store effects.

The store on a database is in `heatconv.db`.
"""
