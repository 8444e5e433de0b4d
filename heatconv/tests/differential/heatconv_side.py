"""Resolve a case here."""

from __future__ import annotations

import copy
import dataclasses
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from heatconv.engine.errors import of_template
from heatconv.hot import cfn, source
from heatconv.hot.definitions import ResourceDefinition
from heatconv.hot.errors import TemplateError
from heatconv.hot.functions.registry import FUNCTIONS
from heatconv.hot.schema import TypeSchema
from heatconv.hot.scope import ResourceState, Scope
from heatconv.hot.template import compile_template
from heatconv.hot.versions import VERSIONS
from heatconv.resources.none import NoneResource
from heatconv.resources.random_string import RandomString
from heatconv.resources.test_resource import TestResource
from heatconv.resources.value import Value
from heatconv.tests.differential import case as cases
from heatconv.tests.differential.case import Answer, Case, Outcome, value_of, without_nulls
from heatconv.tests.differential.heat_side import PROJECT, STACK

SCHEMAS: Mapping[str, TypeSchema] = {
    'OS::Heat::None': NoneResource.schema,
    'OS::Heat::RandomString': RandomString.schema,
    'OS::Heat::TestResource': TestResource.schema,
    'OS::Heat::Value': Value.schema,
}
_KINDS = {
    'InvalidTemplateVersion': cases.VERSION_KIND,
    'UserParameterMissing': cases.MISSING,
    'UnknownUserParameter': cases.UNKNOWN,
    'CircularDependencyException': cases.CIRCULAR,
    'RequestLimitExceeded': cases.TOO_LARGE,
}
_NOT_YET = 'not supported yet'
_TAKES_FILES = 'files' in inspect.signature(compile_template).parameters


class NotYet(Exception):
    """The case asks for something that is not built here yet."""


def supports(template: Mapping[str, Any]) -> bool:
    """Tell whether all that a valid template uses is built here."""
    try:
        outcome(Case('supports', template))
    except NotYet:
        return False
    return True


def functions() -> frozenset[str]:
    """Name the functions that are built here."""
    return frozenset(name for version in VERSIONS for name in version.functions) & set(FUNCTIONS)


#: The values of the pseudo parameters.
PSEUDO = {'OS::stack_id': 'None', 'OS::stack_name': STACK, 'OS::project_id': PROJECT}


def outcome(case: Case) -> Outcome:
    """Compile as the engine does for a request, then resolve as a worker does.

    :raises NotYet: if it is to be compared later.
    """
    case = copy.deepcopy(case)
    options: dict[str, Any] = {'files': case.files} if _TAKES_FILES else {}
    try:
        source.bound(case.template)
        hot = cfn.as_hot(case.template)
        template = compile_template(hot, case.environment, SCHEMAS.get, pseudo=PSEUDO, **options)
    except TemplateError as error:
        return Outcome(refused=_failure(error))
    scope = Scope(
        PSEUDO,
        {name: ResourceState(**state) for name, state in case.states.items()},
    )
    answers: dict[str, Answer] = {}
    for name, one in template.resources.items():
        place = f'resources.{name}'
        answers[f'{place}.resolved'] = _answer(functools.partial(one.resolve, scope))
        schema = SCHEMAS[one.type]
        if schema.properties:
            answers[f'{place}.properties'] = _answer(
                functools.partial(_properties, one, schema, scope)
            )
        answers[f'{place}.metadata'] = _answer(functools.partial(one.resolve_metadata, scope))
        answers[f'{place}.deletion_policy'] = value_of(one.deletion_policy)
        answers[f'{place}.requires'] = value_of(one.requires)
    for name, output in template.outputs.items():
        answers[f'outputs.{name}'] = _answer(functools.partial(output.resolve, scope))
    for name, value in template.values.items():
        answers[f'parameters.{name}'] = value_of(value)
    return Outcome(answers=answers)


def _properties(definition: ResourceDefinition, schema: TypeSchema, scope: Scope) -> Any:
    return without_nulls(schema.resolve_properties(definition.resolve(scope)))


def _answer(call: Callable[[], Any]) -> Answer:
    try:
        return value_of(call())
    except TemplateError as error:
        return dataclasses.replace(_failure(error), error=cases.INVALID)


def _failure(error: TemplateError) -> Answer:
    if _NOT_YET in error.message:
        raise NotYet(str(error))
    name = type(of_template(error)).__name__
    return Answer(
        error=_KINDS.get(name, cases.INVALID), detail=f'{type(error).__name__}: {error}'[:300]
    )
