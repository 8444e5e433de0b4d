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

"""The table of all commands: their names, classes and summaries.

The overview is printed from the table, so that no command is imported for it. The table replaces
entry points: reading those of all installed packages takes longer than most commands.
"""

from __future__ import annotations

import dataclasses
import importlib
from typing import Any

from cliff.commandmanager import CommandManager

#: The group that these commands would have as entry points.
GROUP = 'heatconv.cli'


@dataclasses.dataclass(frozen=True, slots=True)
class CommandEntry:
    """One command, with the interface of an entry point: `load` imports its class.

    :ivar name: the words of the command.
    :ivar value: location of the class: ``module:Class``.
    :ivar summary: the first line of the docstring of the class.
    """

    name: str
    value: str
    summary: str

    def load(self) -> Any:
        """Import and return the class of the command."""
        module, _, attribute = self.value.partition(':')
        return getattr(importlib.import_module(module), attribute)


ENTRIES = tuple(
    CommandEntry(name, f'heatconv.cli.commands.{value}', summary)
    for name, value, summary in (
        ('complete', 'help:Complete', 'Print the code for command completion in bash.'),
        ('help', 'help:Help', 'Show the help of a command.'),
        (
            'resource type list',
            'types:TypeList',
            'List the resource types that a template can use.',
        ),
        (
            'resource type show',
            'types:TypeShow',
            'Show the properties and attributes of a resource type.',
        ),
        (
            'scenario explore',
            'explorations:ScenarioExplore',
            'Explore many schedules, with crashes and lost messages, by seed.',
        ),
        ('scenario list', 'scenarios:ScenarioList', 'List the scenarios of a directory.'),
        (
            'scenario replay',
            'explorations:ScenarioReplay',
            'Replay a failure that explore has found.',
        ),
        (
            'scenario run',
            'scenarios:ScenarioRun',
            'Run scenarios in the fixed order of the convergence prototype.',
        ),
        (
            'signal serve',
            'signals:Serve',
            'Take signals by HTTP on loopback, with an embedded engine, until it is interrupted.',
        ),
        ('stack cancel', 'stack_actions:Cancel', 'Cancel an update of a stack.'),
        (
            'stack check',
            'inspections:Check',
            'Check the health of the resources of a stack.',
        ),
        ('stack create', 'stack_actions:Create', 'Create a stack from a template.'),
        ('stack delete', 'stack_actions:Delete', 'Delete stacks and all their resources.'),
        (
            'stack export',
            'snapshots:Export',
            'Export a stack as JSON: template, environment, files and resources.',
        ),
        (
            'stack event list',
            'events:EventList',
            'List the events of a stack, oldest first.',
        ),
        (
            'stack hook clear',
            'inspections:HookClear',
            'Clear a hook at which a resource is paused.',
        ),
        ('stack list', 'stack_views:List', 'List the stacks of the project.'),
        ('stack output list', 'outputs:OutputList', 'List the outputs of a stack.'),
        ('stack output show', 'outputs:OutputShow', 'Show one output or all outputs of a stack.'),
        ('stack resource list', 'resources:ResourceList', 'List the resources of a stack.'),
        (
            'stack resource metadata',
            'resources:ResourceMetadata',
            'Show the metadata of a resource: for a server, also what is deployed on it.',
        ),
        ('stack resource show', 'resources:ResourceShow', 'Show a resource of a stack.'),
        (
            'stack rollback',
            'stack_actions:Rollback',
            'Roll back a stack to its last good template.',
        ),
        (
            'stack resource mark unhealthy',
            'inspections:MarkUnhealthy',
            'Mark a resource as unhealthy: the next update replaces it.',
        ),
        ('stack resume', 'inspections:Resume', 'Resume a suspended stack.'),
        (
            'stack snapshot create',
            'snapshots:SnapshotCreate',
            'Create a snapshot of a stack.',
        ),
        ('stack snapshot delete', 'snapshots:SnapshotDelete', 'Delete a snapshot.'),
        ('stack snapshot list', 'snapshots:SnapshotList', 'List the snapshots of a stack.'),
        (
            'stack snapshot restore',
            'snapshots:SnapshotRestore',
            'Restore a stack from a snapshot.',
        ),
        (
            'stack signal',
            'signals:Signal',
            'Send a signal to a resource: a handle, a scaling policy or a deployment.',
        ),
        ('stack suspend', 'inspections:Suspend', 'Suspend a stack: it then accepts no updates.'),
        ('stack show', 'stack_views:Show', 'Show a stack.'),
        ('stack template show', 'stack_views:TemplateShow', 'Show the template of a stack.'),
        ('stack update', 'stack_actions:Update', 'Update a stack to a new template.'),
        ('stack validate', 'stack_views:Validate', 'Check a template and show its parameters.'),
        ('template validate', 'stack_views:Validate', 'Check a template and show its parameters.'),
    )
)


class CommandTable(CommandManager):
    """Command manager that finds commands in the table."""

    def __init__(self) -> None:
        # Without a namespace cliff does not search for entry points.
        super().__init__(namespace=None)
        self.namespace = GROUP
        self.commands.update({entry.name: entry for entry in ENTRIES})  # type: ignore[misc]
