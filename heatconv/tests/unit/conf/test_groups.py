"""Groups of options, on several configurations in one process."""

from __future__ import annotations

import testtools
from oslo_config import cfg

from heatconv import conf as heatconv_conf
from heatconv.conf import coordination


def configuration() -> cfg.ConfigOpts:
    conf = cfg.ConfigOpts()
    conf([], project='heatconv', default_config_files=[])
    return conf


class GroupsTest(testtools.TestCase):
    def test_override_applies_to_one_configuration(self) -> None:
        one, other = configuration(), configuration()
        heatconv_conf.register_opts(one)
        heatconv_conf.register_opts(other)
        one.set_override('backend_url', 'file:///one', 'coordination')
        self.assertEqual('file:///one', one.coordination.backend_url)
        self.assertIsNone(other.coordination.backend_url)

    def test_second_registration_keeps_the_override(self) -> None:
        conf = configuration()
        heatconv_conf.register_opts(conf)
        conf.set_override('backend_url', 'file:///one', 'coordination')
        heatconv_conf.register_group(conf, coordination)
        self.assertEqual('file:///one', conf.coordination.backend_url)
