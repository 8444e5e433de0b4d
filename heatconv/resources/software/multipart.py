"""OS::Heat::MultipartMime: several configurations in one MIME message for cloud-init.

As in Heat (heat/engine/resources/openstack/heat/multi_part.py), with two differences. A part that
is itself a message keeps all headers of its parts, because cloud-init reads more of them than the
type and the file name, and it keeps their encoding. The boundary is computed from the parts, so
that the same properties always result in the same message.
"""

from __future__ import annotations

import email
import os.path
from collections.abc import Iterator, Mapping
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any

from heatconv.convergence import fingerprint
from heatconv.hot.constraints import AllowedValues
from heatconv.hot.schema import LIST, MAP, STRING, Property, TypeSchema
from heatconv.resources.plugin import Resource
from heatconv.resources.software.config import ATTRIBUTES, GROUP, SoftwareConfig

TEXT, MULTIPART = 'text', 'multipart'

#: Largest length of an id: a longer text is no reference to a configuration.
ID_LENGTH = 36


class MultipartMime(SoftwareConfig):
    """A configuration that is a MIME message; its parts may be other configurations."""

    schema = TypeSchema(
        description='Several configurations in one MIME message for cloud-init.',
        version='2014.1',
        properties={
            'group': GROUP,
            'parts': Property(
                LIST,
                default=[],
                description='The parts of the message.',
                schema=Property(
                    MAP,
                    schema={
                        'config': Property(
                            STRING,
                            required=True,
                            description='The content, or the id of a configuration.',
                        ),
                        'filename': Property(STRING, description='The file name of the part.'),
                        'type': Property(
                            STRING,
                            default=TEXT,
                            constraints=(AllowedValues((TEXT, MULTIPART)),),
                            description='Whether the content is a text, or a message with parts.',
                        ),
                        'subtype': Property(STRING, description='The subtype of a text.'),
                    },
                ),
            ),
        },
        attributes=ATTRIBUTES,
    )

    def content(self, resource: Resource) -> dict[str, Any]:
        parts = [
            part
            for declared in resource.properties['parts']
            for part in self._parts(resource.project_id, declared)
        ]
        texts = [part.as_string() for part in parts]
        # A digest of the parts cannot occur in them.
        boundary = f'==============={fingerprint.digest(*texts)}=='
        message = MIMEMultipart(boundary=boundary, _subparts=parts)
        return {'group': resource.properties['group'], 'config': message.as_string()}

    def _parts(self, project_id: str, declared: Mapping[str, Any]) -> Iterator[Message]:
        """Yield the parts of the message that one item of the property ``parts`` results in."""
        text = self._text(project_id, declared['config'])
        if declared.get('type') == MULTIPART:
            yield from _leaves(email.message_from_string(text))
            return
        filename = declared.get('filename') or ''
        # As in Heat: the file name without its extension.
        subtype = declared.get('subtype') or os.path.splitext(filename)[0]
        yield _part(text, subtype, filename)

    def _text(self, project_id: str, config: str) -> str:
        """Return the configuration with an id; any other text as it is.

        :raises ValueError: if the configuration is not a text.
        """
        stored = self.software.config(project_id, config) if len(config) <= ID_LENGTH else None
        text = config if stored is None else stored.get('config')
        if not isinstance(text, str):
            raise ValueError(f'the configuration {config} is not a text')
        return text


def _leaves(message: Message) -> Iterator[Message]:
    """Yield the parts of a message, however deep; none if it has no parts."""
    if message.is_multipart():
        for part in message.walk():
            if not part.is_multipart():
                yield part


def _part(text: str, subtype: str, filename: str) -> MIMEText:
    """Return a text as a part of a message."""
    part = MIMEText(text, subtype or 'plain', 'us-ascii' if text.isascii() else 'utf-8')
    if filename:
        part.add_header('Content-Disposition', 'attachment', filename=filename)
    return part
