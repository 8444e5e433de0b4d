"""The stores that a simulation can run on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from heatconv.db import tables
from heatconv.db.database import Database
from heatconv.db.store import DatabaseStore

MEMORY = 'memory'
SQLITE = 'sqlite'
NAMES = (MEMORY, SQLITE)


@contextlib.contextmanager
def maker(name: str) -> Iterator[Callable[[Any, Any], Any] | None]:
    """Provide a factory of stores within the context; None for the store in memory.

    :param name: one of NAMES.
    """
    if name == MEMORY:
        yield None
        return
    database = Database('sqlite://', max_retries=0)
    try:
        tables.metadata.create_all(database.engine)
        yield lambda clock, ids: DatabaseStore(database, clock, ids)
    finally:
        database.close()
