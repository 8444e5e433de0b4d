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

"""Read environments, and merge them into one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from heatconv.cli.errors import UsageError
from heatconv.cli.input.locations import shown
from heatconv.cli.input.reader import Reader
from heatconv.cli.input.template_files import FileCollector

ENVIRONMENT_SECTIONS = (
    'parameters',
    'parameter_defaults',
    'resource_registry',
    'encrypted_param_names',
    'event_sinks',
    'parameter_merge_strategies',
)


def read_environment(
    environments: Iterable[str],
    parameters: Iterable[tuple[str, str]],
    reader: Reader,
    collector: FileCollector,
) -> dict[str, Any]:
    """Return one environment, merged from files and single parameters.

    :param environments: locations of environments; later ones take precedence.
    :param parameters: pairs of name and value, which take precedence over the files.
    :param collector: collects the templates of the resource registries.
    :raises UsageError: if a file cannot be read, or is not an environment.
    """
    merged: dict[str, Any] = {'parameters': {}, 'parameter_defaults': {}}
    for location in environments:
        where = shown(location)
        for section, content in reader.mapping(location, 'environment').items():
            if section not in ENVIRONMENT_SECTIONS:
                raise UsageError(
                    f'{section!r} is not a section of an environment',
                    where,
                    'The sections are: ' + ', '.join(ENVIRONMENT_SECTIONS),
                )
            if section == 'parameter_merge_strategies' and content:
                raise UsageError(
                    'merge strategies are supported only by the openstack client',
                    where,
                    'Remove parameter_merge_strategies, or use: openstack stack',
                )
            if section == 'resource_registry':
                content = collector.registry(content, location)
            _merge(merged, section, content, where)
    merged['parameters'].update(parameters)
    return merged


def _merge(merged: dict[str, Any], section: str, content: Any, where: str) -> None:
    if content is None:
        return
    earlier = merged.get(section)
    if section in ('parameters', 'parameter_defaults') and not isinstance(content, dict):
        raise UsageError(f'{section} must map names to values', where)
    if isinstance(earlier, dict) and isinstance(content, dict):
        merged[section] = {**earlier, **content}
        resource_entries = [
            registry['resources'] for registry in (earlier, content) if registry.get('resources')
        ]
        if section == 'resource_registry' and len(resource_entries) > 1:
            merged[section]['resources'] = {**resource_entries[0], **resource_entries[1]}
    else:
        merged[section] = content
