"""A resource type whose calls take their time, as those of a cloud do."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Mapping
from typing import Any, ClassVar

from heatconv.resources.none import NoneResource
from heatconv.resources.plugin import Resource

TYPE = 'Bench::Waits'
SECONDS = 0.02


class Waits(NoneResource):
    """Waits in each create, one resource a call, and keeps no records to speak of."""

    bulk: ClassVar[int] = 1

    def create(self, resource: Resource) -> None:
        time.sleep(SECONDS)
        super().create(resource)

    def attributes(self, record: Any) -> Mapping[str, Any]:
        return {}


def install(directory: pathlib.Path) -> None:
    """Make a distribution that offers the type to whoever has the directory on its path."""
    metadata = directory / 'bench_waits-1.dist-info'
    metadata.mkdir(parents=True)
    (metadata / 'METADATA').write_text('Metadata-Version: 2.1\nName: bench-waits\nVersion: 1\n')
    (metadata / 'entry_points.txt').write_text(
        f'[heatconv.resources]\n{TYPE} = bench.waits:Waits\n'
    )
