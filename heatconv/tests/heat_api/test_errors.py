"""What users read when they did something wrong."""

from __future__ import annotations

from typing import Any

from heatconv.tests.heat_api.running import SiteTest
from heatconv.tests.heat_api.site import ENGINE
from heatconv.tests.heat_api.templates import NOTHING


class TestErrors(SiteTest):
    def wrong(self, resources: Any, **sections: Any) -> str:
        """Return what is said of a template, by create and by validate alike."""
        template = self.template(resources, **sections)
        created = self.refused('stack', 'create', 'demo', '-t', template)
        validated = self.refused('orchestration', 'template', 'validate', '-t', template)
        self.assertEqual(created, validated)
        self.refused('stack', 'show', 'demo')
        return created

    def test_unknown_stack(self) -> None:
        unknown = 'Stack not found: nobody'
        self.assertEqual(unknown, self.refused('stack', 'show', 'nobody'))
        self.assertEqual(unknown, self.refused('stack', 'template', 'show', 'nobody'))
        self.assertEqual(unknown, self.refused('stack', 'resource', 'list', 'nobody'))
        self.assertEqual(
            f'{unknown}\nUnable to delete 1 of the 1 stacks.',
            self.refused('stack', 'delete', '-y', 'nobody'),
        )
        missing = 'ERROR: The Stack (nobody) could not be found.'
        self.assertEqual(missing, self.refused('stack', 'event', 'list', 'nobody'))
        self.assertEqual(missing, self.refused('stack', 'update', '--existing', 'nobody'))

    def test_name_is_taken(self) -> None:
        self.make('demo', NOTHING)
        said = self.refused('stack', 'create', 'demo', '-t', self.template(NOTHING))
        self.assertEqual('ERROR: The Stack (demo) already exists.', said)

    def test_name_is_none(self) -> None:
        said = self.refused('stack', 'create', '1st', '-t', self.template(NOTHING))
        self.assertEqual(
            'ERROR: Invalid stack name 1st: it must start with a letter, contain only letters, '
            'digits, "_", "-" and ".", and have 255 characters at most',
            said,
        )

    def test_unknown_type(self) -> None:
        self.assertEqual(
            "ERROR: resources.r.type: there is no resource type 'OS::Heat::Valeu' "
            "(did you mean 'OS::Heat::Value'?)",
            self.wrong({'r': {'type': 'OS::Heat::Valeu'}}),
        )

    def test_unknown_property(self) -> None:
        self.assertEqual(
            "ERROR: resources.r.properties.valeu: there is no property 'valeu' "
            "(did you mean 'value'?)",
            self.wrong({'r': {'type': 'OS::Heat::Value', 'properties': {'valeu': 1}}}),
        )

    def test_circle(self) -> None:
        resources = {
            'chicken': {'type': 'OS::Heat::None', 'depends_on': 'egg'},
            'egg': {'type': 'OS::Heat::None', 'depends_on': 'chicken'},
        }
        said = self.refused('stack', 'create', 'demo', '-t', self.template(resources))
        self.assertEqual(
            'ERROR: Circular Dependency Found: resources require each other: '
            'chicken -> egg -> chicken',
            said,
        )

    def test_parameters(self) -> None:
        parameters = {
            'name': {'type': 'string'},
            'size': {'type': 'number', 'default': 1, 'constraints': [{'range': {'max': 3}}]},
        }
        template = self.template(NOTHING, parameters=parameters)
        create = ('stack', 'create', 'demo', '-t', template)
        self.assertEqual('ERROR: The Parameter (name) was not provided.', self.refused(*create))
        self.assertEqual(
            'ERROR: The Parameter (nmae) was not defined in template.',
            self.refused(*create, '--parameter', 'name=a', '--parameter', 'nmae=b'),
        )
        said = self.refused(*create, '--parameter', 'name=a', '--parameter', 'size=4')
        self.assertIn('parameters.size', said)

    def test_quota(self) -> None:
        for number in range(ENGINE['max_stacks_per_project']):
            self.make(f's{number}', NOTHING, wait=False)
        said = self.refused('stack', 'create', 'demo', '-t', self.template(NOTHING))
        self.assertEqual(
            f'ERROR: Request limit exceeded: this project has {ENGINE["max_stacks_per_project"]} '
            'stacks, and may have no more',
            said,
        )

    def test_too_many_resources(self) -> None:
        most = ENGINE['max_resources_per_stack']
        resources = {f'r{number}': {'type': 'OS::Heat::None'} for number in range(most + 1)}
        said = self.refused('stack', 'create', 'demo', '-t', self.template(resources))
        self.assertEqual(
            f'ERROR: Request limit exceeded: {most + 1} resources are more than the {most} that '
            'a stack may have',
            said,
        )

    def test_immutable_parameter(self) -> None:
        parameters = {'name': {'type': 'string', 'default': 'a', 'immutable': True}}
        self.make('demo', NOTHING, parameters=parameters)
        said = self.refused('stack', 'update', 'demo', '--existing', '--parameter', 'name=b')
        self.assertEqual(
            'ERROR: The following parameters are immutable and may not be updated: name', said
        )

    def test_cancel_of_nothing(self) -> None:
        self.make('demo', NOTHING)
        said = self.refused('stack', 'cancel', 'demo')
        self.assertEqual("Stack demo with status 'create_complete' not in cancelable state", said)
