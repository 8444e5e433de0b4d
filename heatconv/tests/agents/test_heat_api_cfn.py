"""The stock heat-api-cfn: the API of CloudFormation, and signals."""

from __future__ import annotations

import json
import uuid
from typing import Any

from heatconv.tests.agents.cloudformation import Aws, Keys
from heatconv.tests.agents.running import ServersTest

TEMPLATE: dict[str, Any] = {
    'AWSTemplateFormatVersion': '2010-09-09',
    'Description': 'Two resources.',
    'Parameters': {
        'Secret': {'Type': 'String', 'NoEcho': 'true', 'Default': 'x'},
        'Whom': {'Type': 'String', 'Default': 'world', 'Description': 'Whom to greet.'},
    },
    'Resources': {
        'greeting': {
            'Type': 'OS::Heat::Value',
            'Properties': {'value': {'Fn::Join': [' ', ['hello', {'Ref': 'Whom'}]]}},
            'Metadata': {'of': 'größe'},
        },
        'handle': {'Type': 'AWS::CloudFormation::WaitConditionHandle', 'DependsOn': 'greeting'},
    },
    'Outputs': {
        'Greeting': {
            'Description': 'What to say.',
            'Value': {'Fn::GetAtt': ['greeting', 'value']},
        },
    },
}


class AwsTest(ServersTest):
    def setUp(self) -> None:
        super().setUp()
        self.url = self.site.heat_api_cfn.url
        self.aws = Aws(self.url, Keys(self.identity, self.login), self.home)

    def created(self, template: Any = TEMPLATE, *words: str) -> str:
        """Create a stack, and have it deleted at the end; return its name."""
        name = f's{uuid.uuid4().hex[:8]}'
        body = self.body(template)
        made = self.aws.works(
            'create-stack', '--stack-name', name, '--template-body', body, *words
        )
        self.addCleanup(self.delete, name)
        self.assertRegex(made['StackId'], f'^arn:openstack:heat::.*:stacks/{name}/')
        return name

    def body(self, template: Any) -> str:
        name = self.file(f'{uuid.uuid4().hex}.json', template)
        return f'file://{self.home / name}'

    def described(self, name: str) -> Any:
        (stack,) = self.aws.works('describe-stacks', '--stack-name', name)['Stacks']
        return stack

    def test_stacks(self) -> None:
        parameters = 'ParameterKey=Whom,ParameterValue=größe'
        name = self.created(TEMPLATE, '--parameters', parameters, '--timeout-in-minutes', '7')
        self.aws.works('wait', 'stack-create-complete', '--stack-name', name)
        stack = self.described(name)
        self.assertEqual('CREATE_COMPLETE', stack['StackStatus'])
        self.assertEqual('Two resources.', stack['Description'])
        self.assertEqual(7, stack['TimeoutInMinutes'])
        self.assertEqual(
            [
                {
                    'OutputKey': 'Greeting',
                    'OutputValue': 'hello größe',
                    'Description': 'What to say.',
                }
            ],
            stack['Outputs'],
        )
        shown = {one['ParameterKey']: one['ParameterValue'] for one in stack['Parameters']}
        self.assertEqual(('größe', '******'), (shown['Whom'], shown['Secret']))
        self.assertEqual(stack, self.described(stack['StackId']))
        listed = self.aws.works('list-stacks')['StackSummaries']
        self.assertIn(stack['StackId'], [one['StackId'] for one in listed])
        every = self.aws.works('describe-stacks')['Stacks']
        self.assertIn(stack['StackId'], [one['StackId'] for one in every])
        self.assertEqual(
            TEMPLATE, self.aws.works('get-template', '--stack-name', name)['TemplateBody']
        )

    def test_update_and_delete(self) -> None:
        name = self.created()
        self.assertEqual('CREATE_COMPLETE', self.at_rest(name))
        words = ('--stack-name', name, '--template-body', self.body(TEMPLATE))
        parameters = ('--parameters', 'ParameterKey=Whom,ParameterValue=you')
        made = self.aws.works('update-stack', *words, *parameters)
        self.assertEqual('UPDATE_COMPLETE', self.at_rest(name))
        stack = self.described(name)
        self.assertEqual(made['StackId'], stack['StackId'])
        self.assertEqual('hello you', stack['Outputs'][0]['OutputValue'])
        self.aws.works('delete-stack', '--stack-name', name)
        self.gone(name)
        said = self.aws.run('describe-stacks', '--stack-name', name).stderr
        self.assertIn('(InvalidParameterValue)', said)

    def test_resources(self) -> None:
        name = self.created()
        self.assertEqual('CREATE_COMPLETE', self.at_rest(name))
        one = ('--stack-name', name, '--logical-resource-id', 'greeting')
        detail = self.aws.works('describe-stack-resource', *one)['StackResourceDetail']
        self.assertEqual({'of': 'größe'}, json.loads(detail['Metadata']))
        self.assertEqual('OS::Heat::Value', detail['ResourceType'])
        self.assertEqual('CREATE_COMPLETE', detail['ResourceStatus'])
        self.assertEqual(self.described(name)['StackId'], detail['StackId'])
        every = self.aws.works('describe-stack-resources', '--stack-name', name)['StackResources']
        self.assertEqual(['greeting', 'handle'], sorted(one['LogicalResourceId'] for one in every))
        (same,) = self.aws.works('describe-stack-resources', *one)['StackResources']
        self.assertEqual(detail['PhysicalResourceId'], same['PhysicalResourceId'])
        physical = ('--physical-resource-id', detail['PhysicalResourceId'])
        found = self.aws.works('describe-stack-resources', *physical)['StackResources']
        self.assertEqual(2, len(found))
        listed = self.aws.works('list-stack-resources', '--stack-name', name)
        self.assertEqual(2, len(listed['StackResourceSummaries']))
        events = self.aws.works('describe-stack-events', '--stack-name', name)['StackEvents']
        said = {(one['LogicalResourceId'], one['ResourceStatus']) for one in events}
        self.assertIn(('greeting', 'CREATE_COMPLETE'), said)

    def test_errors(self) -> None:
        wrong = {**TEMPLATE, 'Resources': {'r': {'Type': 'OS::Heat::Valeu'}}}
        name = self.created()
        for words, code, text in (
            (('describe-stacks', '--stack-name', 'no'), 'InvalidParameterValue', 'no'),
            (
                ('create-stack', '--stack-name', name, '--template-body', self.body(TEMPLATE)),
                'AlreadyExists',
                name,
            ),
            (
                ('create-stack', '--stack-name', 'x', '--template-body', self.body(wrong)),
                'InvalidParameterValue',
                'OS::Heat::Value',
            ),
        ):
            ended = self.aws.run(*words)
            self.assertIn(f'({code})', ended.stderr)
            self.assertIn(text, ended.stderr)

    def test_validate(self) -> None:
        told = self.aws.works('validate-template', '--template-body', self.body(TEMPLATE))
        self.assertEqual('Two resources.', told['Description'])
        (whom,) = [one for one in told['Parameters'] if one['ParameterKey'] == 'Whom']
        self.assertEqual(('world', 'Whom to greet.'), (whom['DefaultValue'], whom['Description']))

    def test_cancel(self) -> None:
        waits = {'wait_secs': -1, 'action_wait_secs': {'delete': 0}}
        slow = {'Type': 'OS::Heat::TestResource', 'Properties': waits}
        name = self.created()
        self.assertEqual('CREATE_COMPLETE', self.at_rest(name))
        template = {**TEMPLATE, 'Resources': {**TEMPLATE['Resources'], 'slow': slow}}
        words = ('--stack-name', name, '--template-body', self.body(template))
        self.aws.works('update-stack', *words)
        self.aws.works('cancel-update-stack', '--stack-name', name)
        self.assertEqual('ROLLBACK_COMPLETE', self.at_rest(name))

    def test_other_users(self) -> None:
        name = self.created()
        other = self.identity.login('bob', 'green', self.site.passwords['bob'])
        bob = Aws(self.url, Keys(self.identity, other), self.home)
        self.assertEqual([], bob.works('list-stacks')['StackSummaries'])
        said = bob.run('describe-stacks', '--stack-name', name).stderr
        self.assertIn('(InvalidParameterValue)', said)
        keys = Keys(self.identity, self.login)
        keys.secret = keys.secret[::-1]
        said = Aws(self.url, keys, self.home).run('list-stacks').stderr
        self.assertIn('(AccessDenied)', said)
