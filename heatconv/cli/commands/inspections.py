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

"""Commands that inspect a stack, clear its hooks, and mark its resources."""

from __future__ import annotations

import argparse

from heatconv.cli.commands.base import ANY_GOAL, STACK, StackCommand
from heatconv.cli.commands.stack_actions import WAIT_HELP, Action
from heatconv.cli.waiting.follower import newest_event
from heatconv.cli.waiting.progress import Goal
from heatconv.convergence.hooks import HOOKS


class _Inspection(Action):
    """Base class of check, suspend and resume, which inspect each resource.

    :ivar method: RPC method of the engine that starts the inspection.
    :ivar action: action of the stack during the inspection.
    """

    method: str
    action: str
    stack_help = STACK

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        parser.add_argument('--wait', action='store_true', help=WAIT_HELP)
        return parser

    def take_action(self, args: argparse.Namespace) -> int:
        """Request the inspection, and wait for the stack."""
        with self.session() as session:
            identity = session.identify(args.stack)
            marker = newest_event(session, identity)
            session.call(self.method, stack_identity=identity)
            self.finish(session, identity, Goal((self.action,)), args.wait, marker)
        return 0


class Check(_Inspection):
    """Check the health of the resources of a stack.

    An unhealthy resource becomes CHECK_FAILED; the next update replaces it.
    """

    examples = 'heatconv stack check demo'
    method, action = 'stack_check', 'CHECK'


class Suspend(_Inspection):
    """Suspend a stack: it then accepts no updates.

    A suspended stack can be resumed or deleted.
    """

    examples = 'heatconv stack suspend demo'
    method, action = 'stack_suspend', 'SUSPEND'


class Resume(_Inspection):
    """Resume a suspended stack."""

    examples = 'heatconv stack resume demo'
    method, action = 'stack_resume', 'RESUME'


class HookClear(Action):
    """Clear a hook at which a resource is paused.

    Hooks are set in an environment file, in the section resource_registry, under resources.
    """

    stack_help = STACK
    examples = 'heatconv stack hook clear demo server pre-create'

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        parser.add_argument('resource', metavar='RESOURCE', help='Name of the resource.')
        parser.add_argument('hook', metavar='HOOK', choices=HOOKS, help=', '.join(HOOKS))
        parser.add_argument('--wait', action='store_true', help=WAIT_HELP)
        return parser

    def take_action(self, args: argparse.Namespace) -> int:
        """Clear the hook, and wait for the stack."""
        with self.session() as session:
            identity = session.identify(args.stack)
            marker = newest_event(session, identity)
            session.call(
                'resource_signal',
                stack_identity=identity,
                resource_name=args.resource,
                details={'unset_hook': args.hook},
            )
            self.finish(session, identity, ANY_GOAL, args.wait, marker)
        return self.exit_code


class MarkUnhealthy(StackCommand):
    """Mark a resource as unhealthy: the next update replaces it."""

    stack_help = STACK
    examples = (
        'heatconv stack resource mark unhealthy demo server "the disk is broken"\n'
        'heatconv stack resource mark unhealthy --reset demo server'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            'resource', metavar='RESOURCE', help='Name or physical id of the resource.'
        )
        parser.add_argument(
            'reason', metavar='REASON', nargs='?', help='Status reason of the resource.'
        )
        parser.add_argument(
            '--reset', action='store_true', help='Remove the mark: the resource is healthy.'
        )
        return parser

    def take_action(self, args: argparse.Namespace) -> int:
        """Mark the resource, or remove its mark."""
        with self.settled_session() as session:
            session.call(
                'resource_mark_unhealthy',
                stack_identity=session.identify(args.stack),
                resource_name=args.resource,
                mark_unhealthy=not args.reset,
                resource_status_reason=args.reason,
            )
        return 0
