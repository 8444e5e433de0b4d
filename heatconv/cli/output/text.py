"""Sanitize text for terminals: remove the effect of control sequences."""

from __future__ import annotations


def printable(text: str) -> str:
    """Escape the control characters of a text, except line ends and tabs.

    A name or a value in a template may contain characters that would move the cursor or ring the
    bell.
    """
    if text.isprintable():
        return text
    return ''.join(
        character
        if character in '\n\t' or not _is_control(character)
        else character.encode('unicode_escape').decode()
        for character in text
    )


def _is_control(character: str) -> bool:
    code = ord(character)
    return code < 32 or 127 <= code < 160
