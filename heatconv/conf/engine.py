"""Options of the engine."""

from oslo_config import cfg

GROUP = cfg.OptGroup('engine', title='The engine: takes requests and prepares traversals')

OPTS = [
    cfg.StrOpt(
        'topic',
        default='engine',
        help='Where requests come in. heat-api looks at the default; two set-ups that share a '
        'virtual host of RabbitMQ need different ones.',
    ),
    cfg.IntOpt('workers', default=1, min=1, help='Processes of heatconv-engine on this host.'),
    cfg.IntOpt(
        'threads',
        default=16,
        min=1,
        mutable=True,
        help='Requests that one process answers at once; further ones wait at the broker.',
    ),
    cfg.IntOpt(
        'max_template_size',
        default=524_288,
        min=1,
        mutable=True,
        help='Largest template that is taken, in bytes.',
    ),
    cfg.IntOpt(
        'max_stacks_per_project',
        default=512,
        min=-1,
        mutable=True,
        help='How many stacks a project may have; -1 for any number.',
    ),
    cfg.BoolOpt(
        'enable_stack_abandon',
        default=False,
        mutable=True,
        help='Whether users may delete a stack and leave its resources where they are.',
    ),
    cfg.BoolOpt(
        'enable_stack_adopt',
        default=False,
        mutable=True,
        help='Whether users may make a stack of resources that are there already.',
    ),
    cfg.IntOpt(
        'max_resources_per_stack',
        default=1_000_000,
        min=-1,
        mutable=True,
        help='How many resources a stack may have; -1 for any number.',
    ),
    cfg.IntOpt(
        'max_nested_stack_depth',
        default=5,
        min=1,
        mutable=True,
        help='How many stacks may be within each other; workers look at it.',
    ),
    cfg.IntOpt(
        'stack_timeout_mins',
        default=60,
        min=1,
        mutable=True,
        help='How many minutes a stack may take where the request does not say.',
    ),
]
