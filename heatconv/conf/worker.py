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
        help='Concurrent plugin calls of one process.',
    ),
    cfg.IntOpt(
        'capacity',
        default=10_000,
        min=1,
        mutable=True,
        help='Checks in progress in one process, including those that wait for a long operation.',
    ),
    cfg.IntOpt(
        'queue_size',
        default=100_000,
        min=1,
        mutable=True,
        help='Announced checks that one process queues; projects and their stacks take turns. '
        'Further announcements are dropped, and the sweep repeats them.',
    ),
    cfg.IntOpt(
        'batch_size',
        default=100,
        min=1,
        mutable=True,
        help='Checks that are committed together. With 1, each commit is a transaction.',
    ),
    cfg.FloatOpt(
        'poll_interval',
        default=1.0,
        min=0.01,
        mutable=True,
        help='Seconds between two polls of an operation in progress.',
    ),
    cfg.FloatOpt(
        'lease_duration',
        default=10.0,
        min=1.0,
        mutable=True,
        help='Seconds after which a process that does not renew its lease is taken for dead.',
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
        help='Longest time of a plugin call, in seconds. A call begins only while the lease is '
        'valid for longer than that.',
    ),
    cfg.IntOpt(
        'action_retry_limit',
        default=5,
        min=0,
        mutable=True,
        help='How often a plugin call is retried after a transient failure, with exponential '
        'backoff, before the resource fails.',
    ),
    cfg.FloatOpt(
        'sweep_interval',
        default=4.0,
        min=0.1,
        mutable=True,
        help='Seconds between sweeps, which recover what dead processes and lost messages leave.',
    ),
]
