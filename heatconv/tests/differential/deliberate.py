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
    for one in DELIBERATE:
        if one.explains(case, difference):
            return one
    return None


DELIBERATE = (
    Deliberate(
        'errors at run time',
        'Heat resolves properties before it creates anything, with null in place of '
        'attributes, and refuses what fails then. heatconv calls a function once all of its '
        'arguments are known. So what fails only because of that null works, and another '
        'failure is one of its resource.',
        kinds.at_run_time,
    ),
    Deliberate(
        'constraints look at converted values',
        'Heat applies constraints to values and defaults as they are written. So a number for '
        'a string raises a TypeError, and the length of a default in JSON is that of its '
        'text. heatconv applies them to the value that the template sees.',
        kinds.constraint_of_raw_value,
    ),
    Deliberate(
        'defaults have the type of their parameter',
        'Heat does not check a default that is not used. heatconv refuses one of another type.',
        kinds.default_of_another_type,
    ),
    Deliberate(
        'values have their type',
        'Heat accepts true for a number, reads numbers as Python does (1_000, nan), and drops '
        'the fraction of a number for an integer. heatconv refuses these.',
        kinds.not_of_the_type,
    ),
    Deliberate(
        'constraints can be met',
        'Heat accepts constraints that no value can meet, such as min above max or an empty '
        'list of allowed values, and then refuses every value. heatconv refuses the '
        'constraint.',
        kinds.never_met,
    ),
    Deliberate(
        'which of several errors is reported',
        'If a template has several errors, Heat and heatconv may report different ones. '
        'heatconv checks declarations before values, and the dependencies last.',
        kinds.several_errors,
    ),
    Deliberate(
        'a default of null is none',
        'Heat takes the JSON text null as a default that exists. In heatconv a null is no '
        'value, however it is written.',
        kinds.null_default,
    ),
    Deliberate(
        'unknown keys are refused',
        'Heat ignores unknown keys in the arguments of some functions. heatconv refuses them.',
        kinds.unknown_key,
    ),
    Deliberate(
        'a null is an empty section',
        'Heat refuses a null section in an environment, but not in a template. heatconv '
        'accepts both.',
        kinds.empty_section,
    ),
    Deliberate(
        'the same everywhere and always',
        'Heat accepts the hash algorithms of the installed OpenSSL, and yaql expressions that '
        'use the time or random numbers. In heatconv a template has the same result on every '
        'host and at any time, so it accepts only the algorithms that every Python has.',
        kinds.same_everywhere,
    ),
    Deliberate(
        'limits',
        'Heat limits the size of a template, but not its depth, nor the size of results. '
        'heatconv limits them, so that no template can stop a worker.',
        kinds.limited,
    ),
    Deliberate(
        'malformed sections',
        'Heat does not check the types of some keys, such as flags, until they are used. '
        'heatconv does.',
        kinds.frame,
    ),
    Deliberate(
        'patterns match if they can',
        'Heat takes the first match at the beginning of a value and then compares its length. '
        'heatconv accepts a value if the whole of it matches in any way, in linear time.',
        kinds.pattern,
    ),
    Deliberate(
        'properties from a function',
        'Heat documents that they may, and raises a TypeError in its validation. heatconv '
        'accepts them.',
        kinds.breaks,
    ),
    Deliberate(
        'all arguments are resolved',
        'Heat does not resolve the values that filter removes if its list is empty. heatconv '
        'resolves all arguments, and reports their errors.',
        kinds.resolved_in_vain,
    ),
    Deliberate(
        'names of types',
        'In the resource registry of Heat a null removes only what the same environment has '
        'set, a mapping to a type that does not exist is ignored, and of several matching '
        'names the first in the alphabet is used. In heatconv a null forbids the type, such a '
        'mapping is an error, and the longest match is used.',
        kinds.names_of_types,
    ),
)
