"""Whether all is as the users last asked, in the database and in reality."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from heatconv.db.store import DatabaseStore
from heatconv.storage.stack_query import StackQuery
from heatconv.tests.chaos.scaling_users import ScalingUser
from heatconv.tests.chaos.thing import PREFIX, Row, World
from heatconv.tests.chaos.users import User


def judge(
    users: Sequence[User], store: DatabaseStore, world: World, action_timeout: float
) -> list[str]:
    """Return all that is wrong when everything is at rest.

    :param action_timeout: of the workers, in seconds.
    """
    found = [user.problem for user in users if user.problem]
    found += wrong_order(world, action_timeout)
    stacks = {one.name: one for one in store.stacks(StackQuery(None))}
    things = world.rows()
    owned: set[str] = set()
    for user in users:
        stack = stacks.get(user.stack_name)
        if user.wanted is None:
            if stack is not None:
                found.append(f'{user.stack_name} is {stack.action} {stack.status}, not gone')
            continue
        if stack is None:
            found.append(f'{user.stack_name} is gone')
            continue
        if stack.status != 'COMPLETE' or stack.action == 'DELETE':
            found.append(f'{stack.name} is {stack.action} {stack.status}: {stack.reason}')
            continue
        rows = store.resources(stack.id)
        owned |= {row.id for row in rows}
        for row in rows:
            if row.claim is not None or row.suspect or row.status != 'COMPLETE':
                found.append(f'{stack.name}: {row.name} ({row.id}) is not at rest')
        nodes = store.nodes(stack.id)
        if nodes:
            found.append(f'{stack.name} has {len(nodes)} nodes left')
        if isinstance(user, ScalingUser):
            wrong, rows_within = group_differences(user.wanted, store, stack.id, things)
            owned |= rows_within
        else:
            things_of = [one for one in things if one.stack == stack.id]
            wrong = differences(user.wanted, things_of)
        found += [f'{stack.name}: {what}' for what in wrong]
    for one in things:
        if one.token not in owned:
            found.append(f'{one.id} ({one.name} of stack {one.stack}) is left over')
    return found


def wrong_order(world: World, action_timeout: float) -> list[str]:
    """Return what had to be refused, each with the operations on what it names.

    :param action_timeout: of the workers, in seconds.
    """
    operations = world.operations()
    found = []
    for one in world.refused():
        if one.is_late(action_timeout):
            continue
        found.append(f'order: {one.at:.2f} (process {one.pid}, {one.seconds:.2f} s): {one.what}')
        found += [
            f'    {at:.2f} (process {pid}): {verb} of {PREFIX}{token} ({name})'
            for at, pid, verb, token, name, _ in operations
            if token in one.what
        ]
    return found


def group_differences(
    template: Mapping[str, Any], store: DatabaseStore, stack_id: str, things: Sequence[Row]
) -> tuple[list[str], set[str]]:
    """Compare the members of a group with its template.

    :return: what is wrong, and the ids of the rows of the nested stack.
    """
    wanted = template['resources']['group']['properties']
    children = store.stacks(StackQuery(None, owners=(stack_id,)))
    if len(children) != 1:
        return [f'there are {len(children)} nested stacks'], set()
    (child,) = children
    rows = store.resources(child.id)
    found = [f'the nested stack is {child.action} {child.status}'] * (child.status != 'COMPLETE')
    found += [
        f'{row.name} is not at rest'
        for row in rows
        if row.claim is not None or row.suspect or row.status != 'COMPLETE'
    ]
    members = [one for one in things if one.stack == child.id]
    if len(members) != wanted['desired_capacity']:
        found.append(f'there are {len(members)} members, not {wanted["desired_capacity"]}')
    for one in members:
        for key, value in wanted['resource']['properties'].items():
            if one.properties[key] != value:
                found.append(f'{key} of {one.name} is {one.properties[key]!r}, not {value!r}')
    return found, {row.id for row in rows}


def differences(template: Mapping[str, Any], things: Sequence[Row]) -> list[str]:
    """Compare things with a template."""
    found = []
    counts = Counter(one.name for one in things)
    resources = template['resources']
    for name in sorted({*counts, *resources}):
        wanted = int(name in resources)
        if counts[name] != wanted:
            found.append(f'there are {counts[name]} of {name}, not {wanted}')
    by_name = {one.name: one for one in things}
    for name, definition in resources.items():
        if name not in by_name:
            continue
        for key, value in definition['properties'].items():
            real = by_name[name].properties[key]
            if isinstance(value, dict):
                value = _resolved(value, by_name)
            if real != value:
                found.append(f'{key} of {name} is {real!r}, not {value!r}')
    return found


def _resolved(value: Mapping[str, Any], by_name: Mapping[str, Row]) -> Any:
    if 'get_resource' in value:
        row = by_name.get(value['get_resource'])
        return None if row is None else PREFIX + row.token
    name, attribute = value['get_attr']
    row = by_name.get(name)
    return None if row is None else str(row.properties[attribute])
