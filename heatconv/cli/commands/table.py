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

"""All commands by name: a table, so that nothing is imported to list them.

Entry points would do too, but reading those of every installed package takes
longer than most commands do.
"""

from __future__ import annotations

import dataclasses
import importlib
from typing import Any

from cliff.commandmanager import CommandManager

#: The group of entry points that these commands would have.
GROUP = 'heatconv.cli'


@dataclasses.dataclass(frozen=True, slots=True)
class CommandEntry:
    """One command: looks like an entry point, imports its class when loaded.

    :ivar value: ``module:Class``.
    :ivar summary: the first line of the docstring of the class.
    """

    name: str
    value: str
    summary: str

    def load(self) -> Any:
        """Return the class of the command."""
        module, _, attribute = self.value.partition(':')
        return getattr(importlib.import_module(module), attribute)


ENTRIES = tuple(
    CommandEntry(name, f'heatconv.cli.commands.{value}', summary)
    for name, value, summary in (
        ('complete', 'help:Complete', 'Print the completion code for bash.'),
        ('help', 'help:Help', 'Show how to use a command.'),
        (
            'scenario explore',
            'scenarios:ScenarioExplore',
            'Try many orders, crashes and losses, by seed.',
        ),
        ('scenario list', 'scenarios:ScenarioList', 'List the scenarios of a directory.'),
        (
            'scenario replay',
            'scenarios:ScenarioReplay',
            'Run again what went wrong, to the same trace.',
        ),
        (
            'scenario run',
            'scenarios:ScenarioRun',
            'Run scenarios in the order of the prototype, a line for each.',
        ),
        ('stack cancel', 'stack_actions:Cancel', 'Stop the update of a stack.'),
        (
            'stack check',
            'inspections:Check',
            'Look whether the resources of a stack are what they should be.',
        ),
        ('stack create', 'stack_actions:Create', 'Create a stack from a template.'),
        ('stack delete', 'stack_actions:Delete', 'Delete stacks and all their resources.'),
        (
            'stack export',
            'snapshots:Export',
            'Show all of a stack, as JSON: template, environment, files and resources.',
        ),
        (
            'stack event list',
            'events:EventList',
            'List what happened to a stack, the oldest first.',
        ),
        (
            'stack hook clear',
            'inspections:HookClear',
            'Let a resource go on from a hook that it waits at.',
        ),
        ('stack list', 'stack_views:List', 'List the stacks of the project.'),
        ('stack output list', 'outputs:OutputList', 'List the outputs of a stack.'),
        ('stack output show', 'outputs:OutputShow', 'Show one output of a stack, or all.'),
        ('stack resource list', 'resources:ResourceList', 'List the resources of a stack.'),
        ('stack resource show', 'resources:ResourceShow', 'Show a resource of a stack.'),
        (
            'stack rollback',
            'stack_actions:Rollback',
            'Take a stack back to its last good template.',
        ),
        (
            'stack resource mark unhealthy',
            'inspections:MarkUnhealthy',
            'Have the next update replace a resource.',
        ),
        ('stack resume', 'inspections:Resume', 'Resume a stack that was suspended.'),
        (
            'stack snapshot create',
            'snapshots:SnapshotCreate',
            'Keep what a stack is, to go back to.',
        ),
        ('stack snapshot delete', 'snapshots:SnapshotDelete', 'Forget a snapshot.'),
        ('stack snapshot list', 'snapshots:SnapshotList', 'List the snapshots of a stack.'),
        (
            'stack snapshot restore',
            'snapshots:SnapshotRestore',
            'Have a stack be again what it was.',
        ),
        ('stack suspend', 'inspections:Suspend', 'Suspend a stack: it takes no updates.'),
        ('stack show', 'stack_views:Show', 'Show a stack.'),
        ('stack template show', 'stack_views:TemplateShow', 'Show the template of a stack.'),
        ('stack update', 'stack_actions:Update', 'Change a stack to a new template.'),
        ('stack validate', 'stack_views:Validate', 'Check a template and show its parameters.'),
        ('template validate', 'stack_views:Validate', 'Check a template and show its parameters.'),
    )
)


class CommandTable(CommandManager):
    """Finds commands in the table above."""

    def __init__(self) -> None:
        # Without a namespace cliff looks for no entry points.
        super().__init__(namespace=None)
        self.namespace = GROUP
        self.commands.update({entry.name: entry for entry in ENTRIES})  # type: ignore[misc]
