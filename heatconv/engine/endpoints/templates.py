"""The RPC methods of templates, resource types and template functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import oslo_messaging

from heatconv import exception
from heatconv.engine import catalogue, content, errors
from heatconv.engine.endpoints.rpc_method import rpc_method
from heatconv.engine.lookup import Lookup
from heatconv.engine.nested_parameters import NestedParameters
from heatconv.engine.redaction import hidden_names, without_hidden
from heatconv.hot import cfn, source, summary
from heatconv.hot.environment import REGISTRY, complete
from heatconv.hot.errors import TemplateError
from heatconv.hot.limits import nodes_within
from heatconv.hot.registry import is_template
from heatconv.hot.template import parse_schema
from heatconv.rpc import api
from heatconv.storage.base import Store
from heatconv.templates.cache import TemplateCache

#: Number of the error that the service of a resource type is not there.
UNAVAILABLE = '99001'

#: The pseudo parameters of the stack that a validation imagines, as in Heat.
IMAGINED = {'OS::stack_name': 'dummy', 'OS::stack_id': 'None', 'OS::project_id': 'None'}


class TemplatesEndpoint:
    """Validates templates, returns those of stacks, and lists types and functions."""

    target = oslo_messaging.Target(version=api.ENGINE_VERSION)

    def __init__(
        self, store: Store, lookup: Lookup, templates: TemplateCache, max_template_size: int
    ) -> None:
        self._store = store
        self._lookup = lookup
        self._templates = templates
        self._max_template_size = max_template_size

    @rpc_method
    def get_template(self, context: Any, stack_identity: Any) -> Any:
        """Return the template of the latest request for a stack; null if it has none."""
        stack = self._lookup.stack(context, stack_identity, show_deleted=True)
        stored = self._store.template(stack.newest_template_id or '')
        return None if stored is None else stored['template']

    @rpc_method
    def validate_template(
        self,
        context: Any,
        template: Any,
        params: Any = None,
        files: Any = None,
        environment_files: Sequence[str] | None = None,
        show_nested: bool = False,
        ignorable_errors: Sequence[str] | None = None,
        **unused: Any,
    ) -> dict[str, Any]:
        """Validate a template; return its description and parameters, or an ``Error``.

        :param show_nested: whether to include the parameters of nested templates.
        :param ignorable_errors: numbers of errors to ignore: 99001, a service is not there.
        :raises Invalid: if another number is given.
        """
        unknown = sorted(str(code) for code in ignorable_errors or () if str(code) != UNAVAILABLE)
        if unknown:
            raise exception.Invalid(reason=f'invalid codes in ignore_errors: {", ".join(unknown)}')
        merged: dict[str, Any] = {}
        try:
            source.bound(template, 'template', nodes_within(self._max_template_size))
            content.check_size(template, self._max_template_size)
            merged = content.merge(
                params, files or {}, environment_files, self._max_template_size, template
            )
            schema = parse_schema(cfn.as_hot(template))
            request = {
                'template': template,
                'environment': merged,
                'files': files or {},
                'pseudo': IMAGINED,
            }
            compiled = self._templates.compile(
                request, lenient=True, ignores_unavailable=bool(ignorable_errors)
            )
        except TemplateError as error:
            return {'Error': str(errors.of_template(error, template, merged))}
        answer = summary.validate_result(schema, merged)
        if show_nested and compiled.nesting is not None:
            nested = NestedParameters(self._templates.types, merged)
            answer.update(nested.of_template(compiled.hot, compiled.nesting))
        shown = complete(merged)
        # A type that is the name of a template is listed as well, as in Heat.
        declared = (definition.declared_type for definition in compiled.definitions.values())
        templates = {type_: type_ for type_ in declared if is_template(type_)}
        shown[REGISTRY] = {**templates, **shown[REGISTRY]}
        return {**answer, 'Environment': shown}

    @rpc_method
    def get_environment(self, context: Any, stack_identity: Any) -> Any:
        """Return the environment of the latest request.

        The values of hidden parameters are masked.
        """
        stored = self._stored(context, stack_identity)
        environment = {'encrypted_param_names': [], **complete(stored['environment'] or {})}
        return without_hidden(environment, hidden_names(stored['template']))

    @rpc_method
    def get_files(self, context: Any, stack_identity: Any) -> Any:
        """Return the files of the latest request."""
        return self._stored(context, stack_identity)['files'] or {}

    def _stored(self, context: Any, stack_identity: Any) -> dict[str, Any]:
        """Return template, environment and files of the latest request, null if missing."""
        stack = self._lookup.stack(context, stack_identity, show_deleted=True)
        missing = {'template': None, 'environment': None, 'files': None}
        return {**missing, **(self._store.template(stack.newest_template_id or '') or {})}

    @rpc_method
    def list_template_versions(self, context: Any) -> list[dict[str, Any]]:
        """List the template versions, oldest first."""
        return catalogue.template_versions()

    @rpc_method
    def list_template_functions(
        self, context: Any, template_version: str, with_condition: bool = False
    ) -> list[dict[str, str]]:
        """List the functions of a template version.

        :param with_condition: whether to include the functions of conditions.
        """
        return catalogue.template_functions(template_version, with_condition)

    @rpc_method
    def list_resource_types(
        self,
        context: Any,
        support_status: str | None = None,
        type_name: str | None = None,
        heat_version: str | None = None,
        with_description: bool = False,
    ) -> list[Any]:
        """List the resource types; see `heatconv.engine.catalogue.resource_types`."""
        return catalogue.resource_types(
            self._templates.types, support_status, type_name, heat_version, with_description
        )

    @rpc_method
    def resource_schema(
        self, context: Any, type_name: str, with_description: bool = False
    ) -> dict[str, Any]:
        """Describe a resource type with its properties and attributes."""
        return catalogue.resource_schema(self._templates.types, type_name, with_description)

    @rpc_method
    def generate_template(
        self, context: Any, type_name: str, template_type: str = 'cfn'
    ) -> dict[str, Any]:
        """Generate a template with one resource of a type.

        :param template_type: hot or cfn.
        """
        return catalogue.generated_template(self._templates.types, type_name, template_type)
