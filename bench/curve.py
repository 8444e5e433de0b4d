"""The curve of a run: the number of finished resources over time, from their events."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import sqlalchemy as sa

from bench.site import Site

QUERY = """
SELECT FLOOR((at - :began) / :step) AS step, COUNT(*) FROM event
WHERE stack_id = :stack AND resource_name IS NOT NULL AND action = :action
    AND status = 'COMPLETE' AND at >= :began
GROUP BY 1 ORDER BY 1
"""


def done_over_time(
    site: Site, stack_id: str, action: str, began: float, step: float
) -> list[tuple[float, int]]:
    """Return the number of finished resources over time.

    :param action: the action of the events that count, for instance CREATE.
    :param began: time of the request, in seconds since the epoch.
    :param step: resolution, in seconds.
    :return: pairs of seconds since the request and the number of resources finished by then.
    """
    points: list[tuple[float, int]] = []
    done = 0
    with site.rows() as connection:
        parameters = {'stack': stack_id, 'action': action, 'began': began, 'step': step}
        for number, count in connection.execute(sa.text(QUERY), parameters):
            done += count
            points.append((round((float(number) + 1) * step, 3), done))
    return points


def add(file: pathlib.Path, entry: dict[str, Any]) -> None:
    """Append a line of JSON to a file of results."""
    with file.open('a') as output:
        output.write(json.dumps(entry) + '\n')
