"""Choose native threads, once per process: import this before oslo.messaging.

oslo.messaging imports oslo.service, which takes eventlet unless it has been
told otherwise by then. eventlet itself is never used here, though a dependency
imports it where it is installed, and warns about it.
"""

from __future__ import annotations

import warnings

from oslo_service import backend

warnings.filterwarnings('ignore', message=r'\s*Eventlet is deprecated')
backend.init_backend(backend.BackendType.THREADING)
