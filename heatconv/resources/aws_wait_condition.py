"""The wait conditions of CloudFormation, and OS::Heat::UpdateWaitConditionHandle.

As in heat/engine/resources/aws/cfn: the reference id of a handle is its signed URL, to which
``cfn-signal`` sends a signal with four fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from heatconv.hot.constraints import Range
from heatconv.hot.functions import stacks
from heatconv.hot.schema import INTEGER, STRING, Attribute, Property, TypeSchema
from heatconv.resources.plugin import TEMPLATE_ID, Resource
from heatconv.resources.wait_condition import (
    FAILURE,
    SUCCESS,
    SignalledHandle,
    WaitCondition,
    signal_id_of,
)

#: The keys of a signal; it must have all of them.
KEYS = ('Data', 'Reason', 'Status', 'UniqueId')


class AwsWaitConditionHandle(SignalledHandle):
    """Receives the signals of ``cfn-signal``."""

    schema = TypeSchema(
        description='Receives the signals that a wait condition waits for.', version='2014.1'
    )

    def urls_of(self, resource: Resource) -> dict[str, Any]:
        url = self.urls.signed(resource)
        return {stacks.REFERENCE: url} if url else {}

    def parse(self, details: Any) -> tuple[str | None, str, str | None, Any]:
        if not isinstance(details, Mapping) or sorted(map(str, details)) != sorted(KEYS):
            raise ValueError(f'a signal must be a map of {", ".join(KEYS)}')
        if details['Status'] not in (SUCCESS, FAILURE):
            raise ValueError(f'the Status of a signal must be {SUCCESS} or {FAILURE}')
        unique = signal_id_of(details['UniqueId'], 'UniqueId')
        return unique, details['Status'], str(details['Reason']), details['Data']

    def signals(self, resource: Resource) -> dict[str, Any]:
        return {
            signal.id: {'Status': signal.status, 'Reason': signal.reason, 'Data': signal.data}
            for signal in self._records.signals(resource.token)
        }


class UpdateWaitConditionHandle(AwsWaitConditionHandle):
    """A handle that each update with another template or other parameters replaces.

    So its signals must be sent again. In Heat every update replaces it, even one that changes
    nothing.
    """

    follows_template: ClassVar[bool] = True

    def replace_on_change(self, properties: Mapping[str, Any]) -> frozenset[str]:
        return frozenset((TEMPLATE_ID,))


class AwsWaitCondition(WaitCondition):
    """Completes once its handle has received enough signals."""

    HANDLE, TIMEOUT, COUNT = 'Handle', 'Timeout', 'Count'

    schema = TypeSchema(
        description='Waits for signals.',
        version='2014.1',
        properties={
            'Handle': Property(
                STRING, required=True, description='A reference to the handle that receives them.'
            ),
            'Timeout': Property(
                INTEGER,
                required=True,
                constraints=(Range(1, 43_200),),
                description='Seconds to wait for the number of signals.',
            ),
            'Count': Property(
                INTEGER,
                default=1,
                update_allowed=True,
                constraints=(Range(1),),
                description='The number of successful signals to wait for.',
            ),
        },
        attributes={'Data': Attribute(STRING, 'The data of the signals by id, as JSON.')},
    )
