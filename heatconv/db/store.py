"""The store on a database, composed of its parts."""

from __future__ import annotations

from heatconv.db.checks import CheckRows
from heatconv.db.snapshots import SnapshotRows
from heatconv.db.software import SoftwareRows
from heatconv.db.stacks import StackRows
from heatconv.db.sweep import SweepRows


class DatabaseStore(StackRows, CheckRows, SweepRows, SnapshotRows, SoftwareRows):
    """Keeps everything in SQLite, PostgreSQL or MariaDB."""
