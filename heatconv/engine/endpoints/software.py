"""The RPC methods of software on servers: configurations and deployments.

They are only stored and returned, as in Heat (heat/engine/service_software_config.py); those of
resources too. The agents that apply them on servers are not part of heatconv.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import oslo_messaging

from heatconv import exception
from heatconv.engine import content, software_configs, wire_format
from heatconv.engine.endpoints.rpc_method import rpc_method
from heatconv.engine.errors import of_template
from heatconv.engine.software_configs import StoredConfigs, config_view
from heatconv.hot.errors import TemplateError
from heatconv.resources.software import signals
from heatconv.resources.software.declarations import declared_inputs, declared_outputs
from heatconv.rpc import api
from heatconv.runtime.ports import Clock, Ids
from heatconv.storage.base import Store
from heatconv.storage.values import CONFIG, DEPLOYMENT, Software, SoftwareChange

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
        self._configs = StoredConfigs(store, clock)

    @rpc_method
    def list_software_configs(
        self, context: Any, limit: int | None = None, marker: str | None = None
    ) -> list[dict[str, Any]]:
        """List the configurations of a project, oldest first, with name and group only.

        :param marker: id of the configuration after which to begin.
        """
        configs = software_configs.configs(self._store, context.project_id)
        if marker is not None:
            ids = [software.id for software in configs]
            configs = configs[ids.index(marker) + 1 :] if marker in ids else []
        return [
            config_view(software, False)
            for software in (configs if limit is None else configs[: int(limit)])
        ]

    @rpc_method
    def show_software_config(self, context: Any, config_id: str) -> dict[str, Any]:
        """Return a configuration."""
        return config_view(self._software(context, CONFIG, config_id))

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
        declared = {}
        for key, declarations, checked in (
            ('inputs', inputs, declared_inputs),
            ('outputs', outputs, declared_outputs),
        ):
            try:
                declared[key] = checked(declarations)
            except TemplateError as error:
                error.under(key)
                raise exception.StackValidationFailed(message=str(error)) from None
        fields = {
            'group': group or 'Heat::Ungrouped',
            'name': name or '',
            'config': config if config is not None else '',
            **declared,
            'options': options or {},
        }
        return config_view(self._save_new(context, CONFIG, fields))

    @rpc_method
    def delete_software_config(self, context: Any, config_id: str) -> None:
        """Delete a configuration, unless a deployment refers to it."""
        self._software(context, CONFIG, config_id)
        if any(
            deployment.content.get('config_id') == config_id
            for deployment in software_configs.deployments(self._store, context.project_id)
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
        listed = software_configs.deployments(self._store, context.project_id, server_id)
        return [_deployment(deployment) for deployment in listed]

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
            context.project_id,
            DEPLOYMENT,
            str(deployment_id),
            lambda old: SoftwareChange({**old, **fields}),
        )
        if changed is None:
            raise exception.NotFound(f'Deployment with id {str(deployment_id)[:255]} not found')
        if signals.is_deleted(changed.content):
            self._store.drop_software(context.project_id, DEPLOYMENT, changed.id)
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
        :return: null if the signal has no effect.
        """
        deployment = self._software(context, DEPLOYMENT, deployment_id)
        try:
            return self._configs.signal_deployment(context.project_id, deployment.id, details)
        except ValueError as error:
            raise exception.StackValidationFailed(message=str(error)) from None

    @rpc_method
    def delete_software_deployment(self, context: Any, deployment_id: str) -> None:
        """Delete a deployment."""
        self._software(context, DEPLOYMENT, deployment_id)
        self._store.drop_software(context.project_id, DEPLOYMENT, deployment_id)

    @rpc_method
    def metadata_software_deployments(self, context: Any, server_id: str) -> list[dict[str, Any]]:
        """Return the configurations that are deployed on a server, sorted by name."""
        if not server_id:
            raise exception.StackValidationFailed(message='server_id must be specified')
        return self._configs.deployed_on(context.project_id, str(server_id))

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
        find = software_configs.find_config if kind == CONFIG else software_configs.find_deployment
        software = find(self._store, context.project_id, str(software_id)[:255])
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


def _check_strings(**strings: Any) -> None:
    """Refuse arguments that are not null, and not strings of an acceptable length."""
    for key, value in strings.items():
        if value is not None and (not isinstance(value, str) or len(value) > WORD_LENGTH):
            raise exception.StackValidationFailed(
                message=f'{key}: it must be a string of {WORD_LENGTH} characters at most'
            )


def _deployment(software: Software) -> dict[str, Any]:
    """Return a deployment in the format of the API."""
    return {
        'id': software.id,
        'creation_time': wire_format.time(software.created_at),
        'updated_time': wire_format.time(software.updated_at),
        **{key: software.content.get(key) for key in FIELDS if key != 'stack_user_project_id'},
    }
