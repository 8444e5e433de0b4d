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

"""The versions of HOT and their functions, as data.

From Heat's table of template versions (setup.cfg and engine/hot/template.py of 2026.1): each
version has the functions of the one before, plus some, and sometimes minus some.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heatconv.hot.errors import InvalidVersion, shown
from heatconv.hot.suggest import suggestion


@dataclass(frozen=True, slots=True)
class Version:
    """One version of HOT.

    :ivar date: its name; dates sort in the order of versions.
    :ivar code_name: its other name, or ''.
    :ivar functions: names of its functions outside of conditions, sorted.
    """

    date: str
    code_name: str
    functions: tuple[str, ...]

    def since(self, date: str) -> bool:
        """Say whether it is this version or a later one."""
        return self.date >= date

    @property
    def has_conditions(self) -> bool:
        """Say whether a template may have conditions."""
        return self.since(CONDITIONS_SINCE) or self is AWS


#: Date, code name, added functions, removed functions.
_HISTORY: tuple[tuple[str, str, str, str], ...] = (
    (
        '2013-05-23',
        '',
        'get_param get_resource get_attr get_file list_join str_replace resource_facade Ref '
        'Fn::GetAZs Fn::Select Fn::Join Fn::Split Fn::Replace Fn::Base64 '
        'Fn::MemberListToMap Fn::ResourceFacade',
        '',
    ),
    (
        '2014-10-16',
        '',
        '',
        'Ref Fn::GetAZs Fn::Join Fn::Split Fn::Replace Fn::Base64 Fn::MemberListToMap '
        'Fn::ResourceFacade',
    ),
    ('2015-04-30', '', 'repeat digest', ''),
    ('2015-10-15', '', 'str_split', 'Fn::Select'),
    ('2016-04-08', '', 'map_merge', ''),
    ('2016-10-14', 'newton', 'yaql map_replace if', ''),
    ('2017-02-24', 'ocata', 'filter str_replace_strict', ''),
    (
        '2017-09-01',
        'pike',
        'make_url list_concat list_concat_unique contains str_replace_vstrict',
        '',
    ),
    ('2018-03-02', 'queens', '', ''),
    ('2018-08-31', 'rocky', '', ''),
    ('2021-04-16', 'wallaby', '', ''),
)


def _versions() -> tuple[Version, ...]:
    functions: dict[str, None] = {}
    versions = []
    for date, code_name, came, went in _HISTORY:
        functions.update(dict.fromkeys(came.split()))
        for name in went.split():
            del functions[name]
        versions.append(Version(date, code_name, tuple(sorted(functions))))
    return tuple(versions)


#: Keys that state the CloudFormation dialect of a template and its version.
CFN_KEYS = ('HeatTemplateFormatVersion', 'AWSTemplateFormatVersion')

_SHARED = (
    'Fn::Base64 Fn::FindInMap Fn::GetAZs Fn::GetAtt Fn::Join Fn::MemberListToMap Fn::Replace '
    'Fn::ResourceFacade Fn::Select Fn::Split Ref'
)
#: The CloudFormation dialects; their code name is the key that states the version. They are older
#: than any version of HOT, and have no later features.
AWS = Version('2010-09-09', CFN_KEYS[1], tuple(sorted([*_SHARED.split(), 'Fn::If'])))
CFN: tuple[Version, ...] = (AWS, Version('2012-12-12', CFN_KEYS[0], tuple(_SHARED.split())))

#: All versions, oldest first.
VERSIONS: tuple[Version, ...] = _versions()

#: Every valid spelling of a version.
ACCEPTED: Mapping[str, Version] = {
    name: version for version in VERSIONS for name in (version.date, version.code_name) if name
}

#: Each function of any version, with the dates of the versions that have it.
FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    name: tuple(version.date for version in (*CFN, *VERSIONS) if name in version.functions)
    for name in sorted({name for version in (*CFN, *VERSIONS) for name in version.functions})
}

#: From this version on there are conditions.
CONDITIONS_SINCE = '2016-10-14'

#: Each function that may be used in a condition, with the dates of the versions.
CONDITION_FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ('Fn::And', 'Fn::Equals', 'Fn::FindInMap', 'Fn::Not', 'Fn::Or', 'Ref'), (AWS.date,)
    ),
} | {
    name: tuple(version.date for version in VERSIONS if version.since(since))
    for names, since in (
        ('and equals get_param not or', CONDITIONS_SINCE),
        ('contains yaql', '2017-09-01'),
    )
    for name in names.split()
}

KEY = 'heat_template_version'


def version_of(source: Mapping[str, Any]) -> Version:
    """Return the version of a template.

    :raises InvalidVersion: if it is missing or unknown.
    """
    accepted = 'accepted are ' + ', '.join(ACCEPTED)
    if KEY not in source:
        raise InvalidVersion(f'there is no {KEY}', KEY, accepted)
    for key in CFN_KEYS:
        if isinstance(source.get(key), str):
            raise InvalidVersion(f'there is a {KEY} too', key, 'a template is in one language')
    stated = source[KEY]
    if isinstance(stated, Version):
        return stated  # of a template that was in another dialect
    if not isinstance(stated, str):
        raise InvalidVersion('the version must be a string', KEY, accepted)
    version = ACCEPTED.get(stated)
    if version is None:
        meant = suggestion(stated, ACCEPTED)
        meant = f'{meant} ' if meant.startswith('did') else ''
        raise InvalidVersion(f'the version {shown(stated)} is unknown', KEY, meant + accepted)
    return version
