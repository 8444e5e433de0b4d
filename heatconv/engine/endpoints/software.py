"""The RPC methods of software on servers: configurations and deployments.

They are only stored and returned, as in Heat (heat/engine/service_software_config.py). The agents
that apply them on servers are not part of heatconv.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import oslo_messaging

from heatconv import exception
from heatconv.engine import content, wire_format
from heatconv.engine.endpoints.rpc_method import rpc_method
from heatconv.engine.errors import of_template
from heatconv.hot.errors import TemplateError
from heatconv.rpc import api
from heatconv.runtime.ports import Clock, Ids
from heatconv.storage.base import CONFIG, DEPLOYMENT, Software, Store

#: The fields of the content of a deployment.
FIELDS = (
    'config_id',
    'server_id',
    'input_values',
    'output_values',
    'action',
    'status',
    'status_reason',
    'stack_user_project_id',
)
#: Maximum length of a string argument.
WORD_LENGTH = 255


class SoftwareEndpoint:
    """Stores and returns software configurations and deployments."""

    target = oslo_messaging.Target(version=api.ENGINE_VERSION)

    def __init__(self, store: Store, clock: Clock, ids: Ids, max_template_size: int) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._max_template_size = max_template_size

    @rpc_method
    def list_software_configs(
        self, context: Any, limit: int | None = None, marker: str | None = None
    ) -> list[dict[str, Any]]:
        """List the configurations of a project, oldest first, with name and group only.

        :param marker: id of the configuration after which to begin.
        """
        configs = self._store.all_software(context.project_id, CONFIG)
        if marker is not None:
            ids = [software.id for software in configs]
            configs = configs[ids.index(marker) + 1 :] if marker in ids else []
        return [
            _config(software, False)
            for software in (configs if limit is None else configs[: int(limit)])
        ]

    @rpc_method
    def show_software_config(self, context: Any, config_id: str) -> dict[str, Any]:
        """Return a configuration."""
        return _config(self._software(context, CONFIG, config_id))

    @rpc_method
    def create_software_config(
        self,
        context: Any,
        group: Any,
        name: Any,
        config: Any = None,
        inputs: Any = None,
        outputs: Any = None,
        options: Any = None,
    ) -> dict[str, Any]:
        """Create a configuration.

        :param inputs: declarations of the inputs: mappings with a name.
        :param outputs: declarations of the outputs, likewise.
        """
        _check_strings(group=group, name=name)
        for key, declarations in (('inputs', inputs), ('outputs', outputs)):
            is_list = declarations is None or isinstance(declarations, list)
            if not is_list or not all(_has_name(item) for item in declarations or ()):
                raise exception.StackValidationFailed(
                    message=f'{key}: it must be a list of maps with a name'
                )
        fields = {
            'group': group or 'Heat::Ungrouped',
            'name': name or '',
            'config': config if config is not None else '',
            'inputs': inputs or [],
            'outputs': outputs or [],
            'options': options or {},
        }
        return _config(self._save_new(context, CONFIG, fields))

    @rpc_method
    def delete_software_config(self, context: Any, config_id: str) -> None:
        """Delete a configuration, unless a deployment refers to it."""
        self._software(context, CONFIG, config_id)
        if any(
            deployment.content.get('config_id') == config_id
            for deployment in self._store.all_software(context.project_id, DEPLOYMENT)
        ):
            raise exception.Invalid(
                reason=f'Software config with id {config_id} can not be deleted as it is '
                'referenced'
            )
        self._store.drop_software(context.project_id, CONFIG, config_id)

    @rpc_method
    def list_software_deployments(
        self, context: Any, server_id: str | None = None
    ) -> list[dict[str, Any]]:
        """List the deployments of a project, or those on one server."""
        return [_deployment(deployment) for deployment in self._deployments(context, server_id)]

    @rpc_method
    def show_software_deployment(self, context: Any, deployment_id: str) -> dict[str, Any]:
        """Return a deployment."""
        return _deployment(self._software(context, DEPLOYMENT, deployment_id))

    @rpc_method
    def create_software_deployment(
        self,
        context: Any,
        server_id: Any,
        config_id: Any = None,
        input_values: Any = None,
        action: Any = None,
        status: Any = None,
        status_reason: Any = None,
        stack_user_project_id: Any = None,
        deployment_id: Any = None,
    ) -> dict[str, Any]:
        """Create a deployment of a configuration on a server.

        :param deployment_id: the id of the deployment; None for a new id.
        """
        fields = {
            'server_id': server_id,
            'config_id': config_id,
            'input_values': input_values or {},
            'output_values': None,
            'action': action or 'INIT',
            'status': status or 'COMPLETE',
            'status_reason': status_reason or '',
            'stack_user_project_id': stack_user_project_id,
        }
        self._check_deployment(context, fields)
        if deployment_id is not None:
            _check_strings(deployment_id=deployment_id)
            if not 0 < len(deployment_id) <= 36:
                raise exception.StackValidationFailed(
                    message='deployment_id: it must have 1 to 36 characters'
                )
        return _deployment(self._save_new(context, DEPLOYMENT, fields, deployment_id))

    @rpc_method
    def update_software_deployment(
        self, context: Any, deployment_id: str, updated_at: Any = None, **changes: Any
    ) -> dict[str, Any]:
        """Update a deployment.

        :param changes: the new values of FIELDS; null leaves a field as it is.
        """
        fields = {
            key: value for key, value in changes.items() if key in FIELDS and value is not None
        }
        self._check_deployment(context, fields)
        changed = self._store.change_software(
            context.project_id, DEPLOYMENT, str(deployment_id), lambda old: {**old, **fields}
        )
        if changed is None:
            raise exception.NotFound(f'Deployment with id {str(deployment_id)[:255]} not found')
        return _deployment(changed)

    @rpc_method
    def check_software_deployment(
        self, context: Any, deployment_id: str, timeout: Any = None
    ) -> dict[str, Any]:
        """Return a deployment as it is stored, without polling its server."""
        return _deployment(self._software(context, DEPLOYMENT, deployment_id))

    @rpc_method
    def signal_software_deployment(
        self, context: Any, deployment_id: str, details: Any, updated_at: Any = None
    ) -> str | None:
        """Save the result of a deployment that its server reports; return the reason for an event.

        :param details: the data of the signal: values of outputs, and ``deploy_status_code``.
        """
        deployment = self._software(context, DEPLOYMENT, deployment_id)
        if not isinstance(details, Mapping):
            raise exception.StackValidationFailed(message='details: it must be a map')
        config = self._store.software(
            context.project_id, CONFIG, str(deployment.content.get('config_id'))
        )
        declared = config.content.get('outputs') if config is not None else None
        changes = _changes_by_signal(declared or (), details)

        def change(old: Mapping[str, Any]) -> dict[str, Any]:
            outputs = {**(old.get('output_values') or {}), **changes['output_values']}
            return {**old, **changes, 'output_values': outputs}

        self._store.change_software(context.project_id, DEPLOYMENT, deployment.id, change)
        code = details.get('deploy_status_code')
        failed = bool(code) and str(code) != '0'
        result = f'failed ({code})' if failed else 'succeeded'
        return f'deployment {deployment.id} {result}'

    @rpc_method
    def delete_software_deployment(self, context: Any, deployment_id: str) -> None:
        """Delete a deployment."""
        self._software(context, DEPLOYMENT, deployment_id)
        self._store.drop_software(context.project_id, DEPLOYMENT, deployment_id)

    @rpc_method
    def metadata_software_deployments(self, context: Any, server_id: str) -> list[dict[str, Any]]:
        """Return the configurations that are deployed on a server, sorted by name."""
        configs = []
        for deployment in self._deployments(context, server_id):
            config = self._store.software(
                context.project_id, CONFIG, str(deployment.content.get('config_id'))
            )
            if config is not None:
                configs.append(_config(config))
        return sorted(configs, key=lambda config: (str(config['name']), str(config['id'])))

    def _deployments(self, context: Any, server_id: str | None) -> list[Software]:
        """Return the deployments of a project on a server, or on all servers for None."""
        deployments = self._store.all_software(context.project_id, DEPLOYMENT)
        return [
            deployment
            for deployment in deployments
            if server_id in (None, deployment.content.get('server_id'))
        ]

    def _check_deployment(self, context: Any, fields: Mapping[str, Any]) -> None:
        """Validate fields of a deployment.

        :raises StackValidationFailed: if a value has another type, or is too long.
        :raises NotFound: if the configuration does not exist.
        """
        string_fields = ('server_id', 'config_id', 'action', 'status', 'stack_user_project_id')
        _check_strings(**{key: fields.get(key) for key in string_fields})
        for key in ('input_values', 'output_values'):
            if not isinstance(fields.get(key), dict | None):
                raise exception.StackValidationFailed(message=f'{key}: it must be a map')
        if fields.get('config_id') is not None:
            self._software(context, CONFIG, fields['config_id'])

    def _software(self, context: Any, kind: str, software_id: Any) -> Software:
        """Return a configuration or a deployment of the project.

        :raises NotFound: if it does not exist.
        """
        software = self._store.software(context.project_id, kind, str(software_id)[:255])
        if software is None:
            entity = {CONFIG: 'Software config', DEPLOYMENT: 'Deployment'}[kind]
            raise exception.NotFound(f'{entity} with id {str(software_id)[:255]} not found')
        return software

    def _save_new(
        self, context: Any, kind: str, fields: Mapping[str, Any], software_id: str | None = None
    ) -> Software:
        """Save a new configuration or deployment.

        :param software_id: its id; None for a new id.
        :raises HeatconvException: if it is too large, or its id is taken.
        """
        try:
            content.check_size(fields, self._max_template_size)
        except TemplateError as error:
            raise of_template(error) from None
        if software_id and self._store.software(context.project_id, kind, software_id):
            raise exception.StackValidationFailed(
                message=f'deployment_id: there is already a deployment {software_id}'
            )
        software = Software(
            software_id or self._ids.fresh(),
            context.project_id,
            kind,
            fields,
            self._clock.now(),
        )
        self._store.save_software(software)
        return software


def _changes_by_signal(declared: Any, details: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes of a deployment by a signal (heat/engine/service_software_config.py).

    :param declared: the declarations of the outputs of its configuration.
    """
    errors: dict[str, Any] = {}
    outputs: dict[str, Any] = {}
    code = details.get('deploy_status_code')
    if code and str(code) != '0':
        errors['deploy_status_code'] = f'Deployment exited with non-zero status code: {code}'
    for output in declared:
        name = output['name']
        if name in details:
            outputs[name] = details[name]
            if output.get('error_output'):
                errors[name] = details[name]
    for name in ('deploy_stdout', 'deploy_stderr', 'deploy_status_code'):
        outputs[name] = details.get(name)
    reason = ', '.join(f'{name} : {error}' for name, error in errors.items())
    return {
        'output_values': outputs,
        'status': 'FAILED' if errors else 'COMPLETE',
        'status_reason': reason or 'Outputs received',
    }


def _check_strings(**strings: Any) -> None:
    """Refuse arguments that are not null, and not strings of an acceptable length."""
    for key, value in strings.items():
        if value is not None and (not isinstance(value, str) or len(value) > WORD_LENGTH):
            raise exception.StackValidationFailed(
                message=f'{key}: it must be a string of {WORD_LENGTH} characters at most'
            )


def _has_name(item: Any) -> bool:
    """Say whether the declaration of an input or an output is a mapping with a name."""
    return isinstance(item, dict) and isinstance(item.get('name'), str)


def _config(software: Software, detail: bool = True) -> dict[str, Any]:
    """Return a configuration in the format of the API; without detail only name and group."""
    fields = ('name', 'group', 'config', 'inputs', 'outputs', 'options')
    return {
        'id': software.id,
        'creation_time': wire_format.time(software.created_at),
        **{key: software.content.get(key) for key in (fields if detail else fields[:2])},
    }


def _deployment(software: Software) -> dict[str, Any]:
    """Return a deployment in the format of the API."""
    return {
        'id': software.id,
        'creation_time': wire_format.time(software.created_at),
        'updated_time': wire_format.time(software.updated_at),
        **{key: software.content.get(key) for key in FIELDS if key != 'stack_user_project_id'},
    }
