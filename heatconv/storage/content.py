"""The content of a template: its id, its text, and what is said of it without resources."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

#: The sections that a head does not have, in any language.
BODY = ('resources', 'outputs', 'Resources', 'Outputs')


def encode_template(content: Mapping[str, Any]) -> tuple[str, str]:
    """Return the id of a template and its text.

    The order of its keys is kept: resources are created in it where nothing
    else decides.
    """
    text = json.dumps(content, separators=(',', ':'))
    return hashlib.sha256(text.encode()).hexdigest(), text


def head_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a template without its resources, outputs and files.

    It says whether there are outputs.
    """
    source = content.get('template')
    outputs = False
    if isinstance(source, Mapping):
        outputs = bool(source.get('outputs') or source.get('Outputs'))
    if isinstance(source, Mapping):
        kept = ((key, source[key]) for key in source if key not in BODY)
        source = dict(kept)
    return {
        'template': source,
        'environment': content.get('environment'),
        'has_outputs': outputs,
        **({'facade': content['facade']} if 'facade' in content else {}),
        **({'files': content.get('files')} if _uses_files(content) else {}),
    }


def _uses_files(content: Mapping[str, Any]) -> bool:
    return bool(content.get('files')) and 'get_file' in json.dumps(content.get('template'))
