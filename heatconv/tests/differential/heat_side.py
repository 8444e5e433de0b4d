"""Resolve a case by Heat's own code: no database, no messages, no cloud."""

from __future__ import annotations

import copy
import dataclasses
import functools
import importlib.util
import logging
import warnings
from collections.abc import Callable
from typing import Any

from heatconv.tests.differential import case as cases
from heatconv.tests.differential.case import Answer, Case, Outcome, value_of, without_nulls

#: Why nothing can be compared, or ''.
ABSENT = '' if importlib.util.find_spec('heat') else 'openstack-heat is not installed'

_KINDS = {
    'InvalidTemplateVersion': cases.VERSION_KIND,
    'UserParameterMissing': cases.MISSING,
    'UnknownUserParameter': cases.UNKNOWN,
    'CircularDependencyException': cases.CIRCULAR,
    'RequestLimitExceeded': cases.TOO_LARGE,
}
#: What the name of a stack and of its project is, on both sides.
STACK = 'mine'
PROJECT = 'project-1'


class HeatSide:
    """Heat's engine, with its types loaded."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            from heat.common import context, environment_format
            from heat.engine import (
                environment,
                function,
                node_data,
                resources,
                stack,
                stk_defn,
                template,
            )
            from heat.engine.attributes import select_from_attribute
            from oslo_config import cfg

            logging.getLogger('heat').setLevel(logging.CRITICAL)
            cfg.CONF([], project='heat', default_config_files=[], default_config_dirs=[])
            resources.initialise()
        self._context = context.RequestContext(
            username='user', user_id='user', project_id=PROJECT, auth_token='token'
        )
        self._environment = environment.Environment
        self._check_environment = environment_format.validate
        self._complete_environment = environment_format.default_for_missing
        self._template = template.Template
        self._stack = stack.Stack
        self._resolve = function.resolve
        self._definition = stk_defn.StackDefinition

        class Data(node_data.NodeData):
            """Gives every attribute whole or in part, as the path of it asks."""

            def attribute(self, attr_name: Any) -> Any:
                if isinstance(attr_name, tuple):
                    whole = super().attribute(attr_name[0])
                    return select_from_attribute(whole, attr_name[1:])
                return super().attribute(attr_name)

        self._data = Data

    def outcome(self, case: Case) -> Outcome:
        """Validate as Heat does before it creates, then resolve as when all is there."""
        case = copy.deepcopy(case)
        try:
            # As heat-api does, which reads environments for Heat's engine.
            self._check_environment(case.environment)
            settings = dict(case.environment)
            self._complete_environment(settings)
            env = self._environment(settings)
            template = self._template(dict(case.template), files=dict(case.files), env=env)
            stack = self._stack(self._context, STACK, template)
        except Exception as error:
            return Outcome(refused=_failure(error))
        refused = None
        try:
            stack.validate()
        except Exception as error:
            refused = _failure(error)
        try:
            answers = self._answers(case, stack)
        except Exception as error:
            answers = {}
            refused = refused or _failure(error)
        return Outcome(refused, answers)

    def _answers(self, case: Case, stack: Any) -> dict[str, Answer]:
        data = {
            name: self._data(
                number,
                name,
                name,
                state['reference_id'],
                state['attributes'],
                'CREATE',
                'COMPLETE',
            )
            for number, (name, state) in enumerate(case.states.items())
        }
        definition = self._definition(self._context, stack.t, stack.identifier(), data)
        answers: dict[str, Answer] = {}
        for name in definition.enabled_rsrc_names():
            place = f'resources.{name}'
            one = definition.resource_definition(name)
            answers[f'{place}.resolved'] = _answer(functools.partial(self._resolved, one))
            schema = stack[name].properties_schema
            if schema:
                answers[f'{place}.properties'] = _answer(
                    functools.partial(self._properties, one, schema)
                )
            answers[f'{place}.metadata'] = _answer(one.metadata)
            answers[f'{place}.deletion_policy'] = _answer(one.deletion_policy)
            answers[f'{place}.requires'] = _answer(functools.partial(_requires, one, stack))
        for name in definition.enabled_output_names():
            answers[f'outputs.{name}'] = _answer(definition.output_definition(name).get_value)
        for name in stack.t.param_schemata():
            answers[f'parameters.{name}'] = _answer(
                functools.partial(definition.parameters.__getitem__, name)
            )
        return answers

    def _resolved(self, definition: Any) -> Any:
        return self._resolve(definition._properties) or {}

    def _properties(self, definition: Any, schema: Any) -> dict[str, Any]:
        properties = definition.properties(schema, self._context)
        properties.validate()
        return without_nulls(properties)


def _requires(definition: Any, stack: Any) -> list[str]:
    return sorted(each.name for each in definition.dependencies(stack))


def _answer(call: Callable[[], Any]) -> Answer:
    try:
        return value_of(call())
    except Exception as error:
        # A resource or an output failed: that has no kind, whatever the class.
        return dataclasses.replace(_failure(error), error=cases.INVALID)


def _failure(error: Exception) -> Answer:
    name = type(error).__name__
    return Answer(error=_KINDS.get(name, cases.INVALID), detail=f'{name}: {error}'[:300])
