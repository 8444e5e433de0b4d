"""The stored content of a template: its id, its text, and its head."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: The sections that are not part of the head, in any dialect.
BODY = ('resources', 'outputs', 'Resources', 'Outputs')


@dataclass(frozen=True, slots=True)
class EncodedTemplate:
    """A template as it is stored.

    :ivar id: see `encode_template`.
    :ivar text: the content as JSON.
    """

    id: str
    text: str
    content: Mapping[str, Any]

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> EncodedTemplate:
        """Encode the content of a template."""
        return cls(*encode_template(content), content)


def encode_template(content: Mapping[str, Any]) -> tuple[str, str]:
    """Return the id of a template, which is the SHA-256 of its text, and the text.

    The text is JSON and preserves the order of keys: where no dependency decides, resources are
    created in this order.

    :param content: the template, its environment, and its files.
    """
    text = json.dumps(content, separators=(',', ':'))
    return hashlib.sha256(text.encode()).hexdigest(), text


def head_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the head: the content of a template without resources, outputs and unused files.

    The files stay if the template may use ``get_file``. ``has_outputs`` records whether there are
    outputs.
    """
    source = content.get('template')
    outputs = False
    if isinstance(source, Mapping):
        outputs = bool(source.get('outputs') or source.get('Outputs'))
    if isinstance(source, Mapping):
        sections = ((key, source[key]) for key in source if key not in BODY)
        source = dict(sections)
    return {
        'template': source,
        'environment': content.get('environment'),
        'has_outputs': outputs,
        **{key: content[key] for key in ('facade', 'pseudo') if key in content},
        **({'files': content.get('files')} if _uses_files(content) else {}),
    }


def _uses_files(content: Mapping[str, Any]) -> bool:
    """Say whether there are files and the template may use them in ``get_file``."""
    return bool(content.get('files')) and 'get_file' in json.dumps(content.get('template'))
