"""Select native threads, once per process: import this module before oslo.messaging.

oslo.messaging imports oslo.service, which uses eventlet unless another backend was selected
before. heatconv never uses eventlet. But if it is installed, a dependency imports it and
emits a warning about it.
"""

from __future__ import annotations

import warnings

from oslo_service import backend

warnings.filterwarnings('ignore', message=r'\s*Eventlet is deprecated')
backend.init_backend(backend.BackendType.THREADING)
