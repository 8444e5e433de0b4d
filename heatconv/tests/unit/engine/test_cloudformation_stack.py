"""AWS::CloudFormation::Stack: a nested stack whose template is named by its URL."""

from __future__ import annotations

import json

from heatconv.engine import wire_format
from heatconv.tests.unit.engine.parts import template, thing
from heatconv.tests.unit.engine.test_nested import inner
from heatconv.tests.unit.engine.test_string_stacks import (
    BY_URL,
    URL,
    StringStackTestCase,
    declared,
)


class CloudFormationStackTest(StringStackTestCase):
    def test_url_that_is_not_among_the_files(self) -> None:
        identity = self.ask({'N': declared(BY_URL)}, {'other.yaml': inner()})
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertIn(
            f"TemplateURL: the template '{URL}' is not among the files of the request",
            self.reason(identity),
        )
        self.asked(BY_URL, identity=identity)
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)

    def test_url_that_is_known_at_run_time(self) -> None:
        resource = declared(BY_URL)
        resource['properties']['TemplateURL'] = {'get_attr': ['A', 'output']}
        identity = self.ask({'A': thing(URL), 'N': resource}, {URL: inner()})
        self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)

    def test_template_of_cloudformation(self) -> None:
        source = {
            'AWSTemplateFormatVersion': '2010-09-09',
            'Resources': {
                'N': {
                    'Type': BY_URL,
                    'Properties': {'TemplateURL': URL, 'Parameters': {'size': '1'}},
                },
                'U': {
                    'Type': 'OS::Heat::TestResource',
                    'Properties': {'value': {'Fn::GetAtt': ['N', 'Outputs.color']}},
                },
            },
            'Outputs': {'id': {'Value': {'Ref': 'N'}}},
        }
        identity = self.call('create_stack', 'stack', source, None, {URL: inner()}, None)
        self.parts.rest()
        self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        (child,) = self.within(identity).values()
        self.assertEqual('red', self.rows(identity)['U'].attributes['output'])
        arn = f'arn:openstack:heat::project:stacks/{child.name}/{child.id}'
        self.assertEqual({'id': arn}, self.outputs(identity))

    def test_other_attributes_are_refused(self) -> None:
        identity = self.ask(
            {'N': declared(BY_URL), 'U': thing({'get_attr': ['N', 'color']})}, {URL: inner()}
        )
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertIn('(N color) is incorrect', self.reason(identity, 'U'))

    def test_within_itself(self) -> None:
        # Each level contains the next one, until it is too deep.
        within = {'type': BY_URL, 'properties': {'TemplateURL': URL}}
        text = json.dumps(template({'I': within}))
        resource = declared(BY_URL)
        resource['properties'].pop('Parameters')
        identity = self.ask({'N': resource}, {URL: text})
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertIn('Recursion depth exceeds', self.reason(identity))
        self.call('delete_stack', identity)
        self.parts.rest()
        self.assertEqual('DELETE_COMPLETE', self.state(identity))

    def test_change_of_the_file_alone(self) -> None:
        identity = self.asked(BY_URL)
        child = self.within(identity)['N']
        self.asked(BY_URL, inner('fixed'), identity=identity)
        self.assertEqual({'color': 'fixed'}, self.outputs(identity))
        (shown,) = self.call('show_stack', wire_format.identity(child))
        self.assertEqual('UPDATE_COMPLETE', f'{shown["stack_action"]}_{shown["stack_status"]}')
