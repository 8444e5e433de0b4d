"""Tell of what kind a difference is, for the list of those that are meant."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from heatconv.hot.versions import FUNCTIONS
from heatconv.tests.differential import case as cases
from heatconv.tests.differential.case import TIME, WHOLE, Case, Difference


def _refused_here(difference: Difference, *words: str) -> bool:
    """Tell whether Heat accepts what is refused here, with such words in the error."""
    ours = difference.ours
    return (
        difference.place == WHOLE
        and difference.heat is None
        and ours is not None
        and all(word in ours.detail for word in words)
    )


def at_run_time(case: Case, difference: Difference) -> bool:
    """Tell whether it is about when an error that depends on run time is told."""
    text = json.dumps(case.template)
    return difference.place == TIME and any(
        word in text
        for word in ('"get_attr"', '"get_resource"', '"Ref"', '"OS::stack_', '"OS::project_')
    )


def constraint_of_raw_value(case: Case, difference: Difference) -> bool:
    """Tell whether it is a constraint that Heat holds a value to before it is converted."""
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


def default_of_another_type(case: Case, difference: Difference) -> bool:
    """Tell whether it is a default of the wrong type that is not used."""
    return _refused_here(difference, 'InvalidParameter: parameters.', '.default: ')


def not_of_the_type(case: Case, difference: Difference) -> bool:
    """Tell whether it is a value that is of the type to Python only."""
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
        for value in given
    )


def _is_written_oddly(value: Any) -> bool:
    """Tell whether only Python reads it as a number."""
    return isinstance(value, str) and ('_' in value or value.lower().strip('+-') in ('nan', 'inf'))


def never_met(case: Case, difference: Difference) -> bool:
    """Tell whether it is a constraint that nothing can meet."""
    return _refused_here(difference, 'InvalidParameter: parameters.', '.constraints.')


def several_errors(case: Case, difference: Difference) -> bool:
    """Tell whether it is which of several errors is told first."""
    heat, ours = difference.heat, difference.ours
    if difference.place != WHOLE or heat is None or ours is None:
        return False
    kinds = {heat.error, ours.error}
    return cases.INVALID in kinds and bool(kinds & {cases.MISSING, cases.UNKNOWN, cases.CIRCULAR})


def null_default(case: Case, difference: Difference) -> bool:
    """Tell whether it is a default that is a null in JSON."""
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


def unknown_key(case: Case, difference: Difference) -> bool:
    """Tell whether it is a key that Heat passes over."""
    return _refused_here(difference, 'InvalidArguments: ', ' it does not take ')


def frame(case: Case, difference: Difference) -> bool:
    """Tell whether it is something around the values that has the wrong shape."""
    return _refused_here(difference, 'InvalidSection: ', ': it must be ')


def pattern(case: Case, difference: Difference) -> bool:
    """Tell whether it is a pattern that matches in its second way."""
    heat = difference.heat
    return (
        difference.place == TIME
        and heat is not None
        and 'does not match pattern' in heat.detail
        and '|' in json.dumps(_declared(case))
    )


def breaks(case: Case, difference: Difference) -> bool:
    """Tell whether it is properties of a function, on which Heat breaks."""
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


def resolved_in_vain(case: Case, difference: Difference) -> bool:
    """Tell whether it is an argument of filter that Heat does not need."""
    ours = difference.ours
    return (
        ours is not None
        and '.filter.0' in ours.detail
        and (difference.heat is None or difference.heat.error is None)
    )


def same_everywhere(case: Case, difference: Difference) -> bool:
    """Tell whether it is what another host, or another time, would answer otherwise."""
    ours = difference.ours
    return _refused_here(difference, '.digest.0: there is no algorithm') or (
        ours is not None
        and '.yaql.expression: the expression fails: ValueError' in ours.detail
        and any(word in json.dumps(case.template) for word in ('now(', 'random(', 'randint('))
    )


def limited(case: Case, difference: Difference) -> bool:
    """Tell whether it is a limit that Heat has not."""
    ours = difference.ours
    return _refused_here(difference) and ours is not None and ours.error == cases.TOO_LARGE


def empty_section(case: Case, difference: Difference) -> bool:
    """Tell whether it is a null for a section of an environment."""
    heat = difference.heat
    return (
        difference.ours is None
        and heat is not None
        and 'environment has empty section' in heat.detail
    )


def names_of_types(case: Case, difference: Difference) -> bool:
    """Tell whether it is how names stand for types in an environment."""
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
