"""Options of the convergence worker."""

from oslo_config import cfg

GROUP = cfg.OptGroup('worker', title='The convergence worker: checks one resource at a time')

OPTS = [
    cfg.IntOpt('workers', default=1, min=1, help='Processes of heatconv-worker on this host.'),
    cfg.IntOpt(
        'threads',
        default=16,
        min=1,
        mutable=True,
        help='Plugin calls that one process makes at once.',
    ),
    cfg.IntOpt(
        'capacity',
        default=10_000,
        min=1,
        mutable=True,
        help='Checks that one process has under way at once, those waiting for a long '
        'operation included.',
    ),
    cfg.IntOpt(
        'queue_size',
        default=100_000,
        min=1,
        mutable=True,
        help='Announced checks that one process remembers before it begins them; it takes turns '
        'among projects and their stacks. What is dropped beyond is found by the sweep.',
    ),
    cfg.IntOpt(
        'batch_size',
        default=100,
        min=1,
        mutable=True,
        help='Checks that are committed together. 1 gives each commit a transaction of its own.',
    ),
    cfg.FloatOpt(
        'poll_interval',
        default=1.0,
        min=0.01,
        mutable=True,
        help='Seconds between two looks at an operation that is under way.',
    ),
    cfg.FloatOpt(
        'lease_duration',
        default=10.0,
        min=1.0,
        mutable=True,
        help='Seconds after which a process that does not renew its lease counts as dead.',
    ),
    cfg.FloatOpt(
        'heartbeat_interval',
        default=2.0,
        min=0.1,
        mutable=True,
        help='Seconds between two renewals of the lease; a fraction of lease_duration.',
    ),
    cfg.FloatOpt(
        'action_timeout',
        default=4.0,
        min=0.1,
        mutable=True,
        help='Seconds that one call of a plugin may take at most. No call is begun unless the '
        'lease is valid for longer than that.',
    ),
    cfg.IntOpt(
        'action_retry_limit',
        default=5,
        min=0,
        mutable=True,
        help='How often a plugin that says that it cannot act just now is asked again, at longer '
        'and longer intervals, before the resource fails.',
    ),
    cfg.FloatOpt(
        'sweep_interval',
        default=4.0,
        min=0.1,
        mutable=True,
        help='Seconds between two looks for what dead processes and lost messages have left.',
    ),
]
