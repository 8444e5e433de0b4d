"""Nothing that is printed controls the terminal."""

from __future__ import annotations

import testtools

from heatconv.cli.output.text import printable


class PrintableTest(testtools.TestCase):
    def test_controls_are_written_out(self) -> None:
        self.assertEqual('a\\x1b[31mRED\\x07', printable('a\x1b[31mRED\x07'))
        self.assertEqual('\\x9b', printable('\x9b'))

    def test_lines_and_letters_stay(self) -> None:
        for text in ('', 'plain', 'жü', 'two\nlines\tand a tab', 'a\u200bb'):
            self.assertEqual(text, printable(text))
