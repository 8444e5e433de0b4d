"""What a signal does to a deployment: the rules for resources and for the engine API.

As in Heat (heat/engine/service_software_config.py, signal_software_deployment).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heatconv.resources.signal_urls import PART
from heatconv.resources.software.derived import ACTION, SIGNAL_ID, values_of

INIT, CREATE, UPDATE, DELETE = 'INIT', 'CREATE', 'UPDATE', 'DELETE'
SUSPEND, RESUME = 'SUSPEND', 'RESUME'
IN_PROGRESS, COMPLETE, FAILED = 'IN_PROGRESS', 'COMPLETE', 'FAILED'

#: The outputs that every configuration has.
STDOUT, STDERR, STATUS_CODE = 'deploy_stdout', 'deploy_stderr', 'deploy_status_code'
OUTPUTS = (STDOUT, STDERR, STATUS_CODE)

#: Key in the content of a deployment: the configuration that is derived for its last action; null
#: before its first action. Only the deployments of resources have the key.
DERIVED = 'derived'


#: Key in the content of a deployment: number of the last action.
NUMBER = 'number'

#: Key in the content of a deployment: id of the last suspend or resume; see `Plugin.act`.
OPERATION = 'operation'


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a signal reports.

    :ivar content: the changed content of the deployment.
    :ivar reason: the reason for an event.
    """

    content: dict[str, Any]
    reason: str

    @property
    def removes(self) -> bool:
        """Say whether the deployment can be removed: its server has applied the delete."""
        return is_deleted(self.content)


def outcome(
    deployment_id: str, content: Mapping[str, Any], outputs: Any, details: Any
) -> Outcome | None:
    """Return what a signal does to a deployment.

    :param content: the content of the deployment.
    :param outputs: the declarations of the outputs of its configuration.
    :param details: the data of the signal; null for an empty map.
    :return: None if it does nothing: no result is awaited, or another action is.
    :raises ValueError: if the data is not a map.
    """
    details = {} if details is None else details
    if not isinstance(details, Mapping):
        raise ValueError('details: it must be a map')
    if content.get('status') != IN_PROGRESS or _is_stale(content, details):
        return None
    values = dict(content.get('output_values') or {})
    errors: dict[str, Any] = {}
    reason = f'deployment {deployment_id} succeeded'
    code = details.get(STATUS_CODE)
    if code and str(code) != '0':
        errors[STATUS_CODE] = f'Deployment exited with non-zero status code: {code}'
        reason = f'deployment {deployment_id} failed ({code})'
    for output in outputs or ():
        name = output['name']
        if name in details:
            values[name] = details[name]
            if output.get('error_output'):
                errors[name] = details[name]
                reason = f'deployment {deployment_id} failed'
    values.update((name, details.get(name)) for name in OUTPUTS)
    listed = ', '.join(f'{name} : {error}' for name, error in errors.items())
    changes = {
        'output_values': values,
        'status': FAILED if errors else COMPLETE,
        'status_reason': listed or 'Outputs received',
    }
    return Outcome({**content, **changes}, reason)


def _is_stale(content: Mapping[str, Any], details: Mapping[str, Any]) -> bool:
    """Say whether a signal is of another action than the one that is awaited.

    Each action has a signed URL of its own. By the API, a signal may name the action.
    """
    if PART in details and details[PART] != str(content.get(NUMBER)):
        return True
    awaited = values_of((content.get(DERIVED) or {}).get('inputs', ()))
    return any(
        name in details and details[name] != awaited.get(name) for name in (ACTION, SIGNAL_ID)
    )


def is_deleted(content: Mapping[str, Any]) -> bool:
    """Say whether the server of a resource's deployment has applied its delete."""
    return (
        DERIVED in content
        and content.get('action') == DELETE
        and content.get('status') == COMPLETE
    )


def derived_config(content: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the derived configuration that a deployment refers to; None if it has another."""
    derived: Mapping[str, Any] | None = content.get(DERIVED)
    return derived if derived and derived['id'] == content.get('config_id') else None


def is_listed(content: Mapping[str, Any]) -> bool:
    """Say whether users see a deployment; one that no action has triggered is not there yet."""
    return DERIVED not in content or content[DERIVED] is not None
