"""The content of a create or update request: template, environment, files and options.

It is checked and merged here. The template is compiled later (`heatconv.templates`).
"""

from __future__ import annotations

import contextlib
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

#: The options of a request, and the types of their values.
OPTIONS: Mapping[str, tuple[type, ...]] = {
    'timeout_mins': (int,),
    'disable_rollback': (bool,),
    'tags': (list, tuple, str),
}

#: Maximum length of a tag.
TAG_LENGTH = 80

#: Only strings up to this length are shared: longer ones are rarely equal.
SHARED_LENGTH = 80


@dataclass(frozen=True, slots=True)
class StackContent:
    """The content of a create or an update.

    :ivar template: the keys ``template``, ``environment`` and ``files``, as stored.
    :ivar options: those of the OPTIONS that the request sets, by name.
    :ivar adopts: exported resources to adopt, by name; None if nothing is adopted.
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

    :param params: the environment, which takes precedence over the environment files.
    :param files: the content of each file, by name.
    :param args: the options, and for an adopt also ``adopt_stack_data``.
    :param environment_files: names of environments among the files; later ones take precedence.
    :param max_template_size: in bytes.
    :raises HeatconvException: if an argument is not valid.
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
    _share_strings(template.get('resources') or template.get('Resources'))
    content = {'template': template, 'environment': merged, 'files': files}
    return StackContent(content, options_of(args), adopted(args, max_template_size))


def adopted(args: Mapping[str, Any], max_size: int) -> Mapping[str, Any] | None:
    """Return the exported resources that a request adopts, by name; None if it adopts none.

    :param max_size: the size limit of a template, in bytes; that of an export is four times this.
    :raises StackValidationFailed: if ``adopt_stack_data`` does not have the format of an export.
    """
    exported = args.get('adopt_stack_data')
    if not exported:
        return None
    if isinstance(exported, str):
        try:
            exported = source.parse(exported, 4 * max_size, 'adopt_stack_data')
        except TemplateError as error:
            raise errors.of_template(error) from None
    if not isinstance(exported, dict) or not isinstance(exported.get('resources'), dict):
        raise exception.StackValidationFailed(
            message='adopt_stack_data: it must be a mapping with resources by name'
        )
    resources: dict[str, Any] = exported['resources']
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
    """Complete a partial update with the present content of the stack, as Heat does.

    Values in the request take precedence. Present parameters that the request clears, or that its
    template does not declare, are dropped.

    :param old: the content of the latest request.
    :return: template, environment and files.
    :raises HeatconvException: if an argument is not valid.
    """
    files = {**(old.get('files') or {}), **checked_files(files)}
    try:
        requested = merge(
            params,
            files,
            environment_files,
            max_template_size,
            template or old.get('template'),
        )
    except TemplateError as error:
        raise errors.of_template(error) from None
    old_environment = {**(old.get('environment') or {})}
    parameters = dict(old_environment.get('parameters') or {})
    cleared = arguments(args).get('clear_parameters') or ()
    new_template = template if isinstance(template, dict) else {}
    declared = new_template.get('parameters') or new_template.get('Parameters')
    if not new_template:
        declared = parameters
    for name in [
        parameter
        for parameter in parameters
        if parameter in cleared or parameter not in (declared or {})
    ]:
        del parameters[name]
    merged = environment.merge([{**old_environment, 'parameters': parameters}, requested])
    # As in Heat, values for parameters that the template does not have are ignored.
    source = template or old.get('template')
    known = _declared_types(source)
    merged['parameters'] = {
        name: value for name, value in merged['parameters'].items() if name in known
    }
    return source, merged, files


def arguments(args: Any) -> Mapping[str, Any]:
    """Return the argument ``args`` of a request, or an empty mapping for None.

    :raises StackValidationFailed: if it is not a mapping.
    """
    if not isinstance(args, dict | None):
        raise exception.StackValidationFailed(message='args: it must be a mapping')
    return args or {}


def checked_files(files: Any) -> dict[str, Any]:
    """Return the files of a request, or an empty mapping for None.

    :raises StackValidationFailed: if they do not map names to strings or, for parsed
        environments, to mappings.
    """
    if not isinstance(files, dict | None):
        raise exception.StackValidationFailed(message='files: it must be a mapping of strings')
    for name, text in (files or {}).items():
        if not isinstance(name, str) or not isinstance(text, str | dict):
            raise exception.StackValidationFailed(message=f'files: {name!r} must be a string')
    return files or {}


def check_size(template: Any, max_template_size: int) -> None:
    """Check the size of a template, serialized as JSON in UTF-8.

    :param max_template_size: in bytes.
    :raises TemplateError: if it is too large.
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

    :param params: the environment in the request, which takes precedence over the files.
    :param names: names of environments among the files; later ones take precedence.
    :param max_size: the size limit of an environment file, in bytes.
    :param template: the template whose parameters they set.
    :raises TemplateError: if one of them is not valid.
    """
    parts: list[Any] = []
    if not isinstance(names, list | tuple | None):
        raise TemplateError('it must be a list of names', 'environment_files')
    for name in names or ():
        if not isinstance(name, str):
            raise TemplateError('each must be the name of a file', 'environment_files')
        if name not in files:
            raise TemplateError(f'{name} is not among the files', 'environment_files')
        text = files[name]
        parts.append(text if isinstance(text, dict) else source.parse(text, max_size, name))
    # The client may have merged the files itself: then ``params`` repeats their values.
    parts.append(environment.of_request(params or {}))
    for part in parts:
        source.bound(part, 'environment')
    result = environment.merge(parts)
    if merge_strategies.asked_for(parts[:-1]):
        # The values as a client merges them, without strategies.
        plain = environment.merge(parts[:-1])
        by_strategy = merge_strategies.merged(
            parts[:-1], _parameter_types(template, files, max_size)
        )
        for section, values in by_strategy.items():
            # Values that the client changed after its merge take precedence.
            unchanged = (
                name for name in values if result[section].get(name) == plain[section].get(name)
            )
            result[section].update({name: values[name] for name in unchanged})
    return result


def _parameter_types(template: Any, files: Mapping[str, Any], max_size: int) -> dict[str, str]:
    """Return the types of the parameters of a template and of all templates among the files.

    The template itself takes precedence. As in Heat (heat/engine/template.py,
    all_param_schemata).
    """
    types: dict[str, str] = {}
    for text in files.values():
        if isinstance(text, str):
            with contextlib.suppress(TemplateError):  # it is no template
                types.update(_declared_types(source.parse(text, max_size)))
    types.update(_declared_types(template))
    return types


def _declared_types(template: Any) -> dict[str, str]:
    """Return the types of the parameters of a template; none if it is not valid."""
    try:
        declared = parse_schema(cfn.as_hot(template)).parameters
    except TemplateError:
        return {}  # the error is reported when the template is compiled
    return {name: declaration.type for name, declaration in declared.items()}


def _share_strings(resources: Any) -> None:
    """Make equal short strings in declarations one object, to save memory.

    A million resources have few types and many equal values.
    """
    shared: dict[str, str] = {}
    for declaration in resources.values() if isinstance(resources, dict) else ():
        if not isinstance(declaration, dict):
            continue
        properties = declaration.get('properties')
        for part in (declaration, properties if isinstance(properties, dict) else {}):
            for key, value in part.items():
                if isinstance(value, str) and len(value) <= SHARED_LENGTH:
                    part[key] = shared.setdefault(value, value)


def options_of(args: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options among the arguments of a request, by name.

    :raises StackValidationFailed: if a value is not valid.
    """
    options: dict[str, Any] = {}
    for name, types in OPTIONS.items():
        if args.get(name) is None:
            continue
        value = args[name]
        if bool in types:
            value = _boolean(value)
        elif int in types:
            value = _integer(value)
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            type_names = ' or '.join(kind.__name__ for kind in types)
            raise exception.StackValidationFailed(message=f'{name}: it must be {type_names}')
        options[name] = value
    if 'timeout_mins' in options and not 0 < options['timeout_mins'] <= 60 * 24 * 365:
        raise exception.StackValidationFailed(
            message='timeout_mins: it must be a positive number of minutes, a year at most'
        )
    if isinstance(options.get('tags'), str):
        options['tags'] = options['tags'].split(',')
    for tag in options.get('tags', ()):
        if not isinstance(tag, str) or len(tag) > TAG_LENGTH or ',' in tag:
            raise exception.StackValidationFailed(
                message=f'tags: each has at most {TAG_LENGTH} characters, and no comma'
            )
    return options


def _boolean(value: Any) -> Any:
    """Return the boolean that a string writes, as in Heat; any other value as it is."""
    if isinstance(value, str) and value.strip().lower() in ('true', 'false'):
        return value.strip().lower() == 'true'
    return value


def _integer(value: Any) -> Any:
    """Return the integer that a string of digits writes, as in Heat; any other value as it is.

    heat-api-cfn sends all values as strings.
    """
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value
