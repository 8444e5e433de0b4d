"""What stacks were: snapshots, exports, and stacks that are let go."""

from __future__ import annotations

import json

from heatconv.tests.heat_api.running import SiteTest
from heatconv.tests.heat_api.templates import NOTHING, tested


class TestSnapshots(SiteTest):
    def setUp(self) -> None:
        super().setUp()
        self.make('demo', tested(value='before'))

    def test_back_to_a_snapshot(self) -> None:
        made = self.json('stack', 'snapshot', 'create', 'demo', '--name', 'first')
        self.assertEqual('first', made['name'])
        template = self.template(tested(value='after'))
        self.works('stack', 'update', 'demo', '-t', template)
        self.until('demo', 'UPDATE_COMPLETE')
        self.works('stack', 'snapshot', 'restore', 'demo', made['ID'])
        self.until('demo', 'RESTORE_COMPLETE')
        shown = self.json('stack', 'resource', 'show', 'demo', 'r')
        self.assertEqual('before', shown['attributes']['output'])

    def test_list_show_delete(self) -> None:
        self.works('stack', 'snapshot', 'create', 'demo', '--name', 'first')
        listed = self.json('stack', 'snapshot', 'list', 'demo')
        self.assertEqual([('first', 'COMPLETE')], [(one['name'], one['status']) for one in listed])
        shown = self.json('stack', 'snapshot', 'show', 'demo', listed[0]['id'])['snapshot']
        self.assertEqual('first', shown['name'])
        self.assertEqual(['r'], list(shown['data']['resources']))
        self.works('stack', 'snapshot', 'delete', '-y', 'demo', listed[0]['id'])
        self.assertEqual([], self.json('stack', 'snapshot', 'list', 'demo'))
        said = self.refused('stack', 'snapshot', 'show', 'demo', listed[0]['id'])
        self.assertIn('not found', said)


class TestExports(SiteTest):
    def test_export(self) -> None:
        self.make('demo', NOTHING)
        shown = self.works('stack', 'export', 'demo').json()
        self.assertEqual('demo', shown['name'])
        self.assertEqual(NOTHING, shown['template']['resources'])
        self.assertEqual('OS::Heat::None', shown['resources']['nothing']['type'])
        self.works('stack', 'export', 'demo', '--output-file', 'demo.json')
        self.assertEqual(shown, json.loads((self.home / 'demo.json').read_text()))

    def test_abandon(self) -> None:
        self.make('demo', NOTHING)
        shown = self.works('stack', 'abandon', 'demo').json()
        self.assertEqual('demo', shown['name'])
        self.assertEqual('OS::Heat::None', shown['resources']['nothing']['type'])
        self.until(shown['id'], 'DELETE_COMPLETE')
        self.assertEqual('Stack not found: demo', self.refused('stack', 'show', 'demo'))

    def test_adopt_what_was_abandoned(self) -> None:
        self.make('demo', tested(value='mine'))
        before = self.json('stack', 'resource', 'show', 'demo', 'r')
        self.works('stack', 'abandon', 'demo', '--output-file', 'demo.json')
        self.gone('demo')
        self.works('stack', 'adopt', '--adopt-file', 'demo.json', '--wait', 'other')
        self.until('other', 'ADOPT_COMPLETE')
        after = self.json('stack', 'resource', 'show', 'other', 'r')
        for same in ('physical_resource_id', 'attributes'):
            self.assertEqual(before[same], after[same])
