"""OS::Heat::HARestarter: a placeholder for a type that Heat has removed."""

from __future__ import annotations

import dataclasses

from heatconv.resources.none import NoneResource


class HARestarter(NoneResource):
    """Does nothing, so that stacks with resources of the removed type can still be used."""

    schema = dataclasses.replace(
        NoneResource.schema,
        description='A placeholder for a removed type; it does nothing.',
        support_status='HIDDEN',
        version='10.0.0',
    )
