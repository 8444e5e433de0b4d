#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""Error messages for the terminal, and exit codes.

Exit code 0 means that the requested state was reached; 1 that a request failed or was refused;
2 that the usage or the input is invalid, so that a repetition fails again.
"""

from __future__ import annotations

import dataclasses
from typing import TextIO

from heatconv.cli.output.text import printable

FAILED = 1
BAD_INPUT = 2
#: As in shells: 128 plus the number of the signal (SIGINT, SIGPIPE).
INTERRUPTED = 130
BROKEN_PIPE = 141

#: Heat's error classes for invalid input: a repetition of the request is refused again.
INPUT_ERRORS = frozenset(
    {
        'CircularDependencyException',
        'ImmutableParameterModified',
        'Invalid',
        'InvalidSchemaError',
        'InvalidTemplateParameter',
        'InvalidTemplateReference',
        'InvalidTemplateSection',
        'InvalidTemplateVersion',
        'PropertyUnspecifiedError',
        'RequestLimitExceeded',
        'ResourcePropertyConflict',
        'ResourceTypeUnavailable',
        'StackExists',
        'StackResourceLimitExceeded',
        'StackValidationFailed',
        'UnknownUserParameter',
        'UserParameterMissing',
    }
)

#: Remedies by the name of Heat's error class.
REMEDIES = {
    'ActionInProgress': (
        'Wait until the current action ends, or stop it: heatconv stack cancel STACK'
    ),
    'StackExists': (
        'Choose another name, or update the existing stack: heatconv stack update STACK'
    ),
    'Unavailable': (
        'Check that heatconv-engine and heatconv-worker are running, and that --transport-url '
        'or --config-file is correct.'
    ),
    'UnknownUserParameter': (
        'List the parameters of the template: heatconv template validate -t FILE'
    ),
    'UserParameterMissing': 'Set it with --parameter KEY=VALUE or in an environment file (-e).',
}


class CommandError(Exception):
    """An error that the command line itself detects, not the engine.

    :param where: the location of the error: a file or a directory.
    :param remedy: a hint how the user can correct the error.
    """

    exit_code = FAILED

    def __init__(self, message: str, where: str | None = None, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.remedy = remedy


class UsageError(CommandError):
    """Invalid usage or input: a repetition fails again."""

    exit_code = BAD_INPUT


@dataclasses.dataclass(frozen=True, slots=True)
class Explanation:
    """The parts of a printed error, and the exit code of the command."""

    message: str
    exit_code: int = FAILED
    remedy: str | None = None


def is_missing(error: Exception) -> bool:
    """Say whether an error means that the requested object does not exist."""
    return getattr(error, 'error_type', None) in ('EntityNotFound', 'NotFound')


def explain(error: BaseException) -> Explanation:
    """Return the explanation of an error."""
    if isinstance(error, CommandError):
        where = f'{error.where}: ' if error.where else ''
        return Explanation(where + error.message, error.exit_code, error.remedy)
    error_type = getattr(error, 'error_type', None)
    if error_type is not None:
        # An error of the engine: see heatconv.exception.
        code = BAD_INPUT if error_type in INPUT_ERRORS else FAILED
        return Explanation(str(error) or error_type, code, _remedy(error_type, str(error)))
    if isinstance(error, OSError) and error.strerror:
        where = f'{error.filename}: ' if error.filename else ''
        return Explanation(f'{where}{error.strerror}')
    return Explanation(
        f'{type(error).__name__}: {error}',
        remedy='This is probably a defect of heatconv; --debug prints the traceback.',
    )


def _remedy(error_type: str, message: str) -> str | None:
    if error_type == 'EntityNotFound' and message.startswith('The Resource Type '):
        return 'List the resource types: heatconv resource type list'
    if error_type == 'EntityNotFound' and 'Stack' in message:
        return 'List the stacks: heatconv stack list'
    if error_type == 'ResourceNotFound':
        return 'List the resources: heatconv stack resource list STACK'
    return REMEDIES.get(error_type)


def report(error: BaseException, stream: TextIO) -> int:
    """Print an error and return its exit code."""
    explanation = explain(error)
    stream.write(f'heatconv: error: {printable(explanation.message)}\n')
    if explanation.remedy:
        stream.write(f'  {explanation.remedy}\n')
    stream.flush()
    return explanation.exit_code
