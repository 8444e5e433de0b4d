"""Read the histories that are written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from heatconv.tests.differential.case import VERSION
from heatconv.tests.differential.stacks.history import History, Request, Step

_HERE = Path(__file__).parent


def deliberate() -> Iterator[History]:
    """Read those that differ; each has the name of the deliberate difference that it shows."""
    return _read('deliberate')


def alike() -> Iterator[History]:
    """Read those that must not differ."""
    return _read('alike')


def _read(kind: str) -> Iterator[History]:
    for one in yaml.safe_load((_HERE / f'{kind}.yaml').read_text()):
        yield History(one[kind], tuple(_step(step) for step in one['steps']))


def _step(step: dict[str, Any]) -> Step:
    if 'unhealthy' in step:
        return Step(unhealthy=tuple(step['unhealthy'].split('/')))
    files = {name: _template(one) for name, one in step.get('files', {}).items()}
    return Step(Request(_template(step['template']), step.get('environment', {}), files))


def _template(template: dict[str, Any]) -> dict[str, Any]:
    return {'heat_template_version': VERSION, **template}
