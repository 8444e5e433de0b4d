"""Options of the coordination of workers."""

from oslo_config import cfg

GROUP = cfg.OptGroup('coordination', title='Shares work among processes')

OPTS = [
    cfg.StrOpt(
        'backend_url',
        secret=True,
        help='The backend of tooz: file:///DIR on one host; redis://HOST, etcd3+http://HOST, '
        'memcached://HOST or zookeeper://HOST for several. Without a backend, every process does '
        'all of the shared work.',
    ),
    cfg.FloatOpt('heartbeat', default=1.0, min=0.1, help='Seconds between two heartbeats.'),
    cfg.FloatOpt(
        'check_watchers',
        default=10.0,
        min=0.1,
        help='Seconds between two checks for members that joined or left.',
    ),
    cfg.IntOpt(
        'retry_backoff',
        default=1,
        min=0,
        help='Seconds before a failed join is retried; doubled each time.',
    ),
    cfg.IntOpt(
        'max_retry_interval',
        default=30,
        min=1,
        help='Longest time between two retries, in seconds.',
    ),
]
