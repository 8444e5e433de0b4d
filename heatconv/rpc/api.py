"""Topics and versions.

The engine topic and its version are those of Heat's engine API, so that a stock
heat-api finds what it looks for.
"""

from __future__ import annotations

#: What heat-api calls.
ENGINE_TOPIC = 'engine'
ENGINE_VERSION = '1.36'

#: Engines among themselves, and from workers: wishes to prepare.
PREPARE_TOPIC = 'heatconv_prepare'
PREPARE_VERSION = '1.0'

#: Nodes to check.
WORKER_TOPIC = 'heatconv_worker'
WORKER_VERSION = '1.0'
