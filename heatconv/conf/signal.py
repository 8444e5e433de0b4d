"""Options of signals that servers send."""

from oslo_config import cfg

GROUP = cfg.OptGroup('signal', title='Signals that servers send to signed URLs')

OPTS = [
    cfg.URIOpt(
        'endpoint',
        schemes=['http', 'https'],
        mutable=True,
        help='The URL of heatconv-signal as servers reach it. Without it resources have no signed '
        'URLs. Engines, workers and heatconv-signal need the same value.',
    ),
    cfg.MultiStrOpt(
        'key',
        default=[],
        secret=True,
        mutable=True,
        help='A key that signs URLs: 32 random characters or more. The option may stand several '
        'times: the first key signs, all of them verify. To rotate, put a new key in front of the '
        'others on all hosts; remove the old one when no resource made with it is left.',
    ),
    cfg.HostAddressOpt(
        'host', default='127.0.0.1', help='The address on which heatconv-signal listens.'
    ),
    cfg.PortOpt('port', default=8006, help='The port on which heatconv-signal listens.'),
    cfg.IntOpt('workers', default=1, min=1, help='Processes of heatconv-signal on this host.'),
    cfg.IntOpt(
        'threads',
        default=16,
        min=1,
        mutable=True,
        help='Concurrent signals of one process.',
    ),
    cfg.IntOpt(
        'max_body_size',
        default=1_048_576,
        min=1,
        mutable=True,
        help='Size limit of the body of a signal, in bytes.',
    ),
    cfg.FloatOpt(
        'max_rate',
        default=100.0,
        min=0.0,
        mutable=True,
        help='Signals in a second that one resource may receive from one process; 0 for no limit.',
    ),
    cfg.IntOpt(
        'patience',
        default=30,
        min=0,
        mutable=True,
        help='Seconds for which a signal waits for a database that does not answer.',
    ),
]
