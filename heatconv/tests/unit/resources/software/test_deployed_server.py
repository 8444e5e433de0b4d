"""Deployed servers: what their agents read."""

from __future__ import annotations

import dataclasses
from typing import Any

from heatconv.convergence.model import Reality
from heatconv.hot.errors import InvalidProperty, TemplateError
from heatconv.hot.functions.reference import GetAttr
from heatconv.resources.plugin import Resource
from heatconv.tests.unit.resources.software.base import SoftwareTestCase

CFN = {'stack_name': 'stack', 'path': 'name.Metadata'}
HEAT = {'project_id': 'project', 'stack_id': 'stack/stack-id', 'resource_name': 'name'}


class DeployedServerTest(SoftwareTestCase):
    def server(self, **properties: Any) -> Resource:
        resource, _ = self.made('DeployedServer', **properties)
        return resource

    def metadata(self, resource: Resource, **declared: Any) -> dict[str, Any]:
        return dict(self.plugin('DeployedServer').metadata(resource, declared))

    def test_everything_twice(self) -> None:
        plugin, resource = self.plugin('DeployedServer'), self.resource('DeployedServer')
        for _ in range(2):
            plugin.create(resource)
            observed = plugin.observe(resource)
            self.assertEqual((Reality.READY, 'token'), (observed.reality, observed.physical_id))
        for _ in range(2):
            plugin.update(resource, ())
            self.assertEqual(observed, plugin.observe(resource))
        for _ in range(2):
            plugin.delete(resource)
            self.assertEqual(Reality.ABSENT, plugin.observe(resource).reality)
        plugin.update(resource, ())
        self.assertEqual(Reality.ABSENT, plugin.observe(resource).reality)

    def test_attributes(self) -> None:
        _, observed = self.made('DeployedServer', name='own')
        self.assertEqual(
            {'name': 'own', 'os_collect_config': {'collectors': ['cfn', 'local'], 'cfn': CFN}},
            observed.attributes,
        )
        self.anew()
        _, observed = self.made('DeployedServer', software_config_transport='POLL_SERVER_HEAT')
        self.assertEqual('stack-name-token', observed.attributes['name'])
        self.assertEqual(
            {'collectors': ['heat', 'local'], 'heat': HEAT},
            observed.attributes['os_collect_config'],
        )

    def test_other_transport(self) -> None:
        plugin, resource = self.plugin('DeployedServer'), self.server()
        new = dataclasses.replace(
            resource,
            properties={**resource.properties, 'software_config_transport': 'POLL_SERVER_HEAT'},
        )
        for _ in range(2):
            plugin.update(new, ['software_config_transport'])
            observed = plugin.observe(new)
            self.assertEqual(dict(new.properties), observed.properties)
            self.assertEqual(
                {
                    'collectors': ['heat', 'local'],
                    'heat': HEAT,
                    'cfn': {'stack_name': None, 'path': None},
                },
                observed.attributes['os_collect_config'],
            )

    def test_deployments_in_the_metadata(self) -> None:
        server = self.server()
        self.assertEqual([], self.metadata(server)['deployments'])
        self.config()
        for token, name in (('two', 'b'), ('one', 'a'), ('three', None)):
            self.made(
                'SoftwareDeployment', token=token, server='token', config='config', name=name
            )
        self.made('SoftwareDeployment', token='elsewhere', server='other', config='config')
        deployments = self.metadata(server)['deployments']
        self.assertEqual(['a', 'b', 'of-user'], [one['name'] for one in deployments])
        self.assertEqual(
            {'id', 'name', 'group', 'config', 'inputs', 'outputs', 'options', 'creation_time'},
            set(deployments[0]),
        )
        # It answers to the id of a server that was adopted, too.
        known = dataclasses.replace(server, physical_id='other')
        self.assertEqual(1, len(self.metadata(known)['deployments']))

    def test_metadata_of_the_definition(self) -> None:
        server = self.server(software_config_transport='POLL_SERVER_HEAT')
        metadata = self.metadata(
            server,
            own=1,
            deployments=['not', 'these'],
            **{
                'os-collect-config': {
                    'heat': {'auth_url': 'http://keystone', 'resource_name': 'x'},
                    'polling_interval': 30,
                    'collectors': ['ec2'],
                }
            },
        )
        self.assertEqual((1, []), (metadata['own'], metadata['deployments']))
        self.assertEqual(
            {
                'heat': {**HEAT, 'auth_url': 'http://keystone'},
                'polling_interval': 30,
                'collectors': ['heat', 'local'],
            },
            metadata['os-collect-config'],
        )
        strange = self.metadata(server, **{'os-collect-config': 'x'})
        self.assertEqual(HEAT, strange['os-collect-config']['heat'])
        for own in ({'heat': 'x'}, {'collectors': {'a': 1}}):
            strange = self.metadata(server, **{'os-collect-config': own})
            self.assertEqual(['heat', 'local'], strange['os-collect-config']['collectors'])
        strange = self.metadata(server, **{'os-collect-config': {'heat': 'x'}})
        self.assertEqual(HEAT, strange['os-collect-config']['heat'])

    def test_what_is_refused(self) -> None:
        for transport, service in (('POLL_TEMP_URL', 'Swift'), ('ZAQAR_MESSAGE', 'Zaqar')):
            error = self.assertRaises(
                InvalidProperty,
                self.resource,
                'DeployedServer',
                software_config_transport=transport,
            )
            self.assertIn(f'{transport} needs {service}', str(error))
            self.assertEqual('properties.software_config_transport', error.path)
        check = self.plugin('DeployedServer').schema.check
        assert check is not None
        check({'software_config_transport': GetAttr('A', 'b', [])})
        given = {'container': 'c', 'object': 'o'}
        resource = self.resource('DeployedServer', deployment_swift_data=given)
        self.assertEqual(given, resource.properties['deployment_swift_data'])
        for wrong in (
            {'software_config_transport': 'X'},
            {'deployment_swift_data': {'container': ''}},
            {'deployment_swift_data': {'x': 1}},
        ):
            self.assertRaises(TemplateError, self.resource, 'DeployedServer', **wrong)
