"""Signals through the stock client, and what waits for them."""

from __future__ import annotations

import json

from heatconv.tests.heat_api.running import SiteTest

WAITING = {
    'handle': {'type': 'OS::Heat::WaitConditionHandle'},
    'wait': {
        'type': 'OS::Heat::WaitCondition',
        'properties': {'handle': {'get_resource': 'handle'}, 'timeout': 60, 'count': 2},
    },
}


class TestSignals(SiteTest):
    def test_condition_waits_for_its_signals(self) -> None:
        outputs = {'data': {'value': {'get_attr': ['wait', 'data']}}}
        self.make('demo', WAITING, wait=False, outputs=outputs)
        self.until_made('demo', 'handle')
        for name, said in (('one', 'first'), ('two', 'second')):
            data = json.dumps({'id': name, 'data': said})
            self.works('stack', 'resource', 'signal', 'demo', 'handle', '--data', data)
        self.until('demo', 'CREATE_COMPLETE')
        shown = self.json('stack', 'output', 'show', 'demo', 'data')['output_value']
        self.assertEqual({'one': 'first', 'two': 'second'}, json.loads(shown))

    def test_failure(self) -> None:
        self.make('demo', WAITING, wait=False)
        self.until_made('demo', 'handle')
        data = json.dumps({'status': 'FAILURE', 'reason': 'no disk'})
        self.works('stack', 'resource', 'signal', 'demo', 'handle', '--data', data)
        self.until('demo', 'CREATE_FAILED')
        self.assertIn('no disk', self.json('stack', 'show', 'demo')['stack_status_reason'])

    def test_what_is_no_signal(self) -> None:
        self.make('demo', WAITING, wait=False)
        self.until_made('demo', 'handle')
        said = self.refused(
            'stack', 'resource', 'signal', 'demo', 'handle', '--data', '{"status": "MAYBE"}'
        )
        self.assertIn('a status of SUCCESS or FAILURE', said)
        said = self.refused('stack', 'resource', 'signal', 'demo', 'wait')
        self.assertIn('not supported', said)

    def until_made(self, stack: str, name: str) -> None:
        def made() -> bool:
            shown = self.ask(f'stacks/{stack}/resources')['resources']
            found = {one['resource_name']: one['resource_status'] for one in shown}
            return found.get(name) == 'CREATE_COMPLETE'

        self.eventually(made)
