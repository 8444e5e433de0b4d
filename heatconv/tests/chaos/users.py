"""Users who change their minds: each has one stack, and asks for something all the time."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from heatconv import exception
from heatconv.rpc.client import EngineClient
from heatconv.tests.chaos.thing import TYPE

NAMES = 'ABCDEF'

#: How long a user tries to be heard.
WAIT_SECONDS = 120.0

Template = dict[str, Any]


def draw_template(source: random.Random, may_fail: bool) -> Template:
    """Draw a template of some things that refer to each other, without a cycle."""
    order = list(NAMES)
    source.shuffle(order)
    order = order[: source.randint(1, len(order))]
    resources: dict[str, Any] = {}
    for index, name in enumerate(order):
        properties: dict[str, Any] = {'x': source.randint(0, 3), 'fixed': source.randint(0, 1)}
        others = order[:index]
        if others and source.random() < 0.7:
            properties['a'] = {'get_resource': source.choice(others)}
        if others and source.random() < 0.4:
            properties['b'] = {'get_attr': [source.choice(others), 'x']}
        if source.random() < 0.15:
            properties['slow'] = True
        if may_fail and source.random() < 0.05:
            properties['fail'] = True
        resources[name] = {'type': TYPE, 'properties': properties}
        if others and source.random() < 0.2:
            resources[name]['depends_on'] = [source.choice(others)]
    return {'heat_template_version': '2018-08-31', 'resources': resources}


class User(threading.Thread):
    """One user.

    :ivar asked: how often what was asked for; ``unheard`` counts what the client had to
        ask again.
    :ivar wanted: what is asked for last: a template, or None for no stack.
    :ivar problem: what no retry could make good.
    """

    def __init__(self, number: int, seed: str, connect: Callable[[], EngineClient]) -> None:
        super().__init__(name=f'user-{number}', daemon=True)
        self.stack_name = f'stack-{number}'
        self._source = random.Random(f'{seed}/user/{number}')
        self._connect = connect
        self._client: EngineClient | None = None
        self._over = threading.Event()
        self.asked: Counter[str] = Counter()
        self.wanted: Template | None = None
        self.problem: str | None = None

    def draw(self, may_fail: bool) -> Template:
        """Draw a template."""
        return draw_template(self._source, may_fail)

    def stop(self) -> None:
        """Let the user ask for one last thing."""
        self._over.set()

    def run(self) -> None:
        try:
            while not self._over.wait(self._source.expovariate(1 / 4)):
                self._ask()
            self._ask_for_the_last_time()
        except Exception as error:
            self.problem = f'{self.stack_name}: {type(error).__name__}: {error}'

    def call(self, method: str, **arguments: Any) -> Any:
        """Call the engine until it answers.

        :raises Unavailable: if it does not within WAIT_SECONDS.
        """
        ends = time.monotonic() + WAIT_SECONDS
        while True:
            if self._client is None:
                self._client = self._connect()
            try:
                return self._client.call(method, **arguments)
            except exception.Unavailable:
                self.asked['unheard'] += 1
                if time.monotonic() > ends:
                    raise
                time.sleep(0.5)

    def identity(self) -> Any:
        """Return the identity of the stack, or None."""
        try:
            return self.call('identify_stack', stack_name=self.stack_name)
        except exception.EntityNotFound:
            return None

    def state(self) -> tuple[str, str, str] | None:
        """Return action, status and reason of the stack, or None."""
        identity = self.identity()
        if identity is None:
            return None
        try:
            (shown,) = self.call('show_stack', stack_identity=identity)
        except exception.EntityNotFound:
            return None
        return shown['stack_action'], shown['stack_status'], shown['stack_status_reason']

    def _ask(self) -> None:
        identity = self.identity()
        verb = 'create' if identity is None else self._draw_verb()
        self.asked[verb] += 1
        template = self.draw(may_fail=True)
        try:
            if verb == 'create':
                self._create(template, self._source.random() < 0.5)
            elif verb == 'update':
                self._update(identity, template)
            elif verb == 'rollback':
                self.call('stack_rollback', stack_identity=identity)
            elif verb == 'cancel':
                rollback = self._source.random() < 0.5
                self.call(
                    'stack_cancel_update', stack_identity=identity, cancel_with_rollback=rollback
                )
            else:
                self.call('delete_stack', stack_identity=identity)
        except exception.Unavailable:
            raise
        except exception.HeatconvException:
            self.asked['refused'] += 1

    def _draw_verb(self) -> str:
        return self._source.choices(
            ('update', 'rollback', 'cancel', 'delete'), (0.7, 0.1, 0.1, 0.1)
        )[0]

    def _create(self, template: Template, disable_rollback: bool) -> None:
        self.call(
            'create_stack',
            stack_name=self.stack_name,
            template=template,
            params={},
            files={},
            args={'disable_rollback': disable_rollback},
        )

    def _update(self, identity: Any, template: Template) -> None:
        self.call(
            'update_stack',
            stack_identity=identity,
            template=template,
            params={},
            files={},
            args={},
        )

    def _ask_for_the_last_time(self) -> None:
        self.wanted = None
        if self._source.random() < 0.8:
            self.wanted = self.draw(may_fail=False)
        ends = time.monotonic() + 2 * WAIT_SECONDS
        while time.monotonic() < ends:
            identity = self.identity()
            try:
                if self.wanted is None:
                    if identity is not None:
                        self.call('delete_stack', stack_identity=identity)
                elif identity is None:
                    self._create(self.wanted, disable_rollback=True)
                else:
                    self._update(identity, self.wanted)
                return
            except exception.Unavailable:
                raise
            except exception.HeatconvException:
                # It is going, or it was made after all: look again.
                time.sleep(0.5)
        raise TimeoutError('the last request is never accepted')
