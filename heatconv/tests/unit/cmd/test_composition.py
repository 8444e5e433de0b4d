"""What daemons do at their start, and what they make of their configuration."""

from __future__ import annotations

import contextlib
import io
from unittest import mock

import fixtures
import testtools
from oslo_config import cfg

from heatconv import conf as heatconv_conf
from heatconv.cmd import composition
from heatconv.db import migration
from heatconv.storage.base import StoreUnavailable


class WaitTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.useFixture(fixtures.MonkeyPatch('heatconv.cmd.composition.WAIT_SECONDS', 0.0))

    def check(self, *found: object) -> None:
        with mock.patch.object(migration, 'current', side_effect=found):
            composition.check_schema(mock.sentinel.database)

    def test_database_that_is_away_is_waited_for_and_told_of_once(self) -> None:
        self.check(StoreUnavailable('no'), StoreUnavailable('no'), migration.head())
        self.assertEqual(1, self.log.output.count('Waiting for the database'))

    def test_schema_of_another_release_ends_the_process(self) -> None:
        told = io.StringIO()
        with contextlib.redirect_stderr(told):
            self.assertRaises(SystemExit, self.check, '0001')
        self.assertIn('heatconv-manage db sync', told.getvalue())


class NestTest(testtools.TestCase):
    def test_types_learn_the_name_of_the_region(self) -> None:
        conf = cfg.ConfigOpts()
        heatconv_conf.register_opts(conf)
        conf([], default_config_files=[])
        conf.set_override('region_name', 'North', group='engine')
        parts = mock.MagicMock()
        composition.nest(conf, parts)
        self.assertEqual('North', parts.registry.nest.call_args.args[-1])
