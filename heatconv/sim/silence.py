"""Silence the logs of simulated parts: an intended fault is no news."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator


def silence() -> None:
    """Log nothing from now on."""
    logging.disable(logging.CRITICAL)


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Log nothing within the context."""
    before = logging.root.manager.disable
    silence()
    try:
        yield
    finally:
        logging.disable(before)
