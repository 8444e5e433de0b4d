"""Software configurations and deployments through the stock client."""

from __future__ import annotations

from heatconv.tests.heat_api.running import SiteTest


class TestSoftware(SiteTest):
    def setUp(self) -> None:
        super().setUp()
        (self.home / 'script').write_text('#!/bin/sh\necho hello\n')
        self.made = self.json(
            *('software', 'config', 'create', '--config-file', 'script'),
            *('--group', 'script', 'greeting'),
        )

    def test_config(self) -> None:
        listed = self.json('software', 'config', 'list')
        self.assertEqual([('greeting', 'script')], [(o['name'], o['group']) for o in listed])
        shown = self.json('software', 'config', 'show', self.made['id'])
        self.assertEqual('#!/bin/sh\necho hello\n', shown['config'])
        self.works('software', 'config', 'delete', self.made['id'])
        self.assertEqual([], self.json('software', 'config', 'list'))
        said = self.refused('software', 'config', 'show', self.made['id'])
        self.assertIn('not found', said)

    def test_deployment(self) -> None:
        made = self.json(
            *('software', 'deployment', 'create', '--config', self.made['id']),
            *('--server', 'server-1', '--signal-transport', 'NO_SIGNAL', 'there'),
        )
        listed = self.json('software', 'deployment', 'list', '--server', 'server-1')
        self.assertEqual([made['id']], [one['id'] for one in listed])
        shown = self.json('software', 'deployment', 'show', made['id'])
        self.assertEqual('server-1', shown['server_id'])
        # Only a server may ask, by heat-api's own policy.
        said = self.refused('software', 'deployment', 'metadata', 'show', 'server-1')
        self.assertIn('not authorized', said)
        self.works('software', 'deployment', 'output', 'show', '--all', made['id'])
        self.works('software', 'deployment', 'delete', made['id'])
        self.assertEqual([], self.json('software', 'deployment', 'list'))
