"""Suppression of logs during simulations, which would report the injected faults."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator


def silence() -> None:
    """Disable all logs of this process."""
    logging.disable(logging.CRITICAL)


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Disable all logs within the context."""
    previous = logging.root.manager.disable
    silence()
    try:
        yield
    finally:
        logging.disable(previous)
