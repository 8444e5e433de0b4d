"""Log the reasons of the decisions that tasks make."""

from __future__ import annotations

from typing import Any

from oslo_log import log

from heatconv.convergence.model import NodeKey
from heatconv.runtime.effects import Trace

LOG = log.getLogger(__name__)


def log_reason(trace: Trace) -> None:
    """Log the reason of a decision at debug level."""
    if LOG.isEnabledFor(log.DEBUG):
        LOG.debug('%s: %s', _label(trace.subject), trace.reason)


def _label(subject: Any) -> str:
    if isinstance(subject, NodeKey):
        return f'{subject.traversal_id}/{subject.kind.name.lower()}/{subject.name}'
    return f'{subject.name} ({subject.id})'
