"""The differences from Heat that are meant, each with its reason.

Each has cases of its own in ``cases/deliberate.yaml``, which must differ: one that does
not differ any more is to be taken off this list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heatconv.hot.versions import ACCEPTED, FUNCTIONS, KEY
from heatconv.tests.differential import case as cases
from heatconv.tests.differential.case import TIME, WHOLE, Case, Difference


@dataclass(frozen=True)
class Deliberate:
    """A kind of difference that is meant.

    :ivar explains: tells whether a difference of a case is of this kind.
    """

    name: str
    reason: str
    explains: Callable[[Case, Difference], bool]


def explained(case: Case, difference: Difference) -> Deliberate | None:
    """Find what explains a difference, if it is meant."""
    for one in (*DELIBERATE, *OPEN):
        if one.explains(case, difference):
            return one
    return None


def _refused_here(difference: Difference, *words: str) -> bool:
    """Tell whether Heat accepts what is refused here, with such words in the error."""
    ours = difference.ours
    return (
        difference.place == WHOLE
        and difference.heat is None
        and ours is not None
        and all(word in ours.detail for word in words)
    )


def _at_run_time(case: Case, difference: Difference) -> bool:
    text = json.dumps(case.template)
    return difference.place == TIME and any(
        word in text
        for word in ('"get_attr"', '"get_resource"', '"Ref"', '"OS::stack_', '"OS::project_')
    )


def _constraint_of_raw_value(case: Case, difference: Difference) -> bool:
    heat = difference.heat
    return (
        difference.place == TIME
        and heat is not None
        and any(
            word in heat.detail
            for word in ('has no len()', 'Invalid default', 'expected string or bytes-like')
        )
        and any('constraints' in one for one in _declared(case))
    )


def _default_of_another_type(case: Case, difference: Difference) -> bool:
    return _refused_here(difference, 'InvalidParameter: parameters.', '.default: ')


def _not_of_the_type(case: Case, difference: Difference) -> bool:
    for type_ in ('a number such as', 'an integer such as'):
        if _refused_here(difference, 'InvalidProperty: resources.', f': it must be {type_}'):
            return True
    if not _refused_here(difference, 'InvalidParameter: parameter'):
        return False
    given: list[Any] = []
    for section in ('parameters', 'parameter_defaults'):
        given += (case.environment.get(section) or {}).values()
    given += [one.get('default') for one in _declared(case)]
    types = {one.get('type') for one in _declared(case)}
    return any(
        ('number' in types and (isinstance(value, bool) or _is_written_oddly(value)))
        or ('string' in types and isinstance(value, dict | list))
        or (
            'comma_delimited_list' in types
            and isinstance(value, list)
            and any(item is None or isinstance(item, dict | list) for item in value)
        )
        for value in given
    )


def _is_written_oddly(value: Any) -> bool:
    return isinstance(value, str) and ('_' in value or value.lower().strip('+-') in ('nan', 'inf'))


def _never_met(case: Case, difference: Difference) -> bool:
    return _refused_here(difference, 'InvalidParameter: parameters.', '.constraints.')


def _several_errors(case: Case, difference: Difference) -> bool:
    heat, ours = difference.heat, difference.ours
    if difference.place != WHOLE or heat is None or ours is None:
        return False
    kinds = {heat.error, ours.error}
    return cases.INVALID in kinds and bool(kinds & {cases.MISSING, cases.UNKNOWN, cases.CIRCULAR})


def _null_default(case: Case, difference: Difference) -> bool:
    ours = difference.ours
    return (
        difference.heat is None
        and ours is not None
        and ours.error == cases.MISSING
        and any(
            one.get('type') == 'json' and str(one.get('default')).strip() == 'null'
            for one in _declared(case)
        )
    )


def _function_as_data(case: Case, difference: Difference) -> bool:
    version = ACCEPTED.get(str(case.template.get(KEY)))
    if version is None or not _refused_here(difference, 'UnknownFunction: '):
        return False
    text = json.dumps(case.template)
    later = (name for name, dates in FUNCTIONS.items() if dates[0] > version.date)
    return any(f'"{name}"' in text for name in later) or any(
        f'{{"{start}' in text for start in ('get_', 'Fn::', 'str_', 'list_', 'map_')
    )


def _checked_by_plugin(case: Case, difference: Difference) -> bool:
    heat = difference.heat
    return (
        difference.place == TIME
        and heat is not None
        and 'Length property cannot be smaller than' in heat.detail
    )


def _null_condition(case: Case, difference: Difference) -> bool:
    return _refused_here(difference, 'a condition must be a name', 'not null')


def _unknown_key(case: Case, difference: Difference) -> bool:
    return any(
        _refused_here(difference, *words)
        for words in (
            ('InvalidSection: outputs.', ' has no '),
            ('InvalidArguments: ', ' it does not take '),
        )
    )


def _frame(case: Case, difference: Difference) -> bool:
    return _refused_here(difference, 'InvalidSection: ', ': it must be ') or _refused_here(
        difference, 'InvalidSection: parameter_groups.', 'a group has no '
    )


def _pattern(case: Case, difference: Difference) -> bool:
    heat = difference.heat
    return (
        difference.place == TIME
        and heat is not None
        and 'does not match pattern' in heat.detail
        and '|' in json.dumps(_declared(case))
    )


#: In a condition, or in one of several that are taken together.
_CONDITION = re.compile(
    r': conditions\.|\.(?:and|or)(?:\.[a-z0-9]+)*: (?:a|there is no) condition'
)


def _condition_not_asked_for(case: Case, difference: Difference) -> bool:
    ours = difference.ours
    accepted = difference.heat is None or difference.heat.error is None
    return accepted and ours is not None and _CONDITION.search(ours.detail) is not None


def _breaks(case: Case, difference: Difference) -> bool:
    heat = difference.heat
    return (
        difference.place == WHOLE
        and difference.ours is None
        and heat is not None
        and 'is not iterable' in heat.detail
        and any(
            isinstance(one, Mapping) and set(one.get('properties') or ()) & set(FUNCTIONS)
            for one in (case.template.get('resources') or {}).values()
        )
    )


def _resolved_in_vain(case: Case, difference: Difference) -> bool:
    ours = difference.ours
    return (
        ours is not None
        and '.filter.0' in ours.detail
        and (difference.heat is None or difference.heat.error is None)
    )


def _empty_text(case: Case, difference: Difference) -> bool:
    return _refused_here(
        difference, 'map_merge: it needs a list of maps, not a string'
    ) or _refused_here(difference, 'MemberListToMap.2: it must be a list, not a string')


def _pseudo_in_condition(case: Case, difference: Difference) -> bool:
    text = json.dumps(case.template)
    if not any(word in text for word in ('"OS::stack_', '"OS::project_')):
        return False
    late = difference.heat is not None and difference.ours is None and '"if"' in text
    return (
        _refused_here(difference, 'must be known before run time')
        or _refused_here(difference, '.if.')
        or (difference.place == WHOLE and late)
        or (difference.place.endswith('.requires') and '"if"' in text)
    )


def _key_of_another_kind(case: Case, difference: Difference) -> bool:
    return _refused_here(difference, '.map_replace.', 'keys: a key must be a string')


def _same_everywhere(case: Case, difference: Difference) -> bool:
    ours = difference.ours
    return _refused_here(difference, '.digest.0: there is no algorithm') or (
        ours is not None
        and '.yaql.expression: the expression fails: ValueError' in ours.detail
        and any(word in json.dumps(case.template) for word in ('now(', 'random(', 'randint('))
    )


def _limited(case: Case, difference: Difference) -> bool:
    ours = difference.ours
    return _refused_here(difference) and ours is not None and ours.error == cases.TOO_LARGE


def _empty_section(case: Case, difference: Difference) -> bool:
    heat = difference.heat
    return (
        difference.ours is None
        and heat is not None
        and 'environment has empty section' in heat.detail
    )


def _names_of_types(case: Case, difference: Difference) -> bool:
    registry = case.environment.get('resource_registry')
    details = ''.join(one.detail for one in (difference.heat, difference.ours) if one is not None)
    return bool(registry) and (
        any(word in details for word in ('UnknownType', 'RecursionError', 'Resource Type'))
        or difference.place.endswith('.properties')
        or 'must be a string' in details
    )


def _declared(case: Case) -> Sequence[Mapping[str, Any]]:
    section = case.template.get('parameters')
    declared = section.values() if isinstance(section, Mapping) else ()
    return [one for one in declared if isinstance(one, Mapping)]


DELIBERATE = (
    Deliberate(
        'told at run time',
        'Heat resolves properties before it creates anything, with null for what attributes '
        'will give, and refuses what fails so. Here a function waits until all that it is '
        'given is known: what fails only for that null works, and what fails anyhow fails '
        'with its resource.',
        _at_run_time,
    ),
    Deliberate(
        'constraints look at converted values',
        'Heat holds a value or a default to its constraints as it was written: a number for '
        'a string breaks with a TypeError, the length of a default in JSON is that of its '
        'text. Here they look at the value that the template will see.',
        _constraint_of_raw_value,
    ),
    Deliberate(
        'defaults have the type of their parameter',
        'Heat does not look at a default that is not used. Here a wrong one is found at '
        'once, not by whoever leaves the parameter out first.',
        _default_of_another_type,
    ),
    Deliberate(
        'values have their type',
        'Heat takes true for a number, writes a map or list given for a string as Python '
        'does, a null in a list as "None", reads numbers as Python does (1_000, nan), and cuts '
        'the fraction off for a property that is an integer. Here these are refused: none of '
        'them was meant.',
        _not_of_the_type,
    ),
    Deliberate(
        'constraints can be met',
        'Heat takes declarations that no value can meet, such as min above max, an empty '
        'list of allowed values or ones of another type, and then refuses every value.',
        _never_met,
    ),
    Deliberate(
        'which of several errors is told first',
        'Where a declaration is wrong and a value is missing, or unknown, or there is a circle '
        'too, either may be told first. Here declarations are read before values, and the '
        'graph comes last.',
        _several_errors,
    ),
    Deliberate(
        'a default of null is none',
        'Heat takes the JSON "null" as a default that is there. Here a null is no value, '
        'however it is written.',
        _null_default,
    ),
    Deliberate(
        'functions of other versions are not data',
        'In Heat a map with the name of a function that only later versions have, or that '
        'none has, is a plain map. Here it is refused: it was meant as a function.',
        _function_as_data,
    ),
    Deliberate(
        'unknown keys are refused',
        'Heat looks at the keys it knows of an output and of some functions, and passes over '
        'others. Here they are refused: they are typing errors.',
        _unknown_key,
    ),
    Deliberate(
        'a null is an empty section',
        'In environments, other than in templates, Heat refuses it: here the two are alike.',
        _empty_section,
    ),
    Deliberate(
        'keys are strings',
        'Heat takes a number for a new key, which JSON then writes as a string.',
        _key_of_another_kind,
    ),
    Deliberate(
        'the same everywhere and always',
        'Heat takes the algorithms of whatever OpenSSL it runs with, and expressions that '
        'ask for the time or for chance. Here a template means the same on every host and '
        'whenever it is read, so only the algorithms that Python always has are taken.',
        _same_everywhere,
    ),
    Deliberate(
        'limits',
        'Heat has a limit on the size of the text and none on its depth, or on what it '
        'grows to. Here both are limited, so that no template can take a worker down.',
        _limited,
    ),
    Deliberate(
        'a null is no condition',
        'To Heat a null in place of a condition holds. Here it is refused: something was '
        'forgotten.',
        _null_condition,
    ),
    Deliberate(
        'properties that contradict each other',
        'Types of Heat have checks of their own, of several properties together, which run '
        'before anything is created. Plugins find the same when they create.',
        _checked_by_plugin,
    ),
    Deliberate(
        'the frame is looked at',
        'Heat does not look at descriptions, labels, flags and the like until something '
        'breaks on them, and takes anything empty for an empty section.',
        _frame,
    ),
    Deliberate(
        'patterns match if they can',
        'Heat takes the first way in which a pattern matches a beginning and then asks '
        'whether that is all. Here a pattern takes linear time, and a value is allowed if '
        'all of it matches in any way.',
        _pattern,
    ),
    Deliberate(
        'conditions that nobody asks for are looked at',
        'Heat finds what is wrong in a condition when something depends on it, and of several '
        'with "and" or "or" does not look at those that do not matter any more. Here all are '
        'computed at once.',
        _condition_not_asked_for,
    ),
    Deliberate(
        'properties may come of a function',
        'Heat says that they may, and breaks with a TypeError when it validates them.',
        _breaks,
    ),
    Deliberate(
        'what is given is resolved',
        'Heat does not resolve what filter is to take away if there is nothing to take it '
        'from. Here all arguments are resolved, so an error in one is found.',
        _resolved_in_vain,
    ),
    Deliberate(
        'an empty text is no list',
        'Heat merges an empty text, which to Python is a sequence without an item.',
        _empty_text,
    ),
)

#: What differs, is not meant, and waits for its turn.
OPEN = (
    Deliberate(
        'pseudo parameters in conditions',
        'The name of a stack, and its project, are known at run time only. So no resource or '
        'output can have a condition of them, and an if that has depends on both of its '
        'values: heatconv/hot/functions/conditions.py.',
        _pseudo_in_condition,
    ),
    Deliberate(
        'names of types',
        'In Heat a null takes away only what the environment itself has said before, a name '
        'for a type that is not there is passed over, of several names that fit the first in '
        'the alphabet counts (a * before letters), and below "resources" names of resources '
        'and types are whole ones: heatconv/hot/registry.py.',
        _names_of_types,
    ),
)
