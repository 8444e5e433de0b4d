"""The templates of nested stacks, parsed once."""

from __future__ import annotations

from typing import Any

import testtools

from heatconv.hot.errors import TemplateError
from heatconv.resources import nested_templates
from heatconv.resources.nested_templates import NestedTemplates

TEXT = 'heat_template_version: 2021-04-16\nresources: {}\n'
OWNER = {'files': {'a.yaml': TEXT, 'b.yaml': TEXT}, 'environment': {}}


class NestedTemplatesTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.templates = NestedTemplates()
        self.made: list[str] = []

    def used(self, name: str) -> Any:
        def make() -> dict[str, Any]:
            self.made.append(name)
            return {name: 'text'}

        return make

    def test_template_is_parsed_once_for_a_content(self) -> None:
        first = self.templates.template('id', OWNER, 'a.yaml', 1000)
        self.assertEqual({'heat_template_version': '2021-04-16', 'resources': {}}, first)
        self.assertIs(first, self.templates.template('id', OWNER, 'a.yaml', 1000))
        self.assertIsNot(first, self.templates.template('id', OWNER, 'b.yaml', 1000))
        self.assertIsNot(first, self.templates.template('other', OWNER, 'a.yaml', 1000))

    def test_content_without_an_id_is_not_kept(self) -> None:
        first = self.templates.template(None, OWNER, 'a.yaml', 1000)
        self.assertIsNot(first, self.templates.template(None, OWNER, 'a.yaml', 1000))

    def test_error_is_raised_each_time(self) -> None:
        for _ in range(2):
            self.assertRaises(
                TemplateError, self.templates.template, 'id', OWNER, 'none.yaml', 1000
            )
            self.assertRaises(TemplateError, self.templates.template, 'id', OWNER, 'a.yaml', 10)

    def test_files_are_found_once_for_a_content(self) -> None:
        for _ in range(2):
            self.templates.files('id', OWNER, 'a.yaml', self.used('a'))
        self.templates.files('id', OWNER, 'b.yaml', self.used('b'))
        self.assertEqual(['a', 'b'], self.made)

    def test_files_that_depend_on_the_name_of_the_resource(self) -> None:
        registry = {'resources': {'one': {'OS::Heat::Value': 'value.yaml'}}}
        owner = {**OWNER, 'environment': {'resource_registry': registry}}
        for _ in range(2):
            self.templates.files('id', owner, 'a.yaml', self.used('a'))
        self.assertEqual(['a', 'a'], self.made)

    def test_long_one_is_not_kept(self) -> None:
        def used() -> dict[str, Any]:
            self.made.append('long')
            return {'a': 'x' * nested_templates.LENGTH}

        for _ in range(2):
            self.templates.files('id', OWNER, 'a.yaml', used)
        self.assertEqual(['long'] * 2, self.made)

    def test_no_more_are_kept_than_fit(self) -> None:
        for number in range(nested_templates.KEPT + 5):
            self.templates.files(str(number), OWNER, 'a.yaml', self.used('a'))
        self.templates.files('0', OWNER, 'a.yaml', self.used('again'))
        self.assertEqual('again', self.made[-1])
