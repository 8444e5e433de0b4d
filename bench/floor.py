"""The floor: the least work of any durable implementation, by plain drivers and in bulk.

A row is inserted for each resource. One commit records which worker is about to act on it, because
an unrecorded action could not be found again; another commit records the result. One message
announces each batch of resources that may begin together. There are no decisions, no queries, no
graph and no events.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from typing import Any

import amqp

from bench.site import Site

TABLE = 'CREATE TABLE floor (id CHAR(36) PRIMARY KEY, stack CHAR(36), state TEXT, body TEXT)'


def measure(site: Site, resources: int, lot: int) -> dict[str, Any]:
    """Create resources in batches, and return the cost.

    :param resources: number of resources.
    :param lot: batch size: number of resources for each message and each commit.
    """
    connection = _connect(site)
    cursor = connection.cursor()
    cursor.execute('DROP TABLE IF EXISTS floor')
    cursor.execute(TABLE)
    connection.commit()
    broker = amqp.Connection(f'127.0.0.1:{site.broker.port}')
    broker.connect()
    channel = broker.channel()
    channel.queue_declare('floor', auto_delete=True)
    before, client_before, began = site.cpu(), _own(), time.monotonic()
    ids = [str(uuid.uuid4()) for _ in range(resources)]
    stack, body = str(uuid.uuid4()), json.dumps({'value': 'one', 'output': 'one'})
    for start in range(0, resources, 1000):
        rows = [(row_id, stack, 'init', body) for row_id in ids[start : start + 1000]]
        placeholders = ', '.join(['(%s, %s, %s, %s)'] * len(rows))
        cursor.execute(
            f'INSERT INTO floor VALUES {placeholders}', [value for row in rows for value in row]
        )
    connection.commit()
    for start in range(0, resources, lot):
        batch = ids[start : start + lot]
        channel.basic_publish(amqp.Message(json.dumps(batch)), routing_key='floor')
        announced = json.loads(_next(channel).body)
        placeholders = ', '.join(['%s'] * len(announced))
        for state in ('claimed', 'done'):
            cursor.execute(
                f'UPDATE floor SET state = %s, body = %s WHERE id IN ({placeholders})',
                [state, body, *announced],
            )
            connection.commit()
    wall = time.monotonic() - began
    after = site.cpu()
    used = {name: after[name] - before[name] for name in ('database', 'broker')}
    used['client'] = _own() - client_before
    broker.close()
    connection.close()
    return {
        'resources': resources,
        'lot': lot,
        'wall_seconds': round(wall, 3),
        'cpu_seconds': {name: round(seconds, 3) for name, seconds in used.items()},
        'cpu_ms_per_resource': round(1000 * sum(used.values()) / resources, 4),
    }


def link(site: Site, links: int) -> dict[str, Any]:
    """Return the time of one link of a chain: one cast and two durable commits in sequence.

    :param links: number of links to measure.
    :return: ``ms_per_link`` is the time in milliseconds.
    """
    result = measure(site, links, 1)
    return {'links': links, 'ms_per_link': round(1000 * result['wall_seconds'] / links, 3)}


def _own() -> float:
    """Return the CPU seconds of this process."""
    times = os.times()
    return times.user + times.system


def _next(channel: Any) -> Any:
    """Return the next message of the queue; poll until there is one."""
    while True:
        message = channel.basic_get('floor', no_ack=True)
        if message is not None:
            return message


def _connect(site: Site) -> Any:
    """Return a connection of a plain driver to the database."""
    port = site.database.port
    if 'mysql' in site.database.url:
        import pymysql

        return pymysql.connect(host='127.0.0.1', port=port, user='root', database='heatconv')
    import psycopg2

    return psycopg2.connect(host='127.0.0.1', port=port, user='postgres', dbname='postgres')
