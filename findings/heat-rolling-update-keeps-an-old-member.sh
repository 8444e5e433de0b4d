#!/usr/bin/env bash
# openstack-heat 27.0.1, groups of instances (OS::Heat::AutoScalingGroup, OS::Heat::InstanceGroup,
# AWS::AutoScaling::AutoScalingGroup).
#
# A rolling update of three members, in batches of two, with three members in service.
# Expected: at the end all members have the new definition.
# Seen: the update ends with a member that has the old one. The group grows to five members; the
# last batch shrinks it again and removes the oldest members. One of them has just been updated in
# place, and so it keeps its creation time and goes before a younger member with the old definition.
# The count of updated members includes it, so that no further batch follows.
#
# Exits with 0 while this is so, and with 1 once it has changed.
set -euo pipefail

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install -q openstack-heat==27.0.1

"$directory/venv/bin/python" - <<'PYTHON'
import itertools

from heat.engine.resources.openstack.heat.instance_group import InstanceGroup
from heat.scaling import template

names = (f'added-{number}' for number in itertools.count())
# In the order of heat.common.grouputils: by time of creation.
members = [('first', 'old'), ('second', 'old'), ('third', 'old')]
batches = InstanceGroup._get_batches(3, 3, 2, 3)
for size, changes in [*batches, (3, 0)]:  # at the end the group is resized
    members = list(
        template.member_definitions(members, 'new', size, changes, lambda: next(names))
    )
    print(f'{size} members, {changes} changes: {members}')
old = [name for name, definition in members if definition == 'old']
print(f'members with the old definition at the end: {old}')
raise SystemExit(0 if old == ['third'] else 1)
PYTHON
