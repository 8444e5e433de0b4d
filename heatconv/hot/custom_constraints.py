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

"""The custom constraints of Heat.

Those that need a cloud accept every value. The rules of the others are those of
heat/engine/constraint/common_constraints.py. One difference: the constraint
``expiration`` does not check whether the time is in the past, because the validity of a template
must not depend on when it is read.
"""

from __future__ import annotations

import calendar
import ipaddress
import json
import re
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from heatconv.hot.constraints import Constraint

_FQDN_LENGTH = 255
_LABEL = re.compile(r'[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z')
_HEX = '[0-9a-fA-F]'
#: A MAC address: six bytes, three words or two halves with separators, or digits without
#: separators (netaddr/strategy/eui48.py, RE_MAC_FORMATS).
_MAC = re.compile(
    rf'(?:{_HEX}{{1,2}}(?P<byte>[:-])(?:{_HEX}{{1,2}}(?P=byte)){{4}}{_HEX}{{1,2}}'
    rf'|{_HEX}{{1,4}}(?P<word>[:.-]){_HEX}{{1,4}}(?P=word){_HEX}{{1,4}}'
    rf'|{_HEX}{{5,6}}[:-]{_HEX}{{5,6}}|{_HEX}{{11,12}})\Z'
)
#: A date and time in ISO 8601 format; its groups are the fields from the year to the second.
_ISO_8601 = re.compile(
    r'(\d{4})-?(\d\d)?(?:-?(\d\d))?(?:[T ](\d\d)(?::?(\d\d))?(?::?(\d\d)(?:[.,]\d+)?)?'
    r'(?:Z|[+-]\d\d(?::?\d\d)?)?)?\Z'
)
#: Year, month, day, hour, minute and second of a time that omits them.
_TIME_DEFAULTS = (0, 1, 1, 0, 0, 0)
_MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split()
_DAYS = 'sun mon tue wed thu fri sat'.split()
#: The fields of a cron expression: minimum, maximum, names of values, and a pattern of the items
#: that are valid in addition to numbers, names and ranges. The last two fields are optional.
_CRON: tuple[tuple[int, int, list[str], re.Pattern[str] | None], ...] = (
    (0, 59, [], None),
    (0, 23, [], None),
    (1, 31, [], re.compile(r'[?l]|\d{1,2}w')),
    (1, 12, _MONTHS, None),
    (0, 7, _DAYS, re.compile(rf'\?|l[0-7]|([0-7]|{"|".join(_DAYS)})#[1-5]')),
    (0, 59, [], None),
    (1970, 2099, [], None),
)
_CRON_MIN_FIELDS = 5
_CRON_NAMES = frozenset('@yearly @annually @monthly @weekly @daily @midnight @hourly'.split())


@dataclass(frozen=True, slots=True)
class Custom(Constraint):
    """A custom constraint.

    :ivar name: a key of NAMES.
    """

    name: str
    description: str = ''

    def _wrong(self, value: Any) -> str:
        return NAMES[self.name](value)


def _ip(value: Any) -> str:
    try:
        if not isinstance(value, str) or '%' in value:
            raise ValueError
        ipaddress.ip_address(value)
    except ValueError:
        return 'it must be an IP address'
    return ''


def _mac(value: Any) -> str:
    if isinstance(value, str) and _MAC.match(value):
        return ''
    return 'it must be a MAC address'


def _cidr(value: Any) -> str:
    try:
        address, slash, prefix_length = (
            value.partition('/') if isinstance(value, str) else ('', '', '')
        )
        if not slash or '%' in address or not prefix_length.isdigit():
            raise ValueError
        ipaddress.ip_interface(value)
    except ValueError:
        return 'it must be a network in CIDR notation'
    return ''


def _ip_or_cidr(value: Any) -> str:
    if isinstance(value, str) and '/' in value:
        return _cidr(value)
    return 'it must be an IP address or a network in CIDR notation' if _ip(value) else ''


def _dns_name(value: Any) -> str:
    if not value:
        return ''
    if not isinstance(value, str):
        return 'it must be a DNS name'
    name = value.removesuffix('.')
    if len(name) > _FQDN_LENGTH:
        return f'a DNS name has at most {_FQDN_LENGTH} characters'
    labels = name.split('.')
    if not all(_LABEL.match(label) for label in labels):
        return (
            'each part of a DNS name has 1 to 63 lower-case letters, digits and hyphens, '
            'and no hyphen at its ends'
        )
    if value.endswith('.') and len(labels) > 1 and labels[-1].isdigit():
        return 'a top level domain must not be all digits'
    return ''


def _relative_dns_name(value: Any) -> str:
    if isinstance(value, str) and value.endswith('.'):
        return "a relative DNS name does not end with '.'"
    if isinstance(value, str) and len(value) > _FQDN_LENGTH - 3:
        return f'a relative DNS name has at most {_FQDN_LENGTH - 3} characters'
    return _dns_name(value)


def _dns_domain(value: Any) -> str:
    fault = _dns_name(value)
    if not fault and value and not value.endswith('.'):
        return "a DNS domain ends with '.'"
    return fault


def _cron(value: Any) -> str:
    if not value:
        return ''
    fields = value.lower().split() if isinstance(value, str) else []
    if len(fields) == 1 and fields[0] in _CRON_NAMES:
        return ''
    if not _CRON_MIN_FIELDS <= len(fields) <= len(_CRON):
        return 'a cron expression has five to seven fields'
    for field, (minimum, maximum, names, extra_pattern) in zip(fields, _CRON, strict=False):
        for item in field.split(','):
            is_extra = extra_pattern is not None and extra_pattern.fullmatch(item)
            if not is_extra and not _is_cron_item(item, minimum, maximum, names):
                return 'it must be a cron expression'
    return ''


def _is_cron_item(item: str, minimum: int, maximum: int, names: list[str]) -> bool:
    """Say whether an item of a field is ``*``, a value or a range, with or without a step.

    :param names: names of the values from the minimum on.
    """
    values, _, step = item.partition('/')
    if '/' in item and not (step.isascii() and step.isdigit() and int(step) > 0):
        return False
    if values == '*':
        return True
    ends = values.split('-')
    numbers = []
    for end in ends:
        if end in names:
            numbers.append(names.index(end) + minimum)
        elif end.isascii() and end.isdigit() and len(end) <= 4:
            numbers.append(int(end))
        else:
            return False
    return len(numbers) < 3 and all(minimum <= number <= maximum for number in numbers)


def _iso_8601(value: Any) -> str:
    match = _ISO_8601.match(value.strip()) if isinstance(value, str) else None
    if match is not None:
        year, month, day, hour, minute, second = (
            int(text or default)
            for text, default in zip(match.groups(), _TIME_DEFAULTS, strict=True)
        )
        if (
            1 <= year
            and 1 <= month <= 12
            and 1 <= day <= calendar.monthrange(year, month)[1]
            and hour <= 23
            and minute <= 59
            and second <= 59
        ):
            return ''
    return 'it must be a date and time in ISO 8601 format'


def _expiration(value: Any) -> str:
    return _iso_8601(value) if value else ''


def _timezone(value: Any) -> str:
    if not value:
        return ''
    try:
        zoneinfo.ZoneInfo(value if isinstance(value, str) else '')
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return 'there is no such time zone'
    return ''


def _json(value: Any) -> str:
    if not value:
        return ''
    try:
        json.loads(value if isinstance(value, str) else '')
    except (ValueError, RecursionError):
        return 'it must be text in JSON'
    return ''


#: The custom constraints whose values are names or ids of resources in a cloud, by service. They
#: accept every value here. (The names are those that Heat 27 registers.)
_IN_A_CLOUD: Mapping[str, str] = {
    'barbican': 'container secret',
    'blazar': 'reservation',
    'cinder': 'backup qos_specs snapshot volume vtype',
    'designate': 'zone',
    'glance': 'image',
    'ironic': 'node portgroup',
    'keystone': 'domain group project region role service user',
    'magnum': 'cluster_template',
    'manila': 'share_network share_snapshot share_type',
    'mistral': 'workflow',
    'neutron': (
        'address_scope flow_classifier lbaas.listener lbaas.loadbalancer lbaas.pool '
        'lbaas.provider network port port_pair port_pair_group qos_policy router '
        'security_group segment subnet subnetpool taas.tap_flow taas.tap_service'
    ),
    'nova': 'flavor host keypair network server',
    'octavia': (
        'availabilityzone availabilityzoneprofile flavor flavorprofile l7policy listener '
        'loadbalancer pool'
    ),
    'trove': 'flavor',
    'zaqar': 'queue',
}

#: The custom constraints that can be checked here, by name. Each function returns the fault of a
#: value, or '' if the value is valid.
_CHECKED: Mapping[str, Callable[[Any], str]] = {
    'cron_expression': _cron,
    'dns_domain': _dns_domain,
    'dns_name': _dns_name,
    'expiration': _expiration,
    'ip_addr': _ip,
    'ip_or_cidr': _ip_or_cidr,
    'iso_8601': _iso_8601,
    'json_string': _json,
    'mac_addr': _mac,
    'net_cidr': _cidr,
    'rel_dns_name': _relative_dns_name,
    'test_constr': lambda value: '',
    'timezone': _timezone,
}

#: All custom constraints, by name.
NAMES: Mapping[str, Callable[[Any], str]] = {
    **_CHECKED,
    **{
        f'{service}.{name}': lambda value: ''
        for service, names in _IN_A_CLOUD.items()
        for name in names.split()
    },
}
