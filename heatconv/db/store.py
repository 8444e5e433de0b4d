"""The database store: one class that combines the parts of the store in the other modules."""

from __future__ import annotations

from heatconv.db.checks import CheckRows
from heatconv.db.snapshots import SnapshotRows
from heatconv.db.software import SoftwareRows
from heatconv.db.stacks import StackRows
from heatconv.db.sweep import SweepRows


class DatabaseStore(StackRows, CheckRows, SweepRows, SnapshotRows, SoftwareRows):
    """A store that keeps all of its data in SQLite, PostgreSQL or MariaDB."""
