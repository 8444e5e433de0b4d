"""Statements that add stacks, templates and plans to the script of a transaction."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from heatconv.convergence.model import Event
from heatconv.convergence.traversal import Plan
from heatconv.db import rows, stack_rows, tables, writes
from heatconv.db.bulk import Script
from heatconv.runtime.ports import Ids
from heatconv.storage.content import EncodedTemplate, head_of
from heatconv.storage.values import NewStack

ADD_TEMPLATE = 'INSERT INTO template (id, content, created_at, head) VALUES (%s, %s, %s, %s)'


def add_stacks(script: Script, added: Sequence[NewStack], ids: Ids, now: float) -> None:
    """Add the statements that insert stacks, without the writes of plugins.

    If a project has a live stack of one of the names, the whole transaction fails with
    DBDuplicateEntry.
    """
    if not added:
        return
    add_templates(script, [new.template for new in added], now)
    stacks = (stack_rows.stack_row(new.created(now)) for new in added)
    values = [tuple(row[name] for name in stack_rows.STACK) for row in stacks]
    script.insert(tables.stack, stack_rows.STACK, values)
    writes.insert_resources(script, [row for new in added for row in new.adopts], now)
    plans = [plan for plan in (new.planned(now) for new in added) if plan is not None]
    events = [event for new in added for event in new.events]
    add_plans(script, plans, events, ids, now)


def add_templates(script: Script, templates: Sequence[EncodedTemplate], now: float) -> None:
    """Add the statements that save templates, unless they are stored.

    One statement for each: a text may be large, and is not encoded again.
    """
    keeps = 'DUPLICATE KEY UPDATE id = id' if script.dialect == 'mysql' else 'CONFLICT DO NOTHING'
    # In the order of their keys, so that concurrent transactions cannot deadlock.
    for template_id, template in sorted({new.id: new for new in templates}.items()):
        head = rows.dumps(head_of(template.content))
        script.add(f'{ADD_TEMPLATE} ON {keeps}', (template_id, template.text, now, head))


def add_plans(
    script: Script, plans: Sequence[Plan], events: Sequence[Event], ids: Ids, now: float
) -> None:
    """Add the statements that save the rows, the nodes and the events of plans.

    :param events: events to save before those of the plans.
    """
    rows_to_add = itertools.chain.from_iterable(plan.rows for plan in plans)
    writes.insert_resources(script, rows_to_add, now)
    nodes = itertools.chain.from_iterable(plan.nodes for plan in plans)
    writes.insert_nodes(script, nodes, now)
    all_events = [*events, *(event for plan in plans for event in plan.events)]
    writes.add_events(script, all_events, ids, now)
