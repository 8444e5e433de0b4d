"""What Heat's engine API has and heatconv does not do: refused in words of its own.

Without these methods the bus would answer that there is no such method, which heat-api
makes an internal error of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import oslo_messaging

from heatconv import exception

#: Names of methods, and what users know them by.
FEATURES: Mapping[str, str] = {
    'abandon_stack': 'Abandoning a stack',
    'create_software_config': 'Software configuration',
    'create_software_deployment': 'Software deployment',
    'delete_snapshot': 'Deleting a snapshot',
    'delete_software_config': 'Software configuration',
    'delete_software_deployment': 'Software deployment',
    'export_stack': 'Exporting a stack',
    'find_physical_resource': 'Finding a resource by its physical id',
    'generate_template': 'Generating a template from a resource type',
    'get_environment': 'Showing the environment of a stack',
    'get_files': 'Listing the files of a stack',
    'list_resource_types': 'Listing resource types',
    'list_services': 'Listing services',
    'list_software_configs': 'Software configuration',
    'list_software_deployments': 'Software deployment',
    'list_template_functions': 'Listing the functions of templates',
    'list_template_versions': 'Listing the versions of templates',
    'metadata_software_deployments': 'Software deployment',
    'preview_stack': 'Previewing a stack',
    'preview_update_stack': 'Previewing an update',
    'resource_mark_unhealthy': 'Marking a resource unhealthy',
    'resource_schema': 'Showing a resource type',
    'resource_signal': 'Signalling a resource',
    'show_snapshot': 'Showing a snapshot',
    'show_software_config': 'Software configuration',
    'show_software_deployment': 'Software deployment',
    'stack_check': 'Checking a stack',
    'stack_list_snapshots': 'Listing snapshots',
    'stack_restore': 'Restoring a snapshot',
    'stack_resume': 'Resuming a stack',
    'stack_snapshot': 'Taking a snapshot of a stack',
    'stack_suspend': 'Suspending a stack',
    'update_software_deployment': 'Software deployment',
}


class Unanswered:
    """A base for endpoints; what they do answer takes the place of its methods."""


def _refusal(name: str, feature: str) -> Callable[..., Any]:
    def refuse(self: Any, context: Any, **arguments: Any) -> Any:
        raise exception.NotSupported(feature=feature)

    refuse.__name__ = name
    refuse.__doc__ = 'Refuse.'
    return oslo_messaging.expected_exceptions(exception.NotSupported)(refuse)  # type: ignore[no-any-return]


for _name, _feature in FEATURES.items():
    setattr(Unanswered, _name, _refusal(_name, _feature))
