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

"""Tables of the versions of HOT and their functions.

The data is from Heat's table of template versions (setup.cfg and engine/hot/template.py of
2026.1). Each version has the functions of the previous version and some new ones; sometimes
functions are removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heatconv.hot.errors import InvalidVersion, shown
from heatconv.hot.suggest import suggestion


@dataclass(frozen=True, slots=True)
class Version:
    """One version of HOT or of a CloudFormation dialect.

    :ivar date: its name, a date. The dates of versions compare in the order of the versions.
    :ivar code_name: its other name, or ''. For a CloudFormation dialect: the key that states the
        version in a template.
    :ivar functions: sorted names of the functions that are available outside of conditions.
    """

    date: str
    code_name: str
    functions: tuple[str, ...]

    def since(self, date: str) -> bool:
        """Say whether this version is the one with a date, or a later one."""
        return self.date >= date

    @property
    def has_conditions(self) -> bool:
        """Say whether a template of this version may have conditions."""
        return self.since(CONDITIONS_SINCE) or self is AWS


#: For each version: date, code name, added functions, removed functions.
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
    """Return the versions of HOT, with all functions of each."""
    functions: dict[str, None] = {}
    versions = []
    for date, code_name, added, removed in _HISTORY:
        functions.update(dict.fromkeys(added.split()))
        for name in removed.split():
            del functions[name]
        versions.append(Version(date, code_name, tuple(sorted(functions))))
    return tuple(versions)


#: Keys that state the CloudFormation dialect of a template and its version.
CFN_KEYS = ('HeatTemplateFormatVersion', 'AWSTemplateFormatVersion')

#: Functions that both CloudFormation dialects have.
_SHARED = (
    'Fn::Base64 Fn::FindInMap Fn::GetAZs Fn::GetAtt Fn::Join Fn::MemberListToMap Fn::Replace '
    'Fn::ResourceFacade Fn::Select Fn::Split Ref'
)
#: The CloudFormation dialects. Their dates are earlier than those of all versions of HOT, so
#: features that begin with a version of HOT are not available in them.
AWS = Version('2010-09-09', CFN_KEYS[1], tuple(sorted([*_SHARED.split(), 'Fn::If'])))
CFN: tuple[Version, ...] = (AWS, Version('2012-12-12', CFN_KEYS[0], tuple(_SHARED.split())))

#: All versions of HOT, the oldest first.
VERSIONS: tuple[Version, ...] = _versions()

#: The versions of HOT, by date and by code name.
ACCEPTED: Mapping[str, Version] = {
    name: version for version in VERSIONS for name in (version.date, version.code_name) if name
}

#: All functions, outside of conditions: name -> dates of the versions that have the function.
FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    name: tuple(version.date for version in (*CFN, *VERSIONS) if name in version.functions)
    for name in sorted({name for version in (*CFN, *VERSIONS) for name in version.functions})
}

#: The first version of HOT with conditions.
CONDITIONS_SINCE = '2016-10-14'

#: All functions that conditions may use: name -> dates of the versions in which they may.
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
    """Return the version that a template states.

    :param source: the template, with the keys of HOT; see :func:`heatconv.hot.cfn.as_hot`.
    :raises InvalidVersion: if the version is missing or unknown.
    """
    accepted = 'accepted are ' + ', '.join(ACCEPTED)
    if KEY not in source:
        raise InvalidVersion(f'there is no {KEY}', KEY, accepted)
    for key in CFN_KEYS:
        if isinstance(source.get(key), str):
            raise InvalidVersion(f'there is a {KEY} too', key, 'a template is in one language')
    stated_version = source[KEY]
    if isinstance(stated_version, Version):
        return stated_version  # the template was translated from a CloudFormation dialect
    if not isinstance(stated_version, str):
        raise InvalidVersion('the version must be a string', KEY, accepted)
    version = ACCEPTED.get(stated_version)
    if version is None:
        hint = suggestion(stated_version, ACCEPTED)
        hint = f'{hint} ' if hint.startswith('did') else ''
        raise InvalidVersion(
            f'The template version is invalid: {shown(stated_version)}', KEY, hint + accepted
        )
    return version
