"""The texts of bulk statements."""

from __future__ import annotations

import testtools

from heatconv.db import bulk, tables


class NameTest(testtools.TestCase):
    def test_reserved_words_are_quoted(self) -> None:
        """``signal`` is a reserved word of MariaDB."""
        names = {
            dialect: bulk.name_of(tables.signal, dialect)
            for dialect in ('mysql', 'postgresql', 'sqlite')
        }
        self.assertEqual({'mysql': '`signal`', 'postgresql': 'signal', 'sqlite': 'signal'}, names)
        self.assertEqual('event', bulk.name_of(tables.event, 'mysql'))

    def test_every_statement_quotes_its_table(self) -> None:
        columns = ('token', 'id')
        for text in (
            bulk._insert(tables.signal, columns, 'mysql', False),
            bulk._insert(tables.signal, columns, 'mysql', True),
            bulk._update(tables.signal, columns, 'mysql'),
            bulk._join_query('r.id', tables.signal, columns, 'mysql'),
        ):
            self.assertIn(' `signal` ', text)
            self.assertNotIn(' signal ', text)
