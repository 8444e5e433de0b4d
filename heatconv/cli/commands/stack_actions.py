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

"""Commands that change stacks: create, update, delete, roll back and cancel."""

from __future__ import annotations

import argparse
from typing import Any

from heatconv.cli import errors
from heatconv.cli.commands.base import STACK, ShowCommand, StackCommand
from heatconv.cli.commands.stack_views import RESULT_COLUMNS, stack_row
from heatconv.cli.connection import Session
from heatconv.cli.input import arguments
from heatconv.cli.input.arguments import positive
from heatconv.cli.input.inputs import read_inputs
from heatconv.cli.waiting.follower import newest_event
from heatconv.cli.waiting.progress import Goal

WAIT_HELP = 'Wait until the action ends. Without a server this is always done.'


def tags(text: str) -> list[str]:
    """Split a comma-separated list of tags."""
    return [tag.strip() for tag in text.split(',') if tag.strip()]


class Action(StackCommand):
    """Base class of commands that start a stack action and may wait for its end."""

    def finish(
        self,
        session: Session,
        identity: dict[str, Any],
        goal: Goal,
        wait: bool,
        marker: str | None = None,
        timeout_mins: int | None = None,
    ) -> None:
        """Wait for the stack if requested, and set the exit code if it misses the goal.

        With an embedded engine the wait is not optional, because the engine stops with this
        process.

        :param wait: whether to wait if daemons run the engine.
        :param marker: id of the newest event before the action; only later events are shown.
        :param timeout_mins: timeout of the action in minutes.
        """
        name = identity['stack_name']
        if not (wait or session.embedded):
            self.notice(
                f'{name}: request accepted. '
                f'To follow it: heatconv stack event list {name} --follow'
            )
            return
        timeout = timeout_mins * 60.0 if timeout_mins else None
        ending = self.follow(session, identity, goal, marker, timeout)
        if not goal.reached(ending):
            self.exit_code = errors.FAILED
        for resource, hook in ending.hooks:
            self.notice(
                f'{name} is paused at the hook {hook} of {resource}. '
                f'To continue: heatconv stack hook clear {name} {resource} {hook}'
            )
        self.settle(session, besides=(name,))


class _TemplateAction(Action, ShowCommand):
    """Base class of create and update: they accept a template, and show the stack at the end."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        arguments.add_input_options(parser, template_required=self.template_required)
        parser.add_argument('--wait', action='store_true', help=WAIT_HELP)
        parser.add_argument(
            '--timeout',
            metavar='MINUTES',
            type=positive,
            help='Timeout of the action. If it takes longer, the stack fails.',
        )
        parser.add_argument(
            '--tags', metavar='A,B', type=tags, help='Tags of the stack, separated by commas.'
        )
        return parser

    stack_help = 'Name of the stack.'
    template_required = True

    def common_arguments(self, args: argparse.Namespace) -> dict[str, Any]:
        """Return the request options that create and update have in common."""
        options: dict[str, Any] = {}
        if args.timeout is not None:
            options['timeout_mins'] = args.timeout
        if args.tags is not None:
            options['tags'] = args.tags
        return options

    def result(self, session: Session, identity: dict[str, Any]) -> Any:
        """Return the current state of the stack."""
        stack = session.call('show_stack', stack_identity=identity, resolve_outputs=False)[0]
        return RESULT_COLUMNS, stack_row(stack, RESULT_COLUMNS)


class Create(_TemplateAction):
    """Create a stack from a template."""

    stack_help = 'Name of the new stack.'
    examples = (
        'heatconv stack create demo -t web.yaml\n'
        'heatconv stack create demo -t web.yaml -e test.yaml --parameter size=2\n'
        'heatconv stack create demo -t https://example.org/web/top.yaml\n'
        'heatconv stack create demo -t web.yaml -f json | jq -r .id'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            '--enable-rollback',
            action='store_true',
            help='Delete the created resources if the stack fails (default: keep them).',
        )
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        """Create the stack and return it."""
        inputs = read_inputs(args, self.app.stdin, self.app.settings)
        options = self.common_arguments(args)
        options['disable_rollback'] = not args.enable_rollback
        with self.session() as session:
            identity = session.call(
                'create_stack',
                stack_name=args.stack,
                template=inputs.template,
                params=inputs.environment,
                files=inputs.files,
                args=options,
            )
            self.finish(session, identity, Goal(('CREATE',)), args.wait, timeout_mins=args.timeout)
            return self.result(session, identity)


class Update(_TemplateAction):
    """Update a stack to a new template.

    Resources that are the same in both templates are not changed. An update is accepted at any
    time; it supersedes an update in progress.
    """

    stack_help = STACK
    template_required = False
    examples = (
        'heatconv stack update demo -t web.yaml --parameter size=3\n'
        'heatconv stack update demo --existing --parameter size=3'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            '--existing',
            action='store_true',
            help='Keep the current template and parameters, except those that are given.',
        )
        rollback = parser.add_mutually_exclusive_group()
        rollback.add_argument(
            '--enable-rollback',
            dest='rollback',
            action='store_true',
            default=None,
            help='Roll back to the last good template if the stack fails '
            '(default: the current setting of the stack).',
        )
        rollback.add_argument(
            '--disable-rollback',
            dest='rollback',
            action='store_false',
            help='Do not roll back if the stack fails.',
        )
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        """Update the stack and return it."""
        if args.template is None and not args.existing:
            raise errors.UsageError(
                'an update needs a template: -t FILE',
                remedy='To keep the current template, use --existing.',
            )
        inputs = read_inputs(args, self.app.stdin, self.app.settings)
        options = self.common_arguments(args)
        if args.existing:
            options['existing'] = True
        if args.rollback is not None:
            options['disable_rollback'] = not args.rollback
        with self.session() as session:
            identity = session.identify(args.stack)
            marker = newest_event(session, identity)
            identity = session.call(
                'update_stack',
                stack_identity=identity,
                template=inputs.template or None,
                params=inputs.environment,
                files=inputs.files,
                args=options,
            )
            self.finish(session, identity, Goal(('UPDATE',)), args.wait, marker, args.timeout)
            return self.result(session, identity)


class Delete(Action):
    """Delete stacks and all their resources.

    A stack can be deleted at any time, even during another action.
    """

    examples = 'heatconv stack delete demo\nheatconv stack delete --yes demo test'

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        parser.add_argument('stacks', metavar='STACK', nargs='+', help='Name or id of a stack.')
        parser.add_argument(
            '-y',
            '--yes',
            action='store_true',
            help='Do not ask for confirmation, which is asked for only on a terminal.',
        )
        parser.add_argument('--wait', action='store_true', help=WAIT_HELP)
        return parser

    def take_action(self, args: argparse.Namespace) -> int:
        """Delete the stacks."""
        with self.session() as session:
            identities = self._identify(session, args.stacks)
            if not identities or not (args.yes or self._confirmed(identities)):
                self.settle(session)
                return errors.FAILED
            markers = [newest_event(session, identity) for identity in identities]
            for identity in identities:
                # All requests are sent before the first wait: the stacks are deleted concurrently.
                session.call('delete_stack', stack_identity=identity)
            for identity, marker in zip(identities, markers, strict=True):
                self.finish(session, identity, Goal(('DELETE',)), args.wait, marker)
        return 0

    def _identify(self, session: Session, names: list[str]) -> list[dict[str, Any]]:
        """Return the identities of the existing stacks, each once; report the missing ones."""
        identities: dict[str, dict[str, Any]] = {}
        for name in names:
            try:
                identity = session.identify(name)
            except Exception as error:
                if not errors.is_missing(error):
                    raise
                self.exit_code = errors.report(error, self.app.stderr)
            else:
                identities[identity['stack_id']] = identity
        return list(identities.values())

    def _confirmed(self, identities: list[dict[str, Any]]) -> bool:
        if not (self.app.stdin.isatty() and self.app.stderr.isatty()):
            return True
        names = ', '.join(identity['stack_name'] for identity in identities)
        noun = 'stack' if len(identities) == 1 else 'stacks'
        self.app.stderr.write(f'Delete {noun} {names} and all resources? [y/N] ')
        self.app.stderr.flush()
        if self.app.stdin.readline().strip().lower() in ('y', 'yes'):
            return True
        self.app.stderr.write('Nothing was deleted.\n')
        return False


class Rollback(Action):
    """Roll back a stack to its last good template.

    The last good template is that of the last create or update that was completed.
    """

    stack_help = STACK
    examples = 'heatconv stack rollback demo'

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        parser.add_argument('--wait', action='store_true', help=WAIT_HELP)
        return parser

    def take_action(self, args: argparse.Namespace) -> int:
        """Roll back the stack."""
        with self.session() as session:
            identity = session.identify(args.stack)
            marker = newest_event(session, identity)
            session.call('stack_rollback', stack_identity=identity)
            stack = session.call('show_stack', stack_identity=identity, resolve_outputs=False)[0]
            action = stack['stack_action']
            if stack['stack_status'] == 'COMPLETE' and action != 'ROLLBACK':
                self.notice(
                    f'{identity["stack_name"]} is {action}_COMPLETE: '
                    'it already has its last good template.'
                )
                self.settle(session)
                return 0
            # A stack whose action in progress leads to the last good template continues that
            # action: its end is also the goal.
            self.finish(session, identity, Goal(('ROLLBACK', action)), args.wait, marker)
        return 0


class Cancel(Action):
    """Cancel an update of a stack.

    The stack then rolls back to its last good template, unless --no-rollback is given.
    """

    stack_help = STACK
    examples = 'heatconv stack cancel demo\nheatconv stack cancel --no-rollback demo'

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            '--no-rollback',
            action='store_true',
            help='Stop the action without a rollback; this also stops a create.',
        )
        parser.add_argument('--wait', action='store_true', help=WAIT_HELP)
        return parser

    def take_action(self, args: argparse.Namespace) -> int:
        """Cancel the action in progress, and wait for the stack."""
        goal = Goal(('ROLLBACK',))
        if args.no_rollback:
            goal = Goal(('CREATE', 'UPDATE', 'ROLLBACK'), status='FAILED')
        with self.session() as session:
            identity = session.identify(args.stack)
            marker = newest_event(session, identity)
            session.call(
                'stack_cancel_update',
                stack_identity=identity,
                cancel_with_rollback=not args.no_rollback,
            )
            self.finish(session, identity, goal, args.wait, marker)
        return 0
