"""Options of the coordination of workers."""

from oslo_config import cfg

GROUP = cfg.OptGroup('coordination', title='Shares work among processes')

OPTS = [
    cfg.StrOpt(
        'backend_url',
        secret=True,
        help='The backend of tooz: file:///DIR on one host; redis://HOST, etcd3+http://HOST, '
        'memcached://HOST or zookeeper://HOST for several. Without one, every process does '
        'all of the work that is shared.',
    ),
    cfg.FloatOpt('heartbeat', default=1.0, min=0.1, help='Seconds between two heartbeats.'),
    cfg.FloatOpt(
        'check_watchers',
        default=10.0,
        min=0.1,
        help='Seconds between two looks for members that came or went.',
    ),
    cfg.IntOpt(
        'retry_backoff',
        default=1,
        min=0,
        help='Seconds before a join that failed is tried again; each time twice as many.',
    ),
    cfg.IntOpt(
        'max_retry_interval',
        default=30,
        min=1,
        help='Seconds between two tries at most.',
    ),
]
