"""The RPC methods about software on servers: configurations, and where they are deployed.

They are kept and handed out, as in Heat (heat/engine/service_software_config.py); what reads
them on a server is no business of heatconv's.
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

#: What a deployment has of its own.
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
WORD_LENGTH = 255


class SoftwareEndpoint:
    """Keep software configurations and deployments."""

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
        """List the configurations of a project, oldest first, without what they say."""
        found = self._store.all_software(context.project_id, CONFIG)
        if marker is not None:
            ids = [one.id for one in found]
            found = found[ids.index(marker) + 1 :] if marker in ids else []
        return [_config(one, False) for one in (found if limit is None else found[: int(limit)])]

    @rpc_method
    def show_software_config(self, context: Any, config_id: str) -> dict[str, Any]:
        """Show a configuration."""
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
        """Keep a configuration."""
        _check_words(group=group, name=name)
        for key, one in (('inputs', inputs), ('outputs', outputs)):
            described = one is None or isinstance(one, list)
            if not described or not all(_is_described(each) for each in one or ()):
                raise exception.StackValidationFailed(
                    message=f'{key}: it must be a list of maps with a name'
                )
        said = {
            'group': group or 'Heat::Ungrouped',
            'name': name or '',
            'config': config if config is not None else '',
            'inputs': inputs or [],
            'outputs': outputs or [],
            'options': options or {},
        }
        return _config(self._keep(context, CONFIG, said))

    @rpc_method
    def delete_software_config(self, context: Any, config_id: str) -> None:
        """Forget a configuration that is not deployed."""
        self._software(context, CONFIG, config_id)
        if any(
            one.content.get('config_id') == config_id
            for one in self._store.all_software(context.project_id, DEPLOYMENT)
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
        return [_deployment(one) for one in self._deployments(context, server_id)]

    @rpc_method
    def show_software_deployment(self, context: Any, deployment_id: str) -> dict[str, Any]:
        """Show a deployment."""
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
        """Keep that a configuration is to be on a server."""
        said = {
            'server_id': server_id,
            'config_id': config_id,
            'input_values': input_values or {},
            'output_values': None,
            'action': action or 'INIT',
            'status': status or 'COMPLETE',
            'status_reason': status_reason or '',
            'stack_user_project_id': stack_user_project_id,
        }
        self._check_deployment(context, said)
        if deployment_id is not None:
            _check_words(deployment_id=deployment_id)
            if not 0 < len(deployment_id) <= 36:
                raise exception.StackValidationFailed(
                    message='deployment_id: it must have 1 to 36 characters'
                )
        return _deployment(self._keep(context, DEPLOYMENT, said, deployment_id))

    @rpc_method
    def update_software_deployment(
        self, context: Any, deployment_id: str, updated_at: Any = None, **changes: Any
    ) -> dict[str, Any]:
        """Keep what became of a deployment, or what it is to be now."""
        given = {key: one for key, one in changes.items() if key in FIELDS and one is not None}
        self._check_deployment(context, given)
        changed = self._store.change_software(
            context.project_id, DEPLOYMENT, str(deployment_id), lambda old: {**old, **given}
        )
        if changed is None:
            raise exception.NotFound(f'Deployment with id {str(deployment_id)[:255]} not found')
        return _deployment(changed)

    @rpc_method
    def check_software_deployment(
        self, context: Any, deployment_id: str, timeout: Any = None
    ) -> dict[str, Any]:
        """Show a deployment: nobody is to be asked how far it is."""
        return _deployment(self._software(context, DEPLOYMENT, deployment_id))

    @rpc_method
    def signal_software_deployment(
        self, context: Any, deployment_id: str, details: Any, updated_at: Any = None
    ) -> str | None:
        """Take what a server says of a deployment; return what to tell of it."""
        found = self._software(context, DEPLOYMENT, deployment_id)
        if not isinstance(details, Mapping):
            raise exception.StackValidationFailed(message='details: it must be a map')
        config = self._store.software(
            context.project_id, CONFIG, str(found.content.get('config_id'))
        )
        declared = config.content.get('outputs') if config is not None else None
        said = _signalled(declared or (), details)

        def change(old: Mapping[str, Any]) -> dict[str, Any]:
            outputs = {**(old.get('output_values') or {}), **said['output_values']}
            return {**old, **said, 'output_values': outputs}

        self._store.change_software(context.project_id, DEPLOYMENT, found.id, change)
        code = details.get('deploy_status_code')
        failed = bool(code) and str(code) != '0'
        how = f'failed ({code})' if failed else 'succeeded'
        return f'deployment {found.id} {how}'

    @rpc_method
    def delete_software_deployment(self, context: Any, deployment_id: str) -> None:
        """Forget a deployment."""
        self._software(context, DEPLOYMENT, deployment_id)
        self._store.drop_software(context.project_id, DEPLOYMENT, deployment_id)

    @rpc_method
    def metadata_software_deployments(self, context: Any, server_id: str) -> list[dict[str, Any]]:
        """Show the configurations that are deployed on a server, by name."""
        found = []
        for one in self._deployments(context, server_id):
            config = self._store.software(
                context.project_id, CONFIG, str(one.content.get('config_id'))
            )
            if config is not None:
                found.append(_config(config))
        return sorted(found, key=lambda one: (str(one['name']), str(one['id'])))

    def _deployments(self, context: Any, server_id: str | None) -> list[Software]:
        found = self._store.all_software(context.project_id, DEPLOYMENT)
        return [one for one in found if server_id in (None, one.content.get('server_id'))]

    def _check_deployment(self, context: Any, said: Mapping[str, Any]) -> None:
        words = ('server_id', 'config_id', 'action', 'status', 'stack_user_project_id')
        _check_words(**{key: said.get(key) for key in words})
        for key in ('input_values', 'output_values'):
            if not isinstance(said.get(key), dict | None):
                raise exception.StackValidationFailed(message=f'{key}: it must be a map')
        if said.get('config_id') is not None:
            self._software(context, CONFIG, said['config_id'])

    def _software(self, context: Any, kind: str, software_id: Any) -> Software:
        found = self._store.software(context.project_id, kind, str(software_id)[:255])
        if found is None:
            named = {CONFIG: 'Software config', DEPLOYMENT: 'Deployment'}[kind]
            raise exception.NotFound(f'{named} with id {str(software_id)[:255]} not found')
        return found

    def _keep(
        self, context: Any, kind: str, said: Mapping[str, Any], software_id: str | None = None
    ) -> Software:
        try:
            content.check_size(said, self._max_template_size)
        except TemplateError as error:
            raise of_template(error) from None
        if software_id and self._store.software(context.project_id, kind, software_id):
            raise exception.StackValidationFailed(
                message=f'deployment_id: there is a deployment {software_id}'
            )
        made = Software(
            software_id or self._ids.fresh(),
            context.project_id,
            kind,
            said,
            self._clock.now(),
        )
        self._store.save_software(made)
        return made


def _signalled(declared: Any, details: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a signal changes in a deployment (heat/engine/service_software_config.py)."""
    wrong: dict[str, Any] = {}
    outputs: dict[str, Any] = {}
    code = details.get('deploy_status_code')
    if code and str(code) != '0':
        wrong['deploy_status_code'] = f'Deployment exited with non-zero status code: {code}'
    for one in declared:
        name = one['name']
        if name in details:
            outputs[name] = details[name]
            if one.get('error_output'):
                wrong[name] = details[name]
    for name in ('deploy_stdout', 'deploy_stderr', 'deploy_status_code'):
        outputs[name] = details.get(name)
    told = ', '.join(f'{name} : {one}' for name, one in wrong.items())
    return {
        'output_values': outputs,
        'status': 'FAILED' if wrong else 'COMPLETE',
        'status_reason': told or 'Outputs received',
    }


def _check_words(**given: Any) -> None:
    for key, one in given.items():
        if one is not None and (not isinstance(one, str) or len(one) > WORD_LENGTH):
            raise exception.StackValidationFailed(
                message=f'{key}: it must be a string of {WORD_LENGTH} characters at most'
            )


def _is_described(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get('name'), str)


def _config(one: Software, detail: bool = True) -> dict[str, Any]:
    shown = ('name', 'group', 'config', 'inputs', 'outputs', 'options')
    return {
        'id': one.id,
        'creation_time': wire_format.time(one.created_at),
        **{key: one.content.get(key) for key in (shown if detail else shown[:2])},
    }


def _deployment(one: Software) -> dict[str, Any]:
    return {
        'id': one.id,
        'creation_time': wire_format.time(one.created_at),
        'updated_time': wire_format.time(one.updated_at),
        **{key: one.content.get(key) for key in FIELDS if key != 'stack_user_project_id'},
    }
