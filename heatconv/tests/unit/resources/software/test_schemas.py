"""Properties and attributes of the types, as Heat has them."""

from __future__ import annotations

from heatconv.tests.unit.resources.software.base import SoftwareTestCase

DEPLOYMENT = {'config', 'input_values', 'actions', 'name', 'signal_transport'}
STRUCTURED = {'input_key', 'input_values_validate'}
CONFIG = {'group', 'config', 'options', 'inputs', 'outputs'}
OUTPUTS = {'deploy_stdout', 'deploy_stderr', 'deploy_status_code'}

#: For each type: properties, attributes, and the properties that can change in place.
TYPES = {
    'SoftwareConfig': (CONFIG, {'config'}, set()),
    'StructuredConfig': (CONFIG, {'config'}, set()),
    'CloudConfig': ({'cloud_config'}, {'config'}, set()),
    'MultipartMime': ({'group', 'parts'}, {'config'}, set()),
    'SoftwareComponent': ({'configs', 'inputs', 'outputs', 'options'}, {'config'}, set()),
    'SoftwareDeployment': (
        DEPLOYMENT | {'server'},
        OUTPUTS,
        DEPLOYMENT - {'signal_transport'},
    ),
    'StructuredDeployment': (
        DEPLOYMENT | STRUCTURED | {'server'},
        OUTPUTS,
        DEPLOYMENT - {'signal_transport'},
    ),
    'SoftwareDeploymentGroup': (
        DEPLOYMENT | {'servers'},
        {f'{name}s' for name in OUTPUTS},
        DEPLOYMENT - {'signal_transport'} | {'servers'},
    ),
    'StructuredDeploymentGroup': (
        DEPLOYMENT | STRUCTURED | {'servers'},
        {f'{name}s' for name in OUTPUTS},
        DEPLOYMENT - {'signal_transport'} | {'servers'},
    ),
    'DeployedServer': (
        {'name', 'metadata', 'software_config_transport', 'deployment_swift_data'},
        {'name', 'os_collect_config'},
        {'name', 'metadata', 'software_config_transport', 'deployment_swift_data'},
    ),
}


class SchemaTest(SoftwareTestCase):
    def test_names(self) -> None:
        for type_name, (properties, attributes, updatable) in TYPES.items():
            schema = self.plugin(type_name).schema
            self.assertEqual(properties, set(schema.properties), type_name)
            self.assertEqual(attributes, set(schema.attributes), type_name)
            self.assertEqual(properties - updatable, schema.replace_on_change, type_name)
            self.assertEqual('SUPPORTED', schema.support_status)

    def test_former_names(self) -> None:
        for kind in ('Software', 'Structured'):
            former = self.plugin(f'{kind}Deployments').schema
            current = self.plugin(f'{kind}DeploymentGroup').schema
            self.assertEqual('HIDDEN', former.support_status)
            self.assertEqual(current.properties, former.properties)
            self.assertEqual(current.attributes, former.attributes)

    def test_defaults(self) -> None:
        deployment = self.resource('StructuredDeployment', server='s')
        self.assertEqual(
            {
                'server': 's',
                'actions': ['CREATE', 'UPDATE'],
                'signal_transport': 'CFN_SIGNAL',
                'input_key': 'get_input',
                'input_values_validate': 'LAX',
            },
            deployment.properties,
        )
        self.assertEqual({'group': 'Heat::Ungrouped'}, self.resource('SoftwareConfig').properties)
        self.assertEqual(
            {'software_config_transport': 'POLL_SERVER_CFN', 'deployment_swift_data': {}},
            self.resource('DeployedServer').properties,
        )
