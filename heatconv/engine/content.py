"""Read what a request brings: template, environment, files and options."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heatconv import exception
from heatconv.engine import errors
from heatconv.hot import cfn, environment, merge_strategies, source
from heatconv.hot.errors import TemplateError
from heatconv.hot.limits import nodes_within
from heatconv.hot.template import parse_schema

#: Options of a request and the types they may have.
OPTIONS: Mapping[str, tuple[type, ...]] = {
    'timeout_mins': (int,),
    'disable_rollback': (bool,),
    'tags': (list, tuple, str),
}

TAG_LENGTH = 80

#: Longer texts are seldom equal.
SHARED_LENGTH = 80


@dataclass(frozen=True, slots=True)
class StackContent:
    """What a stack is to be.

    :ivar template: ``template``, ``environment`` and ``files``, as stored.
    :ivar options: those of OPTIONS that the request names.
    :ivar adopts: what is there by the names of its resources; None if nothing is adopted.
    """

    template: Mapping[str, Any]
    options: Mapping[str, Any]
    adopts: Mapping[str, Any] | None = None


def read(
    template: Any,
    params: Any,
    files: Any,
    args: Any,
    environment_files: Sequence[str] | None,
    max_template_size: int,
) -> StackContent:
    """Read the arguments of a create or an update.

    :param params: the environment; ``args`` may hold options beside it.
    :param environment_files: names of environments among the files, in order.
    :raises HeatconvException: if any of it is not what it should be.
    """
    args = arguments(args)
    files = checked_files(files)
    try:
        source.bound(template, 'template', nodes_within(max_template_size))
        check_size(template, max_template_size)
        merged = merge(params, files, environment_files, max_template_size, template)
    except TemplateError as error:
        raise errors.of_template(error) from None
    if not isinstance(template, dict):
        raise exception.StackValidationFailed(message='template: it is not a mapping')
    _share_words(template.get('resources') or template.get('Resources'))
    content = {'template': template, 'environment': merged, 'files': files}
    return StackContent(content, options_of(args), adopted(args, max_template_size))


def adopted(args: Mapping[str, Any], max_size: int) -> Mapping[str, Any] | None:
    """Return what a request says of resources that are there, by name.

    :raises StackValidationFailed: if it is not in the shape of what `abandon_stack` gives.
    """
    given = args.get('adopt_stack_data')
    if not given:
        return None
    if isinstance(given, str):
        try:
            given = source.parse(given, 4 * max_size, 'adopt_stack_data')
        except TemplateError as error:
            raise errors.of_template(error) from None
    if not isinstance(given, dict) or not isinstance(given.get('resources'), dict):
        raise exception.StackValidationFailed(
            message='adopt_stack_data: it must be a mapping with resources by name'
        )
    resources: dict[str, Any] = given['resources']
    return resources


def existing(
    old: Mapping[str, Any],
    template: Any,
    params: Any,
    files: Any,
    args: Any,
    environment_files: Sequence[str] | None,
    max_template_size: int,
) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Fill in what an update leaves out from what the stack has, as Heat does.

    What the request brings wins; what its template no longer declares goes.

    :param old: the content of the latest request.
    :return: template, environment and files.
    :raises HeatconvException: if any of it is not what it should be.
    """
    files = {**(old.get('files') or {}), **checked_files(files)}
    try:
        given = merge(
            params,
            files,
            environment_files,
            max_template_size,
            template or old.get('template'),
        )
    except TemplateError as error:
        raise errors.of_template(error) from None
    before = {**(old.get('environment') or {})}
    kept = dict(before.get('parameters') or {})
    cleared = arguments(args).get('clear_parameters') or ()
    given_template = template if isinstance(template, dict) else {}
    declared = given_template.get('parameters') or given_template.get('Parameters')
    if not given_template:
        declared = kept
    for name in [one for one in kept if one in cleared or one not in (declared or {})]:
        del kept[name]
    merged = environment.merge([{**before, 'parameters': kept}, given])
    return template or old.get('template'), merged, files


def arguments(args: Any) -> Mapping[str, Any]:
    """Return the arguments of a request.

    :raises StackValidationFailed: if they are no mapping.
    """
    if not isinstance(args, dict | None):
        raise exception.StackValidationFailed(message='args: it must be a mapping')
    return args or {}


def checked_files(files: Any) -> dict[str, Any]:
    """Return the files of a request.

    :raises StackValidationFailed: if they are no mapping from names to texts.
    """
    if not isinstance(files, dict | None):
        raise exception.StackValidationFailed(message='files: it must be a mapping of texts')
    for name, text in (files or {}).items():
        if not isinstance(name, str) or not isinstance(text, str | dict):
            raise exception.StackValidationFailed(message=f'files: {name!r} must be a text')
    return files or {}


def check_size(template: Any, max_template_size: int) -> None:
    """Refuse a template that is too large, written as JSON in UTF-8.

    :raises TemplateError: if it is.
    """
    text = json.dumps(template, ensure_ascii=False, separators=(',', ':'))
    source.check_size(text, max_template_size)


def merge(
    params: Any,
    files: Mapping[str, Any],
    names: Sequence[str] | None,
    max_size: int,
    template: Any = None,
) -> dict[str, Any]:
    """Merge the environments of a request.

    :param template: whose parameters they give values for.
    :raises TemplateError: if one of them is not valid.
    """
    given: list[Any] = []
    if not isinstance(names, list | tuple | None):
        raise TemplateError('it must be a list of names', 'environment_files')
    for name in names or ():
        if not isinstance(name, str):
            raise TemplateError('each must be the name of a file', 'environment_files')
        if name not in files:
            raise TemplateError(f'{name} is not among the files', 'environment_files')
        text = files[name]
        given.append(text if isinstance(text, dict) else source.parse(text, max_size, name))
    # The environment that the client merged itself repeats the files.
    given.append(params or {})
    for one in given:
        source.bound(one, 'environment')
    made = environment.merge(given)
    if merge_strategies.asked_for(given[:-1]):
        plain = environment.merge(given[:-1])
        merged = merge_strategies.merged(given[:-1], _types(template))
        for section, values in merged.items():
            # Where the client says something else than it has merged, that counts.
            repeated = (
                name for name in values if made[section].get(name) == plain[section].get(name)
            )
            made[section].update({name: values[name] for name in repeated})
    return made


def _types(template: Any) -> dict[str, str]:
    """Return the types of parameters, as far as they are known before a template is read."""
    try:
        declared = parse_schema(cfn.as_hot(template)).parameters
    except TemplateError:
        return {}  # that is told when it is read
    return {name: one.type for name, one in declared.items()}


def _share_words(resources: Any) -> None:
    """Keep each short text once: a million resources have few types and many equal values."""
    known: dict[str, str] = {}
    for declaration in resources.values() if isinstance(resources, dict) else ():
        if not isinstance(declaration, dict):
            continue
        properties = declaration.get('properties')
        for part in (declaration, properties if isinstance(properties, dict) else {}):
            for key, value in part.items():
                if isinstance(value, str) and len(value) <= SHARED_LENGTH:
                    part[key] = known.setdefault(value, value)


def options_of(args: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options among the arguments of a request, checked."""
    options: dict[str, Any] = {}
    for name, types in OPTIONS.items():
        if args.get(name) is None:
            continue
        value = args[name]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            wanted = ' or '.join(one.__name__ for one in types)
            raise exception.StackValidationFailed(message=f'{name}: it must be {wanted}')
        options[name] = value
    if 'timeout_mins' in options and not 0 < options['timeout_mins'] <= 60 * 24 * 365:
        raise exception.StackValidationFailed(
            message='timeout_mins: it must be a positive number of minutes, a year at most'
        )
    if isinstance(options.get('tags'), str):
        options['tags'] = options['tags'].split(',')
    for tag in options.get('tags', ()):
        if not isinstance(tag, str) or not 0 < len(tag) <= TAG_LENGTH or ',' in tag:
            raise exception.StackValidationFailed(
                message=f'tags: each is 1 to {TAG_LENGTH} characters without a comma'
            )
    return options
