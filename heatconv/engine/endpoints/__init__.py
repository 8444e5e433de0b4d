"""The RPC methods of Heat's engine API, one endpoint class for each kind of object.

`engine_endpoints` creates all of them. oslo.messaging passes each message to the first endpoint
that has the method.
"""

from __future__ import annotations

from typing import Any

from heatconv.engine.endpoints.archive import ArchiveEndpoint
from heatconv.engine.endpoints.events import EventsEndpoint
from heatconv.engine.endpoints.outputs import OutputsEndpoint
from heatconv.engine.endpoints.resources import ResourcesEndpoint
from heatconv.engine.endpoints.services import ServicesEndpoint
from heatconv.engine.endpoints.software import SoftwareEndpoint
from heatconv.engine.endpoints.stacks import StacksEndpoint
from heatconv.engine.endpoints.templates import TemplatesEndpoint
from heatconv.engine.endpoints.unsupported import UnsupportedEndpoint
from heatconv.engine.lookup import Lookup
from heatconv.engine.outputs import Outputs
from heatconv.engine.requests.core import Requests
from heatconv.engine.signals import Signals


def engine_endpoints(requests: Requests, max_template_size: int) -> list[Any]:
    """Create the endpoints for the topic of user requests.

    :param max_template_size: size limit of a template, in bytes.
    """
    store, templates = requests.store, requests.templates
    types = templates.types
    lookup = Lookup(store, types, lambda: requests.limits.hidden_tags)
    outputs = Outputs(store, templates)
    return [
        StacksEndpoint(requests, lookup, outputs, max_template_size),
        OutputsEndpoint(lookup, outputs),
        ResourcesEndpoint(requests, lookup, templates, Signals(store, types)),
        EventsEndpoint(store, lookup),
        TemplatesEndpoint(store, lookup, templates, max_template_size),
        ArchiveEndpoint(requests, lookup),
        SoftwareEndpoint(store, requests.clock, requests.ids, max_template_size),
        ServicesEndpoint(store, requests.clock),
        UnsupportedEndpoint(),
    ]
