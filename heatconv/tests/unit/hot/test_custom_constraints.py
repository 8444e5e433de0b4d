#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

from __future__ import annotations

from typing import Any

from heatconv.hot import errors
from heatconv.hot.custom_constraints import NAMES, Custom
from heatconv.tests.unit.hot.raising import TemplateTestCase


class CustomConstraintTest(TemplateTestCase):
    def test_what_is_taken_and_what_is_not(self) -> None:
        for name, right, wrong in (
            ('ip_addr', ('10.0.0.1', '::1'), ('10.0.0', '10.0.0.0/8', 'fe80::1%a', 1, None, '')),
            (
                'mac_addr',
                (
                    'fa:16:3e:00:00:01',
                    'fa-16-3e-0-0-1',
                    'fa163e000001',
                    'fa16.3e00.1',
                    'fa163e:1a001',
                ),
                ('fa:16', 'fa:16-3e:00:00:01', 'fa163e.000001', 1),
            ),
            (
                'net_cidr',
                ('10.0.0.0/8', '10.0.0.1/8', 'fd00::/8'),
                ('10.0.0.0/255.0.0.0', '10.0.0.0', '10/8', '10/x', 5),
            ),
            ('ip_or_cidr', ('10.0.0.1', '10.0.0.0/8', '10.0.0.1/8'), ('10.0.0.1/33', 'x', 5)),
            ('dns_name', ('a.example', 'a.example.', '', 'x1'), ('-a', 'A.b', 'a..b', 'a.1.', 5)),
            ('rel_dns_name', ('www', 'a.b'), ('a.b.', 'x' * 253, 'a_b')),
            ('dns_domain', ('example.org.', ''), ('example.org', '-a.')),
            (
                'cron_expression',
                (
                    '* * * * *',
                    '*/5 1-3,7 1 jan-mar sun',
                    '0 0 31 12 7',
                    '0 0 L * fri#2 30 2030',
                    '@daily',
                    '',
                ),
                (
                    '* * * *',
                    '* * * * * 60',
                    '* L * * *',
                    '@never',
                    '60 * * * *',
                    '*/0 * * * *',
                    '1-2-3 * * * *',
                    'x * * * *',
                    '² * * * *',
                ),
            ),
            (
                'iso_8601',
                ('2024-02-29', '2024-02-29T12:30:00Z', '2024-02-29T12:30:00.5+01:00', '20240229'),
                ('2023-02-29', '2024-13-01', '2024-01-01T25:00', 'now', '', 5),
            ),
            ('expiration', ('2001-01-01T00:00:00', ''), ('x',)),
            ('timezone', ('Europe/Paris', 'UTC', ''), ('Europe/None', '../etc/passwd', 5)),
            ('json_string', ('{"a": 1}', ''), ('{', '[' * 100_000, 5)),
            ('test_constr', ('x', 1), ()),
        ):
            constraint = Custom(name)
            for value in right:
                constraint.check(value)
            for value in wrong:
                self.raised(errors.InvalidProperty, constraint.check, value)

    def test_all_are_tried(self) -> None:
        self.assertEqual(13, len([name for name in NAMES if '.' not in name]))

    def test_names_in_a_cloud_are_accepted(self) -> None:
        for name in ('nova.flavor', 'neutron.lbaas.pool', 'glance.image', 'zaqar.queue'):
            Custom(name).check('anything')

    def test_description_is_said_instead(self) -> None:
        one: Any = Custom('ip_addr', 'An address of this house.')
        error = self.raised(errors.InvalidProperty, one.check, 'x')
        self.assertIn('of this house', str(error))
