"""The differences from Heat that are meant, each with its reason.

Each has cases of its own in ``cases/deliberate.yaml``, which must differ: one that does
not differ any more is to be taken off this list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from heatconv.tests.differential import kinds
from heatconv.tests.differential.case import Case, Difference


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


DELIBERATE = (
    Deliberate(
        'told at run time',
        'Heat resolves properties before it creates anything, with null for what attributes '
        'will give, and refuses what fails so. Here a function waits until all that it is '
        'given is known: what fails only for that null works, and what fails anyhow fails '
        'with its resource.',
        kinds.at_run_time,
    ),
    Deliberate(
        'constraints look at converted values',
        'Heat holds a value or a default to its constraints as it was written: a number for '
        'a string breaks with a TypeError, the length of a default in JSON is that of its '
        'text. Here they look at the value that the template will see.',
        kinds.constraint_of_raw_value,
    ),
    Deliberate(
        'defaults have the type of their parameter',
        'Heat does not look at a default that is not used. Here a wrong one is found at '
        'once, not by whoever leaves the parameter out first.',
        kinds.default_of_another_type,
    ),
    Deliberate(
        'values have their type',
        'Heat takes true for a number, reads numbers as Python does (1_000, nan), and cuts the '
        'fraction off for a property that is an integer. Here these are refused: none of them '
        'was meant.',
        kinds.not_of_the_type,
    ),
    Deliberate(
        'constraints can be met',
        'Heat takes declarations that no value can meet, such as min above max, an empty '
        'list of allowed values or ones of another type, and then refuses every value.',
        kinds.never_met,
    ),
    Deliberate(
        'which of several errors is told first',
        'Where a declaration is wrong and a value is missing, or unknown, or there is a circle '
        'too, either may be told first. Here declarations are read before values, and the '
        'graph comes last.',
        kinds.several_errors,
    ),
    Deliberate(
        'a default of null is none',
        'Heat takes the JSON "null" as a default that is there. Here a null is no value, '
        'however it is written.',
        kinds.null_default,
    ),
    Deliberate(
        'unknown keys are refused',
        'Heat looks at the keys it knows of some functions, and passes over others. Here they '
        'are refused: they are typing errors.',
        kinds.unknown_key,
    ),
    Deliberate(
        'a null is an empty section',
        'In environments, other than in templates, Heat refuses it: here the two are alike.',
        kinds.empty_section,
    ),
    Deliberate(
        'the same everywhere and always',
        'Heat takes the algorithms of whatever OpenSSL it runs with, and expressions that '
        'ask for the time or for chance. Here a template means the same on every host and '
        'whenever it is read, so only the algorithms that Python always has are taken.',
        kinds.same_everywhere,
    ),
    Deliberate(
        'limits',
        'Heat has a limit on the size of the text and none on its depth, or on what it '
        'grows to. Here both are limited, so that no template can take a worker down.',
        kinds.limited,
    ),
    Deliberate(
        'the frame is looked at',
        'Heat does not look at flags and the like until something breaks on them.',
        kinds.frame,
    ),
    Deliberate(
        'patterns match if they can',
        'Heat takes the first way in which a pattern matches a beginning and then asks '
        'whether that is all. Here a pattern takes linear time, and a value is allowed if '
        'all of it matches in any way.',
        kinds.pattern,
    ),
    Deliberate(
        'properties may come of a function',
        'Heat says that they may, and breaks with a TypeError when it validates them.',
        kinds.breaks,
    ),
    Deliberate(
        'what is given is resolved',
        'Heat does not resolve what filter is to take away if there is nothing to take it '
        'from. Here all arguments are resolved, so an error in one is found.',
        kinds.resolved_in_vain,
    ),
)

#: What differs, is not meant, and waits for its turn.
OPEN = (
    Deliberate(
        'names of types',
        'In Heat a null takes away only what the environment itself has said before, a name '
        'for a type that is not there is passed over, of several names that fit the first in '
        'the alphabet counts (a * before letters), and below "resources" names of resources '
        'and types are whole ones: heatconv/hot/registry.py.',
        kinds.names_of_types,
    ),
)
