"""Make up values for the custom constraints that need no cloud."""

from __future__ import annotations

import random
from typing import Any

from heatconv.hot.versions import Version
from heatconv.tests.differential.case import Case

#: Values that each takes, or nearly.
_VALUES: dict[str, tuple[Any, ...]] = {
    'ip_addr': (
        '10.0.0.1',
        '10.0.0',
        '10.0.0.256',
        '010.0.0.1',
        '::1',
        'fe80::1%eth0',
        '::ffff:10.0.0.1',
        '1',
        '',
        ' 10.0.0.1',
        '2001:db8::g',
    ),
    'net_cidr': (
        '10.0.0.0/24',
        '10.0.0.1/24',
        '10.0.0.0/33',
        '10.0/16',
        '10.0.0.0',
        '2001:db8::/32',
        '2001:db8::1/32',
        '0.0.0.0/0',
        '10.0.0.0/255.255.255.0',
        '/24',
        '',
    ),
    'mac_addr': (
        '00:11:22:33:44:55',
        '00-11-22-33-44-55',
        '0011.2233.4455',
        '001122334455',
        '0:1:2:3:4:5',
        '00:11:22:33:44',
        '00:11:22:33:44:GG',
        '00:11-22:33:44:55',
        '001122:334455',
        '',
    ),
    'dns_name': (
        'a',
        'host.example.com',
        'host.example.com.',
        'Host.Example.Com',
        '-a.b',
        'a-.b',
        'a_b.c',
        'a..b',
        '1.2.3.4',
        'a.1.',
        '',
        '.',
        'x' * 64,
        'x' * 63 + '.com',
        '.'.join(['x' * 50] * 6),
    ),
    'cron_expression': (
        '* * * * *',
        '0 0 1 1 *',
        '*/5 * * * *',
        '60 * * * *',
        '0 0 31 2 *',
        '0 0 * * mon-fri',
        '0 0 * jan sun',
        '5-1 * * * *',
        '* * * *',
        '* * * * * *',
        '@daily',
        '0 0 L * *',
        '1,2,3 * * * 7',
        '*/0 * * * *',
        '',
        'x',
    ),
    'iso_8601': (
        '2020-01-01T00:00:00',
        '2020-01-01T00:00:00Z',
        '2020-01-01T00:00:00+01:00',
        '2020-01-01',
        '2020-01',
        '2020',
        '20200101T000000',
        '2020-13-01',
        '2020-02-30',
        '2020-01-01 10:00',
        '2020-01-01T25:00',
        '2020-01-01T10:00:00.123',
        '20-01-01',
        'now',
        '',
    ),
    'timezone': ('Europe/Berlin', 'UTC', 'Mars/Base', 'europe/berlin', '', '../UTC', 'CET'),
    'json_string': ('{}', '{"a": 1}', '[', '5', '"x"', '', "{'a': 1}", 'null'),
    'expiration': ('2099-01-01T00:00:00', '2099-01-01', 'never', '', ' 2099-01-01T00:00:00Z '),
}
_ALIKE = {
    'ip_or_cidr': ('ip_addr', 'net_cidr'),
    'dns_domain': ('dns_name',),
    'rel_dns_name': ('dns_name',),
    'no_such_constraint': ('ip_addr',),
}


def case(name: str, source: random.Random, version: Version) -> Case:
    """Make up a text and a custom constraint that it may meet."""
    constraint = source.choice([*_VALUES, *_ALIKE])
    values: list[Any] = []
    for one in _ALIKE.get(constraint, (constraint,)):
        values += _VALUES[one]
    template = {
        'heat_template_version': version.date,
        'parameters': {
            'p': {'type': 'string', 'constraints': [{'custom_constraint': constraint}]},
        },
        'outputs': {'it': {'value': {'get_param': 'p'}}},
    }
    return Case(name, template, {'parameters': {'p': source.choice(values)}})
