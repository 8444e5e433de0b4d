"""What requests do: check, save the wish, announce it, answer.

The caller has its answer as soon as the wish is saved; everything else is done
by whoever gets to it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heatconv import exception
from heatconv.convergence import check, hooks, states
from heatconv.convergence import stack as stack_rules
from heatconv.convergence.model import ADOPTED, Action, Resource, Stack, Status
from heatconv.convergence.step import Verdict
from heatconv.engine import archive, errors
from heatconv.engine.content import StackContent
from heatconv.engine.nested import descendants
from heatconv.hot.errors import TemplateError
from heatconv.runtime.context import current_request_id
from heatconv.runtime.ports import Clock, Ids
from heatconv.storage.base import Request, Snapshot, StackQuery, Store
from heatconv.storage.handlers import Announcer
from heatconv.templates.cache import MissingTemplate, TemplateCache
from heatconv.templates.compiled import CompiledTemplate


@dataclass(frozen=True, slots=True)
class Limits:
    """What users may ask for at most.

    :ivar timeout_mins: how long a stack may take where nothing else is said.
    :ivar abandon: whether a stack may be deleted without its resources.
    :ivar adopt: whether a stack may be made of resources that are there.
    """

    max_stacks_per_project: int = 512
    max_resources_per_stack: int = 1_000_000
    timeout_mins: int = 60
    abandon: bool = False
    adopt: bool = False


#: What can be cancelled where it is.
CANCELLED = (Action.UPDATE, Action.CREATE)


class Requests:
    """Takes the requests of users that change stacks.

    :param request_id: says which request is being answered, for the logs of what is done
        for it.
    """

    def __init__(
        self,
        store: Store,
        templates: TemplateCache,
        announcer: Announcer,
        clock: Clock,
        ids: Ids,
        limits: Limits | None = None,
        request_id: Callable[[], str] = current_request_id,
    ) -> None:
        self._store = store
        self._templates = templates
        self._announcer = announcer
        self._clock = clock
        self._ids = ids
        self._limits = limits or Limits()
        self._request_id = request_id

    def compile(self, content: Mapping[str, Any], like: str | None = None) -> CompiledTemplate:
        """Compile a template or say to its user what is wrong with it.

        :param like: the id of one that it may differ from in little.
        """
        try:
            compiled = self._templates.accept(content, like)
        except TemplateError as error:
            raise errors.of_template(
                error, content.get('template'), content.get('environment')
            ) from None
        most = self._limits.max_resources_per_stack
        if 0 <= most < compiled.total:
            raise exception.RequestLimitExceeded(
                message=f'{compiled.total} resources are more than the {most} '
                'that a stack may have'
            )
        return compiled

    def create(self, project_id: str, username: str, name: str, content: StackContent) -> Stack:
        """Accept a new stack, of what is there already if it is to adopt that.

        :raises NotSupported: if it is, and the operator does not allow it.
        """
        adopts = content.adopts is not None
        if adopts and not self._limits.adopt:
            raise exception.NotSupported(
                feature='Adopting a stack (unless the operator sets [engine] enable_stack_adopt)'
            )
        compiled = self.compile(content.template)
        self._check_quota(project_id, name)
        stack = dataclasses.replace(
            self.imagined(project_id, username, name, content), id=self._ids.fresh()
        )
        template_id = self._save(content, compiled)
        action = Action.ADOPT if adopts else Action.CREATE
        stack, events = stack_rules.wish(stack, action, template_id, self._ids.fresh())
        stack = self._with_deadline(stack)
        rows = self._adopted(stack.id, compiled, content.adopts) if adopts else ()
        if not self._store.insert_stack(stack, events, rows):
            raise exception.StackExists(stack_name=name)
        self._announcer.wish(stack.id)
        return stack

    def create_nested(
        self, owner: Stack, resource: str, name: str, content: Mapping[str, Any]
    ) -> None:
        """Accept a stack that is a resource of another, unless it is there.

        :param resource: its name in the stack that owns it.
        :raises StackExists: if there is another stack of that name.
        """
        compiled = self.compile(content)
        template_id = self._save(StackContent(content, {}), compiled)
        stack = Stack(
            id=self._ids.fresh(),
            project_id=owner.project_id,
            name=name,
            # Whether to go back is up to the outermost.
            disable_rollback=True,
            timeout_mins=owner.timeout_mins,
            username=owner.username,
            owner_id=owner.id,
            owner_resource=resource,
        )
        stack, events = stack_rules.wish(stack, Action.CREATE, template_id, self._ids.fresh())
        if not self._store.insert_stack(self._with_deadline(stack), events):
            found = self._store.stack_by_name(owner.project_id, name)
            if found is None or found.owner_id != owner.id:
                raise exception.StackExists(stack_name=name)
            return
        self._announcer.wish(stack.id)

    def update_nested(self, stack: Stack, content: Mapping[str, Any]) -> None:
        """Accept what a stack that is a resource of another is to be, unless it is on its way.

        :raises NotSupported: if it goes, or is suspended.
        """
        compiled = self.compile(content)
        template_id = self._save(StackContent(content, {}), compiled)

        def decide(current: Stack) -> Request | None:
            self.check_updatable(current)
            same = current.newest_template_id == template_id
            if same and current.status != Status.FAILED:
                return None
            return self._wish(current, Action.UPDATE, template_id)

        self._request(stack, decide)

    def _adopted(
        self, stack_id: str, compiled: CompiledTemplate, adopts: Mapping[str, Any] | None
    ) -> list[Resource]:
        """Return the rows of what a stack adopts: never begun, with what is there."""
        made = []
        for name, definition in compiled.definitions.items():
            said = (adopts or {}).get(name)
            said = said if isinstance(said, Mapping) else {}
            given = said.get('resource_data')
            made.append(
                Resource(
                    id=self._ids.fresh(),
                    stack_id=stack_id,
                    name=name,
                    type=definition.type,
                    physical_id=str(said.get('resource_id') or '')[:255],
                    attributes={ADOPTED: dict(given) if isinstance(given, Mapping) else {}},
                    deletion_policy=definition.deletion_policy,
                )
            )
        return made

    def imagined(self, project_id: str, username: str, name: str, content: StackContent) -> Stack:
        """Return the stack that a create would make, without an id."""
        options = content.options
        return Stack(
            id='',
            project_id=project_id,
            name=name,
            disable_rollback=options.get('disable_rollback', True),
            timeout_mins=options.get('timeout_mins') or self._limits.timeout_mins,
            tags=tuple(options.get('tags') or ()),
            username=username,
        )

    def fresh_id(self) -> str:
        """Return an id that nothing has."""
        return self._ids.fresh()

    def now(self) -> float:
        """Return the time, in seconds since the epoch."""
        return self._clock.now()

    def mark(self, stack: Stack, row: Resource, unhealthy: bool, reason: str) -> None:
        """Write that a resource is in no good state, or that it is after all.

        :raises ActionInProgress: if something is under way with it.
        """
        step = check.mark(row, unhealthy, reason)
        busy = row.claim is not None or states.in_progress(row)
        if step.commit is not None and not busy:
            (outcome,) = self._store.commit([step.commit])
            busy = outcome.verdict == Verdict.REFUSED
        if busy:
            raise exception.ActionInProgress(stack_name=stack.name, action=stack.action.value)

    def clear(self, rows: Sequence[Resource], row: Resource, hook: Any) -> None:
        """Let a resource go on from a hook.

        :param rows: all of its name: one that is replaced may be at a hook too.
        :param row: the one that stands for it.
        :raises InvalidBreakPointHook: if none of them is at that hook.
        """
        if hook not in hooks.HOOKS:
            raise exception.InvalidBreakPointHook(
                message=f'Invalid hook type "{str(hook)[:255]}" for resource {row.name}: it is '
                f'one of {", ".join(hooks.HOOKS)}'
            )
        for one in rows:
            for node in self._store.paused_on(one.id):
                step = hooks.clear(node, one, hook)
                if step is None or step.commit is None:
                    continue
                (outcome,) = self._store.commit([step.commit])
                if outcome.verdict == Verdict.STANDS:
                    self._announcer.nodes(step.casts)
                    return
        raise exception.InvalidBreakPointHook(
            message=f'The "{hook}" hook is not defined on {row.type} "{row.name}", or it is '
            'not there yet'
        )

    def _save(self, content: StackContent, compiled: CompiledTemplate) -> str:
        """Keep a template, and for who prepares the wish here what it was compiled to."""
        template_id = self._store.save_template(content.template)
        self._templates.keep(template_id, compiled)
        return template_id

    def check_updatable(self, stack: Stack) -> None:
        """Refuse the update of a stack that is to go, or is suspended."""
        if stack.action == Action.DELETE:
            raise exception.NotSupported(feature='Updating a stack when it is being deleted')
        if stack.action == Action.SUSPEND:
            raise exception.NotSupported(feature='Updating a stack when it is suspended')

    def update(self, stack: Stack, content: StackContent) -> None:
        """Accept another template, or other parameters, for a stack."""
        compiled = self.compile(content.template, stack.newest_template_id)
        self._check_immutable(stack, compiled)
        template_id = self._save(content, compiled)
        options = content.options

        def decide(current: Stack) -> Request:
            self.check_updatable(current)
            changed = dataclasses.replace(
                current,
                disable_rollback=options.get('disable_rollback', current.disable_rollback),
                timeout_mins=options.get('timeout_mins') or current.timeout_mins,
                tags=tuple(options['tags'] or ()) if 'tags' in options else current.tags,
            )
            return self._wish(changed, Action.UPDATE, template_id)

        self._request(stack, decide)

    def delete(self, stack: Stack) -> None:
        """Accept that a stack is to go; nothing happens if it is going."""

        def decide(current: Stack) -> Request | None:
            if (current.action, current.status) == (Action.DELETE, Status.IN_PROGRESS):
                return None
            return self._wish(current, Action.DELETE, None)

        self._request(stack, decide)

    def abandon(self, stack: Stack) -> None:
        """Accept that a stack goes while its resources stay in reality.

        :raises NotSupported: unless the operator allows it.
        :raises ActionInProgress: if something is under way with one of them.
        """
        if not self._limits.abandon:
            raise exception.NotSupported(
                feature='Abandoning a stack (unless the operator sets [engine] '
                'enable_stack_abandon)'
            )

        def decide(current: Stack) -> Request | None:
            if current.status == Status.IN_PROGRESS:
                return None
            return dataclasses.replace(self._wish(current, Action.DELETE, None), retains=True)

        # Found before the outermost is gone, abandoned after: what is still there is then
        # abandoned by asking again, of each.
        within = descendants(self._store, stack)
        self._request(stack, decide, must=True)
        for one in reversed(within):
            self._request(one, decide)

    def snapshot(self, stack: Stack, name: str) -> Snapshot:
        """Keep what a stack is.

        :raises ActionInProgress: if it is about to be something else.
        """
        if stack.status == Status.IN_PROGRESS:
            raise exception.ActionInProgress(stack_name=stack.name, action=stack.action.value)
        made = Snapshot(
            self._ids.fresh(),
            stack.id,
            name,
            stack.newest_template_id,
            archive.resources_of(self._store.resources(stack.id)),
            self._clock.now(),
        )
        self._store.save_snapshot(made)
        return made

    def look(self, stack: Stack, action: Action) -> None:
        """Accept that each resource of a stack is looked at.

        :param action: one of LOOKS.
        :raises ActionInProgress: if the stack is about to be something else.
        """

        def decide(current: Stack) -> Request | None:
            if current.action == Action.DELETE:
                raise exception.NotSupported(feature=f'{action} of a stack being deleted')
            if current.status == Status.IN_PROGRESS:
                return None
            return self._wish(current, action, current.newest_template_id)

        # Those within first: whoever dies in between has not begun with the outermost.
        for one in descendants(self._store, stack):
            if one.action != Action.DELETE:
                self._request(one, decide)
        self._request(stack, decide, must=True)

    def restore(self, stack: Stack, template_id: str | None) -> None:
        """Accept that a stack is to be what it was with a template, and its parameters."""

        def decide(current: Stack) -> Request:
            self.check_updatable(current)
            return self._wish(current, Action.RESTORE, template_id)

        self._request(stack, decide)

    def rollback(self, stack: Stack) -> None:
        """Accept that a stack goes back to its last good template.

        Nothing happens if it is there, or on its way.
        """

        def decide(current: Stack) -> Request | None:
            made = stack_rules.rollback(current, self._ids.fresh())
            return None if made is None else Request(self._with_deadline(made[0]), made[1])

        self._request(stack, decide)

    def cancel(self, stack: Stack, with_rollback: bool) -> None:
        """Stop an update (or a create) under way, and roll it back or leave it."""

        def decide(current: Stack) -> Request | None:
            allowed = (Action.UPDATE,) if with_rollback else CANCELLED
            if current.status != Status.IN_PROGRESS or current.action not in allowed:
                how = 'with' if with_rollback else 'without'
                raise exception.NotSupported(
                    feature=f'Cancelling {current.action} {current.status} {how} rollback'
                    + _instead(current, with_rollback)
                )
            if with_rollback:
                made = stack_rules.rollback(current, self._ids.fresh())
                return None if made is None else Request(self._with_deadline(made[0]), made[1])
            return Request(*stack_rules.cancel(current, self._clock.now()), drops_nodes=True)

        def decide_within(current: Stack) -> Request | None:
            busy = current.status == Status.IN_PROGRESS
            return decide(current) if busy and current.action in CANCELLED else None

        self._request(stack, decide)
        if not with_rollback:
            for one in descendants(self._store, stack):
                self._request(one, decide_within)

    def _wish(self, stack: Stack, action: Action, template_id: str | None) -> Request:
        wished, events = stack_rules.wish(stack, action, template_id, self._ids.fresh())
        return Request(self._with_deadline(wished), events)

    def _with_deadline(self, stack: Stack) -> Stack:
        minutes = stack.timeout_mins or self._limits.timeout_mins
        return dataclasses.replace(
            stack,
            deadline=self._clock.now() + 60 * minutes,
            request_id=self._request_id(),
        )

    def _request(
        self, stack: Stack, decide: Callable[[Stack], Request | None], must: bool = False
    ) -> None:
        """Save what is decided.

        :param must: refuse the request if nothing is.
        """
        answered = self._store.request(stack.id, decide)
        if answered is None:
            raise exception.EntityNotFound(entity='Stack', name=stack.name)
        after, changed = answered
        if must and not changed:
            raise exception.ActionInProgress(stack_name=after.name, action=after.action.value)
        if changed and after.wish_id is not None:
            self._announcer.wish(stack.id)

    def _check_immutable(self, stack: Stack, compiled: CompiledTemplate) -> None:
        """Refuse another value of a parameter that may not change."""
        immutable = [name for name, one in compiled.hot.parameters.items() if one.immutable]
        if not immutable:
            return
        try:
            before = self._templates.get(stack.newest_template_id).hot.values
        except (MissingTemplate, TemplateError):
            return
        changed = [
            name
            for name in immutable
            if name in before and before[name] != compiled.hot.values.get(name)
        ]
        if changed:
            raise exception.ImmutableParameterModified(keys=', '.join(changed))

    def _check_quota(self, project_id: str, name: str) -> None:
        most = self._limits.max_stacks_per_project
        if most < 0:
            return
        if self._store.count_stacks(StackQuery(project_id)) >= most:
            if self._store.stack_by_name(project_id, name) is not None:
                raise exception.StackExists(stack_name=name)
            raise exception.RequestLimitExceeded(
                message=f'this project has {most} stacks, and may have no more'
            )


def _instead(stack: Stack, with_rollback: bool) -> str:
    """Say what can be done where a cancel cannot."""
    if stack.status != Status.IN_PROGRESS:
        return ' (nothing is under way)'
    if stack.action == Action.CREATE and with_rollback:
        return ' (it can be cancelled without, rolled back, or deleted)'
    return ''
