"""Text for terminals: nothing in it may control one."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return a text with its control characters written out, but for line ends and tabs.

    A name or a value in a template may hold what moves the cursor or rings the bell.
    """
    if text.isprintable():
        return text
    return ''.join(
        one if one in '\n\t' or not _controls(one) else one.encode('unicode_escape').decode()
        for one in text
    )


def _controls(character: str) -> bool:
    code = ord(character)
    return code < 32 or 127 <= code < 160
