"""Builds what signs and takes signals, from the configuration."""

from __future__ import annotations

import os
import sys
import time

from oslo_config import cfg

from heatconv.engine.signals import Signals
from heatconv.resources.registry import Registry
from heatconv.signals.app import SignalApplication
from heatconv.signals.rate import RateLimit
from heatconv.signals.receiver import Receiver
from heatconv.signals.server import SignalServer
from heatconv.signals.signatures import InvalidKey, Signatures
from heatconv.signals.urls import SignedUrls
from heatconv.storage.base import Store

#: Seconds of the average rate that may arrive at once.
BURST_SECONDS = 2


def signatures(conf: cfg.ConfigOpts) -> Signatures | None:
    """Return the signatures; None if URLs cannot be signed.

    :raises SystemExit: with 2, if a key is too short.
    """
    if not conf.signal.endpoint or not conf.signal.key:
        return None
    try:
        return Signatures(conf.signal.key)
    except InvalidKey as error:
        sys.stderr.write(f'error: [signal] key: {error}\n')
        raise SystemExit(2) from None


def urls(conf: cfg.ConfigOpts) -> SignedUrls | None:
    """Return the signed URLs of resources; None if URLs cannot be signed."""
    signs = signatures(conf)
    return None if signs is None else SignedUrls(conf.signal.endpoint, signs)


def application(
    store: Store,
    registry: Registry,
    signatures: Signatures,
    rate: RateLimit,
    max_body_size: int,
    patience: float = 0.0,
) -> SignalApplication:
    """Return the application that delivers signals with a valid signature to resources.

    :param max_body_size: in bytes.
    :param patience: seconds to wait for a database that does not answer.
    """
    signals = Signals(store, registry)
    receiver = Receiver(store, signals, signatures, rate, time.monotonic, time.sleep, patience)
    return SignalApplication(receiver, max_body_size)


def server(conf: cfg.ConfigOpts, store: Store, registry: Registry) -> SignalServer:
    """Return the configured server.

    :raises SystemExit: with 1, if its address cannot be used.
    """
    signs = signatures(conf)
    assert signs is not None
    options = conf.signal
    rate = RateLimit(options.max_rate, int(BURST_SECONDS * options.max_rate))
    served = application(store, registry, signs, rate, options.max_body_size, options.patience)
    try:
        # The master starts another process in its place.
        return SignalServer(
            served, options.host, options.port, options.threads, lambda: os._exit(1), shared=True
        )
    except OSError as error:
        sys.stderr.write(
            f'error: cannot listen on {options.host}:{options.port}: {error.strerror}: see '
            '[signal] host and port\n'
        )
        raise SystemExit(1) from None
