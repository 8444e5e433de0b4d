"""Users whose stack is a group: they update it in batches, and servers send it signals."""

from __future__ import annotations

import random
import urllib.error
import urllib.request
from typing import Any

from heatconv import exception
from heatconv.tests.chaos.thing import TYPE
from heatconv.tests.chaos.users import Template, User

#: Seconds for which a server tries to send a signal.
SIGNAL_SECONDS = 5


def draw_group(source: random.Random, may_fail: bool, keeps_size: bool) -> Template:
    """Draw a template with a group and two policies.

    :param keeps_size: whether an update leaves the size as it is.
    """
    properties: dict[str, Any] = {'x': source.randint(0, 3), 'fixed': source.randint(0, 1)}
    if may_fail and source.random() < 0.05:
        properties['fail'] = True
    group: dict[str, Any] = {
        'min_size': 1,
        'max_size': 5,
        'resource': {'type': TYPE, 'properties': properties},
        'rolling_updates': {
            'max_batch_size': source.randint(1, 3),
            'min_in_service': source.randint(0, 2),
        },
    }
    if not keeps_size:
        group['desired_capacity'] = source.randint(1, 5)
    resources: dict[str, Any] = {
        'group': {'type': 'OS::Heat::AutoScalingGroup', 'properties': group}
    }
    for name, adjustment in (('up', 1), ('down', -1)):
        resources[name] = {
            'type': 'OS::Heat::ScalingPolicy',
            'properties': {
                'auto_scaling_group_id': {'get_resource': 'group'},
                'adjustment_type': 'change_in_capacity',
                'scaling_adjustment': adjustment,
            },
        }
    return {
        'heat_template_version': '2018-08-31',
        'resources': resources,
        'outputs': {
            name: {'value': {'get_attr': [name, 'signal_url']}} for name in ('up', 'down')
        },
    }


class ScalingUser(User):
    """A user with a group, which signals scale between the requests."""

    def draw(self, may_fail: bool) -> Template:
        keeps_size = may_fail and self._source.random() < 0.5
        return draw_group(self._source, may_fail, keeps_size)

    def _ask(self) -> None:
        if self._source.random() < 0.5:
            super()._ask()
            return
        identity = self.identity()
        if identity is None:
            super()._ask()
            return
        policy = self._source.choice(('up', 'up', 'down'))
        if self._source.random() < 0.3:
            self._by_api(identity, policy)
        else:
            self._by_http(identity, policy)

    def _by_api(self, identity: Any, policy: str) -> None:
        try:
            self.call('resource_signal', stack_identity=identity, resource_name=policy)
            self.asked['signal'] += 1
        except exception.Unavailable:
            raise
        except exception.HeatconvException:
            self.asked['refused'] += 1

    def _by_http(self, identity: Any, policy: str) -> None:
        """Send a signal to the signed URL, as a server does; the daemon may be away."""
        try:
            (shown,) = self.call('show_stack', stack_identity=identity)
        except exception.EntityNotFound:
            return
        urls = {one['output_key']: one['output_value'] for one in shown.get('outputs') or ()}
        url = urls.get(policy)
        if not url:
            return
        try:
            with urllib.request.urlopen(url, b'', timeout=SIGNAL_SECONDS):  # noqa: S310
                self.asked['signal by HTTP'] += 1
        except urllib.error.HTTPError as error:
            error.close()
            self.asked[f'HTTP {error.code}'] += 1
        except OSError:
            self.asked['unheard signal'] += 1
