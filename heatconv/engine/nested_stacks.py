"""Access to nested stacks for the plugins whose physical resources are stacks."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from heatconv.convergence import replacement, states
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Event, Stack, Status
from heatconv.convergence.model import Resource as Row
from heatconv.convergence.traversal import Plan
from heatconv.engine import outputs, predictions
from heatconv.engine.ancestry import owners
from heatconv.engine.live_rows import LiveRows
from heatconv.engine.nested_reads import NestedReads
from heatconv.engine.requests.core import Requests
from heatconv.engine.requests.delete import delete_stack, deletion
from heatconv.engine.requests.nested import (
    NestedUpdate,
    new_nested,
    submit_update,
    update_nested,
)
from heatconv.exception import EntityNotFound, HeatconvException, StackExists
from heatconv.hot.errors import TemplateError
from heatconv.hot.nested import MAX_DEPTH
from heatconv.resources.nested_stacks import Member, NestedStack
from heatconv.resources.plugin import Resource
from heatconv.storage.base import Store
from heatconv.storage.values import NewStack, PlannedRequest
from heatconv.templates.cache import MissingTemplate, TemplateCache
from heatconv.templates.compiled import CompiledTemplate, reference_id


def nested_stack(stack: Stack) -> NestedStack:
    """Return what a plugin sees of a nested stack."""
    return NestedStack(
        stack.id,
        stack.name,
        stack.status,
        stack.reason,
        stack.updated_at or stack.created_at,
        stack.newest_template_id or stack.last_good_id,
    )


def _live(stack: Stack | None) -> NestedStack | None:
    """Return what a plugin sees of a nested stack; None if it is deleted."""
    return None if stack is None or stack.deleted_at is not None else nested_stack(stack)


def _nested_in(resource: Resource, stack: Stack | None) -> NestedStack | None:
    """Return the nested stack of a resource from the stack that has its name.

    :raises HeatconvException: if the stack is not nested in that of the resource.
    """
    if stack is None:
        return None
    if stack.owner_id != resource.stack_id:
        raise HeatconvException(
            f'a stack {stack.name} exists already and is not nested in this one'
        )
    return nested_stack(stack)


class NestedStacks:
    """Implements `heatconv.resources.nested.NestedStacks` with a store and the requests.

    :param at_once: only a worker has it.
    """

    def __init__(
        self,
        store: Store,
        templates: TemplateCache,
        requests: Requests,
        max_template_size: int,
        max_depth: int = MAX_DEPTH,
        at_once: predictions.AtOnce | None = None,
    ) -> None:
        self.max_template_size = max_template_size
        self._at_once = at_once
        self._max_depth = max_depth
        self._store = store
        self._templates = templates
        self._requests = requests
        self._reads = NestedReads(store)

    @property
    def max_resources(self) -> int:
        """Return the largest number of resources of a stack; negative for no limit."""
        return self._requests.limits.max_resources_per_stack

    def content(self, template_id: str | None) -> Mapping[str, Any]:
        """Return template, environment and files of the stack that owns a resource.

        :param template_id: id of the template of that stack; None for an empty content.
        """
        return self._reads.content(template_id)

    def made_of(self, child: NestedStack) -> Mapping[str, Any]:
        """Return the content that a nested stack was requested with."""
        return self._reads.content(child.template_id)

    def find(self, resource: Resource, name: str) -> NestedStack | None:
        """Return the nested stack of a resource, or None.

        :raises HeatconvException: if another stack has its name.
        """
        return _nested_in(resource, self._store.stack_by_name(resource.project_id, name))

    def find_all(
        self, wanted: Sequence[tuple[Resource, str]]
    ) -> list[NestedStack | Exception | None]:
        """Find the nested stacks of several resources of one stack by their names.

        :return: for each resource what `find` returns or raises.
        """
        project_id = wanted[0][0].project_id
        names = dict.fromkeys(name for _, name in wanted)
        stacks = self._store.stacks_by_name(project_id, names)
        found: list[NestedStack | Exception | None] = []
        for resource, name in wanted:
            try:
                found.append(_nested_in(resource, stacks.get(name)))
            except HeatconvException as error:
                found.append(error)
        return found

    def ahead(self, children: Sequence[NestedStack]) -> contextlib.AbstractContextManager[None]:
        """Read several nested stacks, for the calls of this thread within the context."""
        stack_ids = {child.id for child in children}
        return self._reads.ahead(
            stack_ids, {child.template_id for child in children if child.template_id}
        )

    def sibling(self, resource: Resource, name: str) -> NestedStack | None:
        """Return the nested stack of another resource of the same stack, or None."""
        stack = self._store.stack_by_name(resource.project_id, name)
        if stack is None or stack.owner_id != resource.stack_id:
            return None
        return nested_stack(stack)

    def referred(self, resource: Resource, reference: str) -> str | None:
        """Return the token of the resource of the same stack that a reference id names; or None.

        As in Heat (heat/engine/stack.py, resource_by_refid).
        """
        rows = self._store.resources(resource.stack_id)
        found = (row.token for row in rows if row.physical_id and reference_id(row) == reference)
        return next(found, None)

    def create(
        self,
        resource: Resource,
        name: str,
        content: Mapping[str, Any],
        adopts: Mapping[str, Any] | None = None,
    ) -> None:
        """Request the nested stack of a resource, unless it exists.

        :param adopts: exported resources to adopt, by name; None if nothing is adopted.
        :raises HeatconvException: if it would be nested too deep, or its owner does not exist.
        """
        created = self.create_all([(resource, name, content)], adopts)[0]
        if isinstance(created, Exception):
            raise created

    def create_all(
        self,
        wanted: Sequence[tuple[Resource, str, Mapping[str, Any]]],
        adopts: Mapping[str, Any] | None = None,
    ) -> list[NestedStack | Exception]:
        """Request the nested stacks of several resources of one stack, unless they exist.

        :param wanted: for each resource the name of its nested stack, and the content.
        :param adopts: exported resources to adopt, by name; None if nothing is adopted.
        :return: for each resource the nested stack, or the exception of this one alone.
        :raises HeatconvException: if they would be nested too deep, or their owner does not exist.
        """
        return self._inserted(wanted, list(self._new_all(wanted, adopts)))

    def _new_all(
        self,
        wanted: Sequence[tuple[Resource, str, Mapping[str, Any]]],
        adopts: Mapping[str, Any] | None = None,
        shares: bool = False,
    ) -> Iterator[NewStack | Exception]:
        """Yield the nested stacks to insert; see `create_all` and `new_nested`."""
        first = wanted[0][0]
        owner = self._store.stack(first.stack_id)
        if owner is None:
            raise HeatconvException(f'the stack {first.stack_name} is gone')
        if sum(1 for _ in owners(self._store, owner)) >= self._max_depth:
            raise HeatconvException(f'Recursion depth exceeds {self._max_depth}.')
        for resource, name, content in wanted:
            try:
                new = new_nested(
                    self._requests, owner, resource.name, name, content, adopts, shares
                )
            except Exception as error:  # of this nested stack alone
                yield error
                continue
            self._reads.keep(new.template.id, new.template.content, len(new.template.text))
            yield new

    def predict_all(
        self, wanted: Sequence[tuple[Resource, str, Mapping[str, Any]]]
    ) -> list[NewStack | None]:
        """Create the nested stacks of several resources of one stack, without saving them.

        :param wanted: for each resource the name and the content of its nested stack.
        :return: for each resource its complete nested stack, to be saved by a commit. None if it
            does not converge at once, or must be requested to find out why not. The last ones are
            missing if all would take too long.
        """
        if self._at_once is None or not wanted:
            return []
        predicted: list[NewStack | None] = []
        resources = 0
        for new in self._new_all(wanted, shares=True):
            complete = None
            if isinstance(new, NewStack):
                # Compiled for its plan already.
                compiled = self._requests.compiled(new.template, shares=True)
                complete = self._at_once.create(new, compiled)
                resources += len(compiled.definitions)
            predicted.append(complete)
            if resources >= predictions.PREDICTED:
                break
        return predicted

    def _compiled(self, template_id: str | None) -> CompiledTemplate:
        """Return the compiled template of a nested stack.

        :raises MissingTemplate: if it is not stored.
        """
        content = self._reads.content(template_id)
        instance = None
        if template_id is not None and content:
            instance = self._templates.shared.instance(template_id, content)
        return instance or self._templates.get(template_id, self._reads.content)

    @contextlib.contextmanager
    def as_if_saved(self, new: NewStack) -> Iterator[NestedStack]:
        """Yield a nested stack that is not saved; within the context this thread can read it."""
        assert new.plan is not None
        stack = new.created(self._requests.clock.now())
        contents = {new.template.id: new.template.content}
        with self._reads.as_if_saved(stack, new.plan.rows, contents):
            yield nested_stack(stack)

    def _inserted(
        self,
        wanted: Sequence[tuple[Resource, str, Mapping[str, Any]]],
        created: Sequence[NewStack | Exception],
    ) -> list[NestedStack | Exception]:
        """Insert new stacks; return for each the nested stack, or its exception."""
        added = [new for new in created if isinstance(new, NewStack)]
        inserted = iter(self._requests.insert(added) if added else ())
        results: list[NestedStack | Exception] = []
        for (resource, name, _), new in zip(wanted, created, strict=True):
            if isinstance(new, Exception):
                results.append(new)
                continue
            if next(inserted):
                results.append(nested_stack(new.created(self._requests.clock.now())))
                continue
            try:
                existing = self.find(resource, name)
            except HeatconvException as error:
                results.append(error)
                continue
            results.append(existing or StackExists(stack_name=name))
        return results

    def update(
        self, child: NestedStack, content: Mapping[str, Any], events: Sequence[Event] = ()
    ) -> bool:
        """Request an update of a nested stack, unless it does not exist.

        :param events: events of its owner, saved with the request.
        :return: False if another content was requested since ``child`` was read.
        """
        stack = self._store.stack(child.id)
        if stack is None:
            return True
        return update_nested(self._requests, stack, content, child.template_id, events)

    def update_all(
        self, wanted: Sequence[tuple[NestedStack, Mapping[str, Any]]]
    ) -> list[NestedStack | Exception | None]:
        """Request updates of several nested stacks; small ones are planned here.

        :param wanted: each nested stack with its new content.
        :return: for each the nested stack as it is now, the exception of this one alone, or None
            if it has another content by now, or is gone.
        """
        stacks = self._store.stacks_by_id([child.id for child, _ in wanted])
        small = self._store.small_stacks(stacks, self._requests.plans_nested_up_to)
        updates: dict[str, NestedUpdate] = {}
        results: dict[str, NestedStack | Exception | None] = {}
        for child, content in wanted:
            stack = stacks.get(child.id)
            if stack is None:
                continue
            try:
                update = NestedUpdate(self._requests, stack, content, child.template_id)
                if child.id not in small or not self._requests.plans(update.compiled):
                    if submit_update(self._requests, stack, update):
                        results[child.id] = nested_stack(self._store.stack(child.id) or stack)
                    continue
            except EntityNotFound:
                continue  # it was deleted meanwhile
            except Exception as error:  # of this nested stack alone
                results[child.id] = error
                continue
            updates[child.id] = update
            if update.compiled.late_parameters is None:
                self._templates.keep(update.template.id, update.compiled)
            self._reads.keep(
                update.template.id, update.template.content, len(update.template.text)
            )
        requests = {
            stack_id: self._requests.planned(
                update.decide_together, update.compiled, update.compiled.hooked, update.template
            )
            for stack_id, update in updates.items()
        }
        for stack_id, (stack, _) in self._submitted(requests).items():
            update = updates[stack_id]
            if not update.conflict:
                results[stack_id] = update.error or nested_stack(stack)
        return [results.get(child.id) for child, _ in wanted]

    def delete_all(self, children: Sequence[NestedStack]) -> list[NestedStack | Exception | None]:
        """Request the deletion of several nested stacks; that of small ones is planned here.

        :return: for each the nested stack as it is now, None if it is deleted, or the exception of
            this one alone.
        """
        stacks = self._store.stacks_by_id([child.id for child in children])
        small = self._store.small_stacks(stacks, self._requests.plans_nested_up_to)
        last_ids = {
            stack_id: stack.template_id or stack.previous_template_id or stack.last_good_id
            for stack_id, stack in stacks.items()
        }
        self._templates.read_ahead(last_ids[stack_id] for stack_id in small)
        nothing = self._templates.get(None)
        requests: dict[str, PlannedRequest] = {}
        results: dict[str, NestedStack | Exception | None] = {}
        for stack_id, stack in stacks.items():
            try:
                if stack_id in small:
                    hooked = self._templates.hooked(last_ids[stack_id])
                    decide = deletion(self._requests)
                    planned = self._requests.planned(decide, nothing, hooked)
                    if self._at_once is not None:
                        planned = evolve(planned, at_once=self._at_once.delete)
                    requests[stack_id] = planned
                else:
                    results[stack_id] = self._deleting(stack)
            except Exception as error:  # of this nested stack alone
                results[stack_id] = error
        for stack_id, (stack, _) in self._submitted(requests).items():
            results[stack_id] = _live(stack)
        return [results.get(child.id) for child in children]

    def _deleting(self, stack: Stack) -> NestedStack | None:
        """Request the deletion of a nested stack; return it as it is then, None if deleted."""
        if stack.deleted_at is None:
            with contextlib.suppress(EntityNotFound):  # it was deleted meanwhile
                delete_stack(self._requests, stack)
        return _live(self._store.stack(stack.id))

    def _submitted(
        self, requests: Mapping[str, PlannedRequest]
    ) -> Mapping[str, tuple[Stack, Plan | None]]:
        return self._requests.submit_all(requests) if requests else {}

    def busy(self, token: str) -> bool:
        """Say whether the latest operation on a resource is not complete."""
        row = self._store.row(token)
        return row is None or row.status != Status.COMPLETE

    def delete(self, child: NestedStack) -> None:
        """Request the deletion of a nested stack, unless it is deleted."""
        stack = self._store.stack(child.id)
        if stack is not None:
            self._deleting(stack)

    def outputs(self, child: NestedStack) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """Return the values of the outputs of a nested stack by name, and the errors by name."""
        stack = self._reads.stack(child.id)
        if stack is None:
            return {}, {}
        compiled = self._compiled(stack.newest_template_id or stack.last_good_id)
        resolved = outputs.values(self._reads.rows, stack, compiled)
        errors = {
            output['output_key']: output['output_error']
            for output in resolved
            if 'output_error' in output
        }
        values = {output['output_key']: output['output_value'] for output in resolved}
        return {name: values[name] for name in values if name not in errors}, errors

    def members(self, child: NestedStack) -> Mapping[str, Member]:
        """Return the resources of a nested stack that have a physical resource, by name."""
        rows: Mapping[str, Row] = replacement.representatives(self._reads.rows(child.id))
        with contextlib.suppress(MissingTemplate, TemplateError):
            compiled = self._compiled(child.template_id)
            stack = self._reads.stack(child.id) if any(map(compiled.is_live, rows)) else None
            rows = rows if stack is None else LiveRows(stack, rows, compiled)
        return {
            name: Member(
                reference_id(row),
                row.attributes,
                row.created_at,
                row.updated_at,
            )
            for name, row in rows.items()
        }

    def failed(self, child: NestedStack) -> Collection[str]:
        """Return the names of the resources of a nested stack of which every row has failed."""
        rows = [row for row in self._reads.rows(child.id) if not states.doomed(row)]
        works = {row.name for row in rows if row.status != Status.FAILED}
        return {row.name for row in rows} - works

    def complete(self, child: NestedStack) -> Collection[str]:
        """Return the names of the resources of a nested stack that have a complete row."""
        rows = self._reads.rows(child.id)
        return {row.name for row in rows if states.healthy(row)}
