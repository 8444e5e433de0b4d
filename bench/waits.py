"""A resource type with physical resources outside the database, whose creates may take time."""

from __future__ import annotations

import os
import pathlib
import time
from collections.abc import Sequence

from heatconv.hot.schema import NUMBER, Property, TypeSchema
from heatconv.resources.plugin import Observation, Plugin, Reality, Resource
from heatconv.resources.records import Records
from heatconv.runtime.ports import Clock

TYPE = 'Bench::Waits'
#: Default duration of a create, in seconds.
SECONDS = 0.02

#: Environment variable that names the directory of the physical resources.
CLOUD = 'HEATCONV_BENCH_CLOUD'


class Waits(Plugin):
    """Blocks in each create, one resource for each call; a physical resource is an empty file."""

    schema = TypeSchema(
        description='Waits while it is created.',
        properties={'seconds': Property(NUMBER, default=SECONDS)},
        attributes={},
    )

    def __init__(self, records: Records, clock: Clock) -> None:
        self._cloud = pathlib.Path(os.environ[CLOUD])

    def create(self, resource: Resource) -> None:
        if resource.properties['seconds']:
            time.sleep(resource.properties['seconds'])
        (self._cloud / resource.token).touch()

    def update(self, resource: Resource, changed: Sequence[str]) -> None:
        """Do nothing: no property can change in place."""

    def delete(self, resource: Resource) -> None:
        (self._cloud / resource.token).unlink(missing_ok=True)

    def observe(self, resource: Resource) -> Observation:
        exists = (self._cloud / resource.token).exists()
        if not exists:
            return Observation(Reality.ABSENT)
        return Observation(Reality.READY, resource.token, properties=resource.properties)


def install(directory: pathlib.Path) -> None:
    """Write a distribution with the entry point of the type, for a Python path."""
    metadata = directory / 'bench_waits-1.dist-info'
    metadata.mkdir(parents=True)
    (metadata / 'METADATA').write_text('Metadata-Version: 2.1\nName: bench-waits\nVersion: 1\n')
    (metadata / 'entry_points.txt').write_text(
        f'[heatconv.resources]\n{TYPE} = bench.waits:Waits\n'
    )
