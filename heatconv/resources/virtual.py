"""The common part of the built-in types whose physical resources are records."""

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
    """A resource type that keeps one record for each of its resources.

    :param records: keeps the records.
    """

    bulk: ClassVar[int] = 200

    #: A call reads and writes only the records of its own resources.
    predicts: ClassVar[bool] = True

    def __init__(self, records: BulkRecords, clock: Clock) -> None:
        self._records = records
        self._drafts = threading.local()
        self.clock = clock

    @property
    def records(self) -> Records:
        """Return the records; during a bulk call or a prediction, the draft of this thread."""
        draft: Records | None = getattr(self._drafts, 'current', None)
        return self._records if draft is None else draft

    def perform(self, calls: Sequence[PluginCall]) -> list[Observation | Exception]:
        """Read all records by one query, make all changes to a draft, and save it."""
        draft, outcomes = self._drafted(calls)
        if draft.finish():
            return outcomes
        # Another process added one of the records first: repeat the calls without a draft, so that
        # they read what exists.
        return super().perform(calls)

    def predict(self, calls: Sequence[PluginCall]) -> list[Prediction | None]:
        draft, outcomes = self._drafted(calls)
        return [
            (outcome, draft.take(call.resource.token)) if is_over(outcome) else None
            for call, outcome in zip(calls, outcomes, strict=True)
        ]

    def _drafted(self, calls: Sequence[PluginCall]) -> tuple[Draft, list[Observation | Exception]]:
        """Perform calls on a draft; return the draft, which is not saved, and the outcomes."""
        # A record to create usually does not exist, so it is not read: the insert detects it.
        read, blind = [], []
        for call in calls:
            if call.verb == Verb.DELETE and self.deletes_at_once(call.resource):
                blind.append(call.resource.token)
            elif call.verb != Verb.CREATE:
                read.append(call.resource.token)
        draft = Draft(self._records, read, blind)
        self._drafts.current = draft
        try:
            return draft, super().perform(calls)
        finally:
            self._drafts.current = None

    def deletes_at_once(self, resource: Resource) -> bool:
        """Say whether a delete removes the record immediately, whatever the record contains."""
        return True

    def attributes(self, record: Record) -> Mapping[str, Any]:
        """Return the attributes of a resource, computed from its record."""
        return {}

    def initial_state(self, resource: Resource) -> Mapping[str, Any]:
        """Return the state of the record of a new resource."""
        return {}

    def physical_id(self, resource: Resource) -> str:
        """Return the physical id of a new resource.

        As Heat's physical_resource_name: stack, resource and a unique part, here of the token.
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
        """Return the state of the record of an adopted resource."""
        return self.initial_state(resource)

    def update(self, resource: Resource, changed: Sequence[str]) -> None:
        record = self.records.get(resource.token)
        if record is not None:
            self.records.replace(dataclasses.replace(record, properties=resource.properties))

    def delete(self, resource: Resource) -> None:
        self.records.remove(resource.token)


def is_over(outcome: Observation | Exception) -> TypeGuard[Observation]:
    """Say whether an operation is finished without a failure."""
    return isinstance(outcome, Observation) and outcome.reality in (
        Reality.READY,
        Reality.ABSENT,
    )
