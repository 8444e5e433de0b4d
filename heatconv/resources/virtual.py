"""Resource types whose reality is a record: the common part."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeGuard

from heatconv.resources.plugin import (
    Observation,
    Plugin,
    PluginCall,
    Prediction,
    Reality,
    Resource,
    Verb,
)
from heatconv.resources.records import BulkRecords, Draft, Record, Records
from heatconv.runtime.ports import Clock


class VirtualPlugin(Plugin):
    """A resource type that keeps a record for each of its resources.

    :param records: where to keep them.
    """

    bulk: ClassVar[int] = 200

    #: It asks for nothing but records, of its own resources.
    predicts: ClassVar[bool] = True

    def __init__(self, records: BulkRecords, clock: Clock) -> None:
        self._records = records
        self._drafts = threading.local()
        self.clock = clock

    @property
    def records(self) -> Records:
        """Return the records: those of this thread's draft, while it acts on many."""
        draft: Records | None = getattr(self._drafts, 'current', None)
        return self._records if draft is None else draft

    def perform(self, asked: Sequence[PluginCall]) -> list[Observation | Exception]:
        """Read all records at once, do everything to a draft of them, save it."""
        draft, seen = self._drafted(asked)
        if draft.finish():
            return seen
        # Somebody else made one of them meanwhile: what is there counts.
        return super().perform(asked)

    def predict(self, asked: Sequence[PluginCall]) -> list[Prediction | None]:
        draft, seen = self._drafted(asked)
        return [
            (outcome, draft.take(one.resource.token)) if is_over(outcome) else None
            for one, outcome in zip(asked, seen, strict=True)
        ]

    def _drafted(self, asked: Sequence[PluginCall]) -> tuple[Draft, list[Observation | Exception]]:
        # What is to be created is not there, as a rule: the insert will tell.
        looked, blind = [], []
        for one in asked:
            if one.verb == Verb.DELETE and self.deletes_at_once(one.resource):
                blind.append(one.resource.token)
            elif one.verb != Verb.CREATE:
                looked.append(one.resource.token)
        draft = Draft(self._records, looked, blind)
        self._drafts.current = draft
        try:
            return draft, super().perform(asked)
        finally:
            self._drafts.current = None

    def deletes_at_once(self, resource: Resource) -> bool:
        """Say whether a delete removes the record, whatever is in it."""
        return True

    def attributes(self, record: Record) -> Mapping[str, Any]:
        """Return the attributes of a resource."""
        return {}

    def initial_state(self, resource: Resource) -> Mapping[str, Any]:
        """Return what to remember about a new resource."""
        return {}

    def physical_id(self, resource: Resource) -> str:
        """Return the id of a new resource.

        Heat's physical_resource_name: stack, resource and what makes it unique.
        """
        return f'{resource.stack_name}-{resource.name}-{resource.token[-12:]}'

    def observe(self, resource: Resource) -> Observation:
        record = self.records.get(resource.token)
        if record is None:
            return Observation(Reality.ABSENT)
        return Observation(
            Reality.READY,
            physical_id=record.physical_id,
            attributes=self.attributes(record),
            properties=record.properties,
        )

    def create(self, resource: Resource) -> None:
        self.records.add(
            Record(
                token=resource.token,
                type=resource.type,
                physical_id=self.physical_id(resource),
                properties=resource.properties,
                state=self.initial_state(resource),
            )
        )

    def adopt(self, resource: Resource) -> None:
        self.records.add(
            Record(
                token=resource.token,
                type=resource.type,
                physical_id=str(resource.physical_id),
                properties=resource.properties,
                state=self.adopted_state(resource),
            )
        )

    def adopted_state(self, resource: Resource) -> Mapping[str, Any]:
        """Return what to remember about a resource that was there before."""
        return self.initial_state(resource)

    def update(self, resource: Resource, changed: Sequence[str]) -> None:
        record = self.records.get(resource.token)
        if record is not None:
            self.records.replace(dataclasses.replace(record, properties=resource.properties))

    def delete(self, resource: Resource) -> None:
        self.records.remove(resource.token)


def is_over(outcome: Observation | Exception) -> TypeGuard[Observation]:
    """Say whether that is all there is to see."""
    return isinstance(outcome, Observation) and outcome.reality in (
        Reality.READY,
        Reality.ABSENT,
    )
