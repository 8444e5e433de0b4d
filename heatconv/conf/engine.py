"""Options of the engine."""

from oslo_config import cfg

GROUP = cfg.OptGroup('engine', title='The engine: takes requests and prepares traversals')

OPTS = [
    cfg.StrOpt(
        'topic',
        default='engine',
        help='Topic of requests. heat-api uses the default; two deployments at one virtual host '
        'of RabbitMQ need different topics.',
    ),
    cfg.IntOpt('workers', default=1, min=1, help='Processes of heatconv-engine on this host.'),
    cfg.IntOpt(
        'threads',
        default=16,
        min=1,
        mutable=True,
        help='Concurrent requests of one process; further ones wait at the broker.',
    ),
    cfg.IntOpt(
        'max_template_size',
        default=524_288,
        min=1,
        mutable=True,
        help='Size limit of a template, in bytes.',
    ),
    cfg.IntOpt(
        'max_stacks_per_project',
        default=512,
        min=-1,
        mutable=True,
        help='Largest number of stacks of a project; -1 for no limit.',
    ),
    cfg.BoolOpt(
        'enable_stack_abandon',
        default=False,
        mutable=True,
        help='Whether users may delete a stack and keep its physical resources.',
    ),
    cfg.BoolOpt(
        'enable_stack_adopt',
        default=False,
        mutable=True,
        help='Whether users may create a stack from existing resources.',
    ),
    cfg.IntOpt(
        'max_resources_per_stack',
        default=1_000_000,
        min=-1,
        mutable=True,
        help='Largest number of resources of a stack; -1 for no limit.',
    ),
    cfg.IntOpt(
        'max_nested_stack_depth',
        default=5,
        min=1,
        mutable=True,
        help='Largest number of levels of nested stacks; workers enforce it.',
    ),
    cfg.StrOpt(
        'region_name',
        default='RegionOne',
        help='Name of the region of this service, the same for engines and workers. Resources of '
        'the type OS::Heat::Stack may name it.',
    ),
    cfg.ListOpt(
        'hidden_stack_tags',
        default=['data-processing-cluster'],
        mutable=True,
        help='Stacks with one of these tags are left out of lists, unless hidden stacks are '
        'requested.',
    ),
    cfg.IntOpt(
        'stack_timeout_mins',
        default=60,
        min=1,
        mutable=True,
        help='Default timeout of a stack action, in minutes.',
    ),
]
