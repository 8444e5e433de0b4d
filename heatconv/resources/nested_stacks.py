"""Nested stacks as plugins see them, and what plugins ask of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from heatconv.convergence.model import Event, Status
from heatconv.resources.plugin import Resource


@dataclass(frozen=True, slots=True)
class Member:
    """A resource of a nested stack, as its owner can refer to it.

    :ivar reference_id: what ``get_resource`` returns for it.
    :ivar attributes: what ``get_attr`` returns for it.
    :ivar created_at: in seconds since the epoch; likewise ``updated_at``, None if it never was.
    """

    reference_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    created_at: float = 0.0
    updated_at: float | None = None


@dataclass(frozen=True, slots=True)
class NestedStack:
    """A nested stack, as its plugin sees it.

    :ivar name: its name.
    :ivar status: status of its latest action.
    :ivar reason: reason of that status.
    :ivar since: time of the latest request, in seconds since the epoch.
    :ivar template_id: id of the content that was requested last.
    """

    id: str
    name: str
    status: Status
    reason: str
    since: float
    template_id: str | None

    @property
    def in_progress(self) -> bool:
        """Say whether an action on it is in progress."""
        return self.status == Status.IN_PROGRESS


class NestedStacks(Protocol):
    """Requests and observes nested stacks; engine and store implement it."""

    #: Size limit of a nested template, in bytes.
    max_template_size: int

    @property
    def max_resources(self) -> int:
        """Return the largest number of resources of a stack; negative for no limit."""

    def content(self, template_id: str | None) -> Mapping[str, Any]:
        """Return a content of an owning stack: template, environment and files.

        :param template_id: see `Resource.template_id`.
        """

    def made_of(self, child: NestedStack) -> Mapping[str, Any]:
        """Return the content that was requested last for a nested stack."""

    def find(self, resource: Resource, name: str) -> NestedStack | None:
        """Return the nested stack of a resource by its name; None if it does not exist."""

    def find_all(
        self, wanted: Sequence[tuple[Resource, str]]
    ) -> list[NestedStack | Exception | None]:
        """Find the nested stacks of several resources of one stack by their names.

        :return: for each resource its nested stack, None if it does not exist, or the exception
            of this resource alone.
        """

    def ahead(self, children: Sequence[NestedStack]) -> AbstractContextManager[None]:
        """Read several nested stacks by a few queries, for calls of this thread in the context."""

    def create_all(
        self, wanted: Sequence[tuple[Resource, str, Mapping[str, Any]]]
    ) -> list[NestedStack | Exception]:
        """Request the nested stacks of several resources of one stack, unless they exist.

        :param wanted: for each resource the name and the content of its nested stack.
        :return: for each resource its nested stack, or the exception of this resource alone.
        """

    def predict_all(self, wanted: Sequence[tuple[Resource, str, Mapping[str, Any]]]) -> list[Any]:
        """Create the nested stacks of several resources of one stack, without saving them.

        :param wanted: for each resource the name and the content of its nested stack.
        :return: for each resource its complete nested stack, a `heatconv.storage.values.NewStack`.
            None if it would not be complete immediately. The last ones are missing if all would
            take too long.
        """

    def as_if_saved(self, new: Any) -> AbstractContextManager[NestedStack]:
        """Let this thread read a nested stack of `predict_all` within the context."""

    def sibling(self, resource: Resource, name: str) -> NestedStack | None:
        """Return the nested stack of another resource of the stack; None if it does not exist.

        :param name: name of the nested stack.
        """

    def referred(self, resource: Resource, reference: str) -> str | None:
        """Return the token of the resource of the same stack with a reference id; None without."""

    def create(
        self,
        resource: Resource,
        name: str,
        content: Mapping[str, Any],
        adopts: Mapping[str, Any] | None = None,
    ) -> None:
        """Request the nested stack of a resource, unless it exists.

        :param adopts: exported resources to adopt, by name; None if nothing is adopted.
        """

    def update(
        self, child: NestedStack, content: Mapping[str, Any], events: Sequence[Event] = ()
    ) -> bool:
        """Request another content for a nested stack.

        :param child: the nested stack that the content was computed from.
        :param events: events of its owner, saved with the request.
        :return: False if another content was requested since then, and nothing was changed.
        """

    def delete(self, child: NestedStack) -> None:
        """Request the deletion of a nested stack."""

    def update_all(
        self, wanted: Sequence[tuple[NestedStack, Mapping[str, Any]]]
    ) -> list[NestedStack | Exception | None]:
        """Request updates of several nested stacks.

        :param wanted: each nested stack with its new content, computed from it.
        :return: for each the nested stack as it is now, the exception of this one alone, or None
            if it has another content by now, or is gone.
        """

    def delete_all(self, children: Sequence[NestedStack]) -> list[NestedStack | Exception | None]:
        """Request the deletion of several nested stacks.

        :return: for each the nested stack as it is now, None if it is deleted, or the exception of
            this one alone.
        """

    def busy(self, token: str) -> bool:
        """Say whether an operation on a resource is in progress, or its latest has failed.

        :param token: the token of the resource; one that does not exist counts as busy.
        """

    def outputs(self, child: NestedStack) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """Return the values of the outputs of a nested stack by name, and the errors by name."""

    def members(self, child: NestedStack) -> Mapping[str, Member]:
        """Return the resources of a nested stack that have a physical resource, by name."""

    def failed(self, child: NestedStack) -> Collection[str]:
        """Return the names of the resources of a nested stack that have failed."""

    def complete(self, child: NestedStack) -> Collection[str]:
        """Return the names of the resources of a nested stack that are complete."""
