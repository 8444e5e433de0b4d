"""The examples of ``etc/heatconv/examples``: how each is created, signalled and updated."""

from __future__ import annotations

import json
import pathlib
from dataclasses import dataclass, field
from typing import Any

DIRECTORY = pathlib.Path(__file__).parents[3] / 'etc' / 'heatconv' / 'examples'


@dataclass(frozen=True)
class Items:
    """Stands for a list of so many items that cannot be predicted."""

    number: int


@dataclass(frozen=True)
class Signal:
    """A signal that a stack waits for.

    :ivar event: words of the event after which the signal is due; ``{}`` stands for the action.
    :ivar resource: name of the resource that gets the signal.
    """

    event: str
    resource: str
    data: dict[str, Any]

    @property
    def json(self) -> str:
        """Return the data as the command takes them."""
        return json.dumps(self.data)


def deployed(address: str) -> Signal:
    """Return the signal of the agent on the server of ``deployment.yaml``."""
    data = {'deploy_status_code': 0, 'address': address}
    return Signal('installed] {}_IN_PROGRESS', 'installed', data)


def reported(event: str, handle: str, data: str) -> Signal:
    """Return a signal of ``cfn-signal``."""
    content = {'Status': 'SUCCESS', 'Reason': 'reported', 'UniqueId': 'web-1', 'Data': data}
    return Signal(event, handle, content)


def ready(name: str) -> Signal:
    """Return the signal of a server to ``wait.yaml``."""
    data = {'status': 'SUCCESS', 'id': name, 'data': '10.0.0.4'}
    return Signal('ready] {}_IN_PROGRESS', 'handle', data)


@dataclass(frozen=True)
class Example:
    """One example.

    :ivar name: name of its template.
    :ivar options: options of its create, besides the template.
    :ivar signals: the signals that its create waits for.
    :ivar outputs: values of its outputs after the create, as far as they are known.
    :ivar later: signals to the complete stack.
    :ivar scaled: values of outputs after these.
    :ivar change: options of an update.
    :ivar again: the signals that the update waits for.
    :ivar changed: values of outputs after the update.
    """

    name: str
    options: tuple[str, ...] = ()
    signals: tuple[Signal, ...] = ()
    outputs: dict[str, Any] = field(default_factory=dict)
    later: tuple[str, ...] = ()
    scaled: dict[str, Any] = field(default_factory=dict)
    change: tuple[str, ...] = ()
    again: tuple[Signal, ...] = ()
    changed: dict[str, Any] = field(default_factory=dict)


def given(**values: Any) -> tuple[str, ...]:
    """Return the options that set parameters."""
    return tuple(
        word for item in values.items() for word in ('--parameter', '{}={}'.format(*item))
    )


def environment(name: str) -> tuple[str, ...]:
    """Return the option that names an environment among the examples."""
    return ('-e', str(DIRECTORY / name))


_SMALL = 'debian-12-small.example.org'
_NEW = 'debian-13-small.example.org'

EXAMPLES = (
    Example('hello', change=given(name='reader')),
    Example(
        'webapp',
        options=environment('webapp-large.env.yaml') + given(boot_seconds=0),
        change=given(flavor='small'),
    ),
    Example(
        'rollout',
        outputs={'version': '1'},
        change=given(version='2'),
        changed={'version': '2'},
    ),
    Example(
        'secrets',
        options=given(admin_password='correct-horse'),
        change=given(admin_password='battery-staple', epoch='2'),
    ),
    Example(
        'fleet',
        outputs={'addresses': [f'worker-{index}.example.org' for index in range(3)]},
        change=given(workers=1),
        changed={'addresses': ['worker-0.example.org']},
    ),
    Example(
        'fleet-worker',
        outputs={'address': 'worker.example.org'},
        change=given(name='w'),
        changed={'address': 'w.example.org'},
    ),
    Example(
        'rolling',
        outputs={'servers': [f'server-{index} debian-12' for index in range(4)]},
        change=given(image='debian-13'),
        changed={'servers': [f'server-{index} debian-13' for index in range(4)]},
    ),
    Example(
        'scaling',
        options=given(cooldown=0),
        outputs={'size': 2, 'names': Items(2)},
        later=('scale_up', 'scale_up', 'scale_down'),
        scaled={'size': 3, 'names': Items(3)},
        change=given(size=1),
        changed={'size': 1, 'names': Items(1)},
    ),
    Example(
        'wait',
        signals=(ready('web-1'), ready('web-2')),
        outputs={'reports': '{"web-1": "10.0.0.4", "web-2": "10.0.0.4"}'},
    ),
    Example('software', change=given(port=81)),
    Example(
        'deployment',
        signals=(deployed('10.0.0.4'),),
        outputs={'address': '10.0.0.4', 'status_code': 0},
        change=given(version='2.0', workers=8),
        again=(deployed('10.0.0.5'),),
        changed={'address': '10.0.0.5'},
    ),
    Example(
        'deployment-groups',
        outputs={'addresses': {'web': None, 'database': None}},
        change=given(version='2.0'),
    ),
    Example(
        'stacks',
        outputs={'tables': ['table-0', 'table-1']},
        change=given(table_count=0),
        changed={'tables': []},
    ),
    Example('stacks-database', outputs={'tables': ['table-0']}, change=given(network='other')),
    Example(
        'steps',
        options=given(pause=0.1),
        outputs={'steps': Items(2), 'service': 'balanced'},
        change=given(steps='OS::Heat::RandomString', balanced='false'),
        changed={'steps': Items(1), 'service': None},
    ),
    Example(
        'scaling-aws',
        options=environment('scaling-aws.env.yaml'),
        outputs={'Web': f'{_SMALL},{_SMALL}', 'Batch': f'{_SMALL},{_SMALL}'},
        later=('ScaleUp',),
        scaled={'Web': f'{_SMALL},{_SMALL},{_SMALL}'},
        change=given(Image='debian-13', Batches=3),
        changed={'Web': f'{_NEW},{_NEW}', 'Batch': f'{_SMALL},{_SMALL},{_NEW}'},
    ),
    Example('scaling-aws-instance', outputs={'PublicIp': _SMALL}, change=given(InstanceType='m')),
    Example(
        'wait-aws',
        signals=(
            reported('Booted] CREATE_IN_PROGRESS', 'Created', '10.0.0.4'),
            reported('Released] CREATE_IN_PROGRESS', 'Updated', 'one'),
        ),
        outputs={'Booted': '{"web-1": "10.0.0.4"}', 'Released': '{"web-1": "one"}'},
        change=given(Release=2),
        again=(reported('Released] CREATE_IN_PROGRESS', 'Updated', 'two'),),
        changed={'Released': '{"web-1": "two"}', 'Booted': '{"web-1": "10.0.0.4"}'},
    ),
)

#: Resource types without an example. These have other names, or do nothing, and are there only so
#: that old stacks can still be used: nobody should write them into a new template.
WITHOUT = {
    'OS::Heat::HARestarter',
    'OS::Heat::SoftwareDeployments',
    'OS::Heat::StructuredDeployments',
}
