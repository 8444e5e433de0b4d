"""Values of hidden parameters do not show, whatever quotes them."""

from __future__ import annotations

import testtools

from heatconv import exception
from heatconv.engine import redaction
from heatconv.tests.unit.engine.parts import EngineTestCase, template

SECRET = {'type': 'string', 'hidden': True}


class ScrubTest(testtools.TestCase):
    def scrub(self, text: str, **values: object) -> str:
        parameters = dict.fromkeys(values, SECRET)
        return redaction.scrubbed(text, {'parameters': parameters}, {'parameters': values})

    def test_long_values_go_everywhere(self) -> None:
        self.assertEqual(
            "no ****** in '******'", self.scrub("no hunter2 in 'hunter2'", s='hunter2')
        )

    def test_short_values_go_where_they_are_quoted(self) -> None:
        self.assertEqual("a '******' at", self.scrub("a 'a' at", s='a'))

    def test_insides_of_json_go_too(self) -> None:
        text = self.scrub('no property keyed, no valued', s='{"keyed": ["valued"]}')
        self.assertEqual('no property ******, no ******', text)
        self.assertEqual('no ******', self.scrub('no keyed', s={'keyed': 1}))

    def test_defaults_go_too(self) -> None:
        made = {'parameters': {'s': {**SECRET, 'default': 'hunter2'}}}
        self.assertEqual('no ******', redaction.scrubbed('no hunter2', made, {}))

    def test_defaults_in_cloudformation_s_language_go_too(self) -> None:
        made = {'Parameters': {'s': {'Type': 'String', 'NoEcho': 'true', 'Default': 'hunter2'}}}
        self.assertEqual('no ******', redaction.scrubbed('no hunter2', made, {}))
        given = {'parameters': {'s': 'hunter3'}}
        self.assertEqual('no ******', redaction.scrubbed('no hunter3', made, given))

    def test_others_stay(self) -> None:
        made = {'parameters': {'s': {'type': 'string'}}}
        text = redaction.scrubbed('no hunter2', made, {'parameters': {'s': 'hunter2'}})
        self.assertEqual('no hunter2', text)

    def test_templates_that_are_none(self) -> None:
        for wrong in (None, [], {'parameters': 1}, {'parameters': {'a': 1}}):
            self.assertEqual('text', redaction.scrubbed('text', wrong, {}))


class EndpointTest(EngineTestCase):
    def test_error_that_quotes_a_computed_name(self) -> None:
        source = template(
            {
                'A': {
                    'type': 'OS::Heat::Value',
                    'properties': {'value': {'get_resource': {'get_param': 's'}}},
                }
            },
            parameters={'s': SECRET},
        )
        given = {'parameters': {'s': 'hunter2'}}
        answer = self.call('validate_template', template=source, params=given)
        self.assertIn('there is no resource', answer['Error'])
        self.assertNotIn('hunter2', str(answer))
        error = self.assertRaises(
            exception.HeatconvException,
            self.call,
            'create_stack',
            stack_name='n',
            template=source,
            params=given,
            files={},
            args={},
        )
        self.assertNotIn('hunter2', str(error))
