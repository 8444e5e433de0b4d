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

"""The custom constraints of Heat that need no cloud.

Each describes the fault of a value (heat/engine/constraint/common_constraints.py). Whether a time
has passed is not checked: a template means the same whenever it is read.
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
#: Six bytes, three words or two halves with separators, or digits only (netaddr/strategy/eui48.py,
#: RE_MAC_FORMATS).
_MAC = re.compile(
    rf'(?:{_HEX}{{1,2}}(?P<byte>[:-])(?:{_HEX}{{1,2}}(?P=byte)){{4}}{_HEX}{{1,2}}'
    rf'|{_HEX}{{1,4}}(?P<word>[:.-]){_HEX}{{1,4}}(?P=word){_HEX}{{1,4}}'
    rf'|{_HEX}{{5,6}}[:-]{_HEX}{{5,6}}|{_HEX}{{11,12}})\Z'
)
_MOMENT = re.compile(
    r'(\d{4})-?(\d\d)?(?:-?(\d\d))?(?:[T ](\d\d)(?::?(\d\d))?(?::?(\d\d)(?:[.,]\d+)?)?'
    r'(?:Z|[+-]\d\d(?::?\d\d)?)?)?\Z'
)
_LEAST = (0, 1, 1, 0, 0, 0)
_MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split()
_DAYS = 'sun mon tue wed thu fri sat'.split()
#: Minimum, maximum and names of the fields of a cron expression, and further characters: the last
#: two fields are optional.
_CRON: tuple[tuple[int, int, list[str], re.Pattern[str] | None], ...] = (
    (0, 59, [], None),
    (0, 23, [], None),
    (1, 31, [], re.compile(r'[?l]|\d{1,2}w')),
    (1, 12, _MONTHS, None),
    (0, 7, _DAYS, re.compile(rf'\?|l[0-7]|([0-7]|{"|".join(_DAYS)})#[1-5]')),
    (0, 59, [], None),
    (1970, 2099, [], None),
)
_CRON_LEAST = 5
_CRON_NAMES = frozenset('@yearly @annually @monthly @weekly @daily @midnight @hourly'.split())


@dataclass(frozen=True, slots=True)
class Custom(Constraint):
    """A constraint by name, one of NAMES."""

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
        address, mark, length = value.partition('/') if isinstance(value, str) else ('', '', '')
        if not mark or '%' in address or not length.isdigit():
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
    whole = value.removesuffix('.')
    if len(whole) > _FQDN_LENGTH:
        return f'a DNS name has at most {_FQDN_LENGTH} characters'
    labels = whole.split('.')
    if not all(_LABEL.match(label) for label in labels):
        return (
            'each part of a DNS name has 1 to 63 lower-case letters, digits and hyphens, '
            'and none of these at its ends'
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
    wrong = _dns_name(value)
    if not wrong and value and not value.endswith('.'):
        return "a DNS domain ends with '.'"
    return wrong


def _cron(value: Any) -> str:
    if not value:
        return ''
    fields = value.lower().split() if isinstance(value, str) else []
    if len(fields) == 1 and fields[0] in _CRON_NAMES:
        return ''
    if not _CRON_LEAST <= len(fields) <= len(_CRON):
        return 'a cron expression has five to seven fields'
    for field, (least, most, names, besides) in zip(fields, _CRON, strict=False):
        for part in field.split(','):
            special = besides is not None and besides.fullmatch(part)
            if not special and not _is_cron(part, least, most, names):
                return 'it must be a cron expression'
    return ''


def _is_cron(part: str, least: int, most: int, names: list[str]) -> bool:
    span, _, step = part.partition('/')
    if '/' in part and not (step.isascii() and step.isdigit() and int(step) > 0):
        return False
    if span == '*':
        return True
    ends = span.split('-')
    numbers = []
    for number in ends:
        if number in names:
            numbers.append(names.index(number) + least)
        elif number.isascii() and number.isdigit() and len(number) <= 4:
            numbers.append(int(number))
        else:
            return False
    return len(numbers) < 3 and all(least <= number <= most for number in numbers)


def _iso_8601(value: Any) -> str:
    match = _MOMENT.match(value.strip()) if isinstance(value, str) else None
    if match is not None:
        year, month, day, hour, minute, second = (
            int(text or least) for text, least in zip(match.groups(), _LEAST, strict=True)
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
    return 'it must be a date and time as ISO 8601 has them'


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


#: Functions that return the fault of a value; '' if there is none.
NAMES: Mapping[str, Callable[[Any], str]] = {
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
