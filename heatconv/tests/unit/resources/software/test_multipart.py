"""Messages for cloud-init, read by the parser that cloud-init uses."""

from __future__ import annotations

import email
from email.message import Message
from typing import Any

from heatconv.hot.errors import TemplateError
from heatconv.tests.unit.resources.software.base import TOKEN, SoftwareTestCase


def text(part: Any) -> str:
    """Return the text of a part, as cloud-init decodes it."""
    payload: bytes = part.get_payload(decode=True)
    return payload.decode(part.get_content_charset() or 'utf-8')


class MultipartTest(SoftwareTestCase):
    def message(self, *parts: dict[str, Any], token: str = TOKEN) -> Message:
        _, observed = self.made('MultipartMime', token=token, parts=list(parts))
        self.raw = observed.attributes['config']
        return email.message_from_string(self.raw)

    def parts(self, *parts: dict[str, Any], token: str = TOKEN) -> list[Any]:
        message = self.message(*parts, token=token)
        self.assertTrue(message.is_multipart())
        self.assertEqual('multipart/mixed', message.get_content_type())
        return list(message.get_payload())

    def test_texts(self) -> None:
        script, handler, plain = self.parts(
            {'config': '#!/bin/sh\necho\n', 'subtype': 'x-shellscript', 'filename': 'a.sh'},
            {'config': 'x', 'filename': 'part-handler.py'},
            {'config': '#cloud-config\na: 1\n'},
        )
        self.assertEqual('text/x-shellscript', script.get_content_type())
        self.assertEqual('a.sh', script.get_filename())
        self.assertEqual('attachment', script.get_content_disposition())
        self.assertEqual('#!/bin/sh\necho\n', text(script))
        self.assertEqual('us-ascii', script.get_content_charset())
        self.assertEqual('text/part-handler', handler.get_content_type())
        self.assertEqual('text/plain', plain.get_content_type())
        self.assertIsNone(plain.get_filename())
        self.assertEqual('#cloud-config\na: 1\n', text(plain))

    def test_text_that_is_not_ascii(self) -> None:
        (part,) = self.parts({'config': 'Grüße\n', 'subtype': 'cloud-config'})
        self.assertEqual(('utf-8', 'Grüße\n'), (part.get_content_charset(), text(part)))
        self.assertTrue(self.raw.isascii())

    def test_reference_to_a_configuration(self) -> None:
        self.config('c' * 36, config='of another')
        first, second = self.parts({'config': 'c' * 36}, {'config': 'd' * 36})
        self.assertEqual(('of another', 'd' * 36), (text(first), text(second)))

    def test_reference_to_what_is_no_text(self) -> None:
        self.config('map', config={'a': 1})
        resource = self.resource('MultipartMime', parts=[{'config': 'map'}])
        error = self.assertRaises(ValueError, self.plugin('MultipartMime').create, resource)
        self.assertIn('map is not a text', str(error))

    def test_message_as_part(self) -> None:
        self.parts(
            {'config': 'a', 'subtype': 'x-shellscript', 'filename': 'a.sh'},
            {'config': 'ü', 'subtype': 'cloud-config'},
        )
        inner, own = self.raw, 'own'
        self.config('inner', config=inner)
        first, second, third = self.parts(
            {'config': 'inner', 'type': 'multipart'}, {'config': own}, token='other'
        )
        self.assertEqual(
            ('text/x-shellscript', 'a.sh'), (first.get_content_type(), first.get_filename())
        )
        self.assertEqual('a', text(first))
        # Heat encodes it twice.
        self.assertEqual(('text/cloud-config', 'ü'), (second.get_content_type(), text(second)))
        self.assertEqual('own', text(third))

    def test_message_in_a_message_is_flat(self) -> None:
        self.parts({'config': 'a'})
        nested = f'Content-Type: multipart/mixed; boundary="B"\n\n--B\n{self.raw}\n--B--\n'
        (part,) = self.parts({'config': nested, 'type': 'multipart'}, token='other')
        self.assertEqual('a', text(part))

    def test_headers_of_parts_stay(self) -> None:
        inner = (
            'Content-Type: multipart/mixed; boundary="B"\n\n'
            '--B\nContent-Type: text/cloud-config\nMerge-Type: list(append)\n\na: 1\n--B--\n'
        )
        (part,) = self.parts({'config': inner, 'type': 'multipart'})
        self.assertEqual('list(append)', part['Merge-Type'])

    def test_part_that_is_no_message(self) -> None:
        self.assertEqual([], self.plain_parts({'config': 'just text', 'type': 'multipart'}))
        self.anew()
        self.assertEqual([], self.plain_parts())

    def plain_parts(self, *parts: dict[str, Any]) -> list[Any]:
        """Return the parts of a message that may have none: cloud-init skips the preamble."""
        message = self.message(*parts)
        self.assertEqual('multipart/mixed', message.get_content_type())
        return [part for part in message.walk() if part is not message and text(part).strip()]

    def test_same_properties_same_message(self) -> None:
        self.parts({'config': 'a'})
        first = self.raw
        self.anew()
        self.parts({'config': 'a'})
        self.assertEqual(first, self.raw)
        self.anew()
        self.parts({'config': 'b'})
        self.assertNotEqual(first.splitlines()[0], self.raw.splitlines()[0])

    def test_group(self) -> None:
        resource, _ = self.made('MultipartMime', group='g')
        content = self.software.config(resource.project_id, 'token')
        assert content is not None
        self.assertEqual('g', content['group'])

    def test_what_is_refused(self) -> None:
        for wrong in ({}, {'config': 'a', 'type': 'html'}, {'config': 'a', 'x': 1}):
            self.assertRaises(TemplateError, self.resource, 'MultipartMime', parts=[wrong])
