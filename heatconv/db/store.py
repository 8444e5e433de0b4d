"""The store on a database: its three parts put together."""

from __future__ import annotations

from heatconv.db.checks import CheckRows
from heatconv.db.stacks import StackRows
from heatconv.db.sweep import SweepRows


class DatabaseStore(StackRows, CheckRows, SweepRows):
    """Keeps everything in SQLite, PostgreSQL or MariaDB."""
