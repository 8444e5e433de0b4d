"""The common part of resource types whose physical resources are records."""

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

    :param records: the store of the records.
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
        """Return the records; while this thread acts on several resources, their draft."""
        draft: Records | None = getattr(self._drafts, 'current', None)
        return self._records if draft is None else draft

    def perform(self, calls: Sequence[PluginCall]) -> list[Observation | Exception]:
        """Read all records by one query, make all changes to a draft, and save it."""
        draft, outcomes = self._drafted(calls)
        if draft.finish():
            return outcomes
        # Another process created one of the records meanwhile: repeat the calls one by one.
        return super().perform(calls)

    def predict(self, calls: Sequence[PluginCall]) -> list[Prediction | None]:
        draft, outcomes = self._drafted(calls)
        return [
            (outcome, draft.take(call.resource.token)) if is_over(outcome) else None
            for call, outcome in zip(calls, outcomes, strict=True)
        ]

    def _drafted(self, calls: Sequence[PluginCall]) -> tuple[Draft, list[Observation | Exception]]:
        # A record to create is missing as a rule: the insert finds out.
        looked, blind = [], []
        for call in calls:
            if call.verb == Verb.DELETE and self.deletes_at_once(call.resource):
                blind.append(call.resource.token)
            elif call.verb != Verb.CREATE:
                looked.append(call.resource.token)
        draft = Draft(self._records, looked, blind)
        self._drafts.current = draft
        try:
            return draft, super().perform(calls)
        finally:
            self._drafts.current = None

    def deletes_at_once(self, resource: Resource) -> bool:
        """Say whether a delete removes the record unconditionally."""
        return True

    def attributes(self, record: Record) -> Mapping[str, Any]:
        """Return the attributes of a resource."""
        return {}

    def initial_state(self, resource: Resource) -> Mapping[str, Any]:
        """Return the initial state of a new resource."""
        return {}

    def physical_id(self, resource: Resource) -> str:
        """Return the physical id of a new resource.

        Heat's physical_resource_name: stack, resource and a unique part.
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
        """Return the initial state of an adopted resource."""
        return self.initial_state(resource)

    def update(self, resource: Resource, changed: Sequence[str]) -> None:
        record = self.records.get(resource.token)
        if record is not None:
            self.records.replace(dataclasses.replace(record, properties=resource.properties))

    def delete(self, resource: Resource) -> None:
        self.records.remove(resource.token)


def is_over(outcome: Observation | Exception) -> TypeGuard[Observation]:
    """Say whether the operation is over and has not failed."""
    return isinstance(outcome, Observation) and outcome.reality in (
        Reality.READY,
        Reality.ABSENT,
    )
