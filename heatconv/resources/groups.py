"""OS::Heat::ResourceGroup and OS::Heat::ResourceChain: groups of resources in a nested stack."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from heatconv.hot.constraints import AllowedValues, Length, Range
from heatconv.hot.functions import ListNode, MapNode, stacks
from heatconv.hot.limits import MAX_NAME
from heatconv.hot.schema import (
    BOOLEAN,
    INTEGER,
    LIST,
    MAP,
    STRING,
    Attribute,
    Property,
    TypeSchema,
)
from heatconv.resources.group_batches import next_members
from heatconv.resources.nested import NestedPlugin
from heatconv.resources.nested_stacks import NestedStack
from heatconv.resources.plugin import Resource
from heatconv.resources.rollouts import (
    BATCH_CREATE,
    UNFINISHED,
    PolicyRollout,
    batches_of,
    definitions_in,
    update_policy,
)

#: The version of the generated templates, as in Heat.
VERSION = '2015-04-30'

#: Key in the content of a group's stack: names of members that were removed for good.
REMOVED = 'removed'
#: Key in the content of a group's stack: by reference id of a removed member, its name.
REFERENCES = 'removed_references'


class _Group(NestedPlugin):
    """The common part of groups: a nested stack whose template is generated."""

    def resources(
        self, resource: Resource, before: NestedStack | None, removed: Collection[str]
    ) -> dict[str, Any]:
        """Return the resources section of the generated template.

        :param before: the present nested stack; None before its creation.
        :param removed: names of members that must not be used.
        """
        raise NotImplementedError

    def removed(self, resource: Resource, before: NestedStack | None) -> Mapping[str, str]:
        """Return the members that were removed for good.

        :return: by name of a member, its reference id if the user named it by that; else ''.
        """
        return {}

    def content(
        self, resource: Resource, owner: Mapping[str, Any], before: NestedStack | None
    ) -> dict[str, Any]:
        removed = self.removed(resource, before)
        members = self.resources(resource, before, removed)
        return self.assembled(resource, owner, members, removed)

    def assembled(
        self,
        resource: Resource,
        owner: Mapping[str, Any],
        members: Mapping[str, Any],
        removed: Mapping[str, str],
    ) -> dict[str, Any]:
        """Return the content with the given members; see also `removed`."""
        template = {'heat_template_version': VERSION, 'resources': dict(members)}
        content = self.within(resource, owner, template, {})
        if not removed:
            return content
        references = {reference: name for name, reference in removed.items() if reference}
        return {**content, REMOVED: sorted(removed, key=_order), REFERENCES: references}

    def attributes(self, child: NestedStack) -> dict[str, Any]:
        members = self.members(child)
        # In the order of the template, which is the numeric order of the names.
        content = self.children.made_of(child)
        definitions = definitions_in(content)
        ordered = {name: members[stacks.MEMBERS].get(name, [None, {}]) for name in definitions}
        references = {name: member[0] for name, member in ordered.items()}
        values = {
            'refs': list(references.values()),
            'refs_map': references,
            'removed_rsrc_list': list(content.get(REMOVED, ())),
        }
        return {
            **{name: value for name, value in values.items() if name in self.schema.attributes},
            stacks.MEMBERS: ordered,
            stacks.GROUP: True,
        }


def _group_members(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition of the first member of a group; see `TypeSchema.members`.

    A group without members is not checked, as in Heat, so that a template can disable it.
    """
    definition = _items(properties.get('resource_def'))
    if not isinstance(definition, Mapping) or properties.get('count') == 0:
        return {}
    placeholder = properties.get('index_var', '%index%')
    return {'0': filled(definition, placeholder, '0') if isinstance(placeholder, str) else {}}


def _chain_members(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the first definition of each type of a chain; see `TypeSchema.members`."""
    types = _items(properties.get('resources'))
    members: dict[str, Any] = {}
    for name, type_ in zip(_numbers(), types if isinstance(types, list) else (), strict=False):
        if isinstance(type_, str) and all(type_ != member['type'] for member in members.values()):
            members[name] = {'type': type_, 'properties': properties.get('resource_properties')}
    return members


def _items(value: Any) -> Any:
    """Return the items of a map or list of which some are only known at run time."""
    return value.items if isinstance(value, MapNode | ListNode) else value


class ResourceGroup(PolicyRollout, _Group):
    """Resources of one definition that differ in their index only.

    As in heat/engine/resources/openstack/heat/resource_group.py.
    """

    schema = TypeSchema(
        description='A number of resources of one definition, in a nested stack.',
        version='2014.1',
        properties={
            'count': Property(
                INTEGER,
                default=1,
                update_allowed=True,
                constraints=(Range(0),),
                description='The number of resources.',
            ),
            'index_var': Property(
                STRING,
                default='%index%',
                constraints=(Length(3),),
                description='The placeholder for the index of a resource in its definition.',
            ),
            'resource_def': Property(
                MAP,
                required=True,
                update_allowed=True,
                description='The definition of each resource.',
                schema={
                    'type': Property(
                        STRING, required=True, description='The type of each resource.'
                    ),
                    'properties': Property(MAP, description='The properties of each resource.'),
                    'metadata': Property(MAP, description='The metadata of each resource.'),
                },
            ),
            'removal_policies': Property(
                LIST,
                default=[],
                update_allowed=True,
                description='Which resources are removed first.',
                schema=Property(
                    MAP,
                    description='A policy.',
                    schema={
                        'resource_list': Property(
                            LIST,
                            default=[],
                            description='Names or reference ids of resources.',
                        ),
                    },
                ),
            ),
            'removal_policies_mode': Property(
                STRING,
                default='append',
                update_allowed=True,
                constraints=(AllowedValues(('append', 'update')),),
                description='Whether the removed resources are added to those removed before.',
            ),
        },
        attributes={
            'refs': Attribute(LIST, 'The reference id of each resource.'),
            'refs_map': Attribute(MAP, 'The reference id of each resource, by name.'),
            'attributes': Attribute(MAP, 'An attribute of each resource, by name.'),
            'removed_rsrc_list': Attribute(LIST, 'The names of the resources that were removed.'),
        },
        any_attribute=True,
        nested=True,
        members=_group_members,
    )

    def content(
        self, resource: Resource, owner: Mapping[str, Any], before: NestedStack | None
    ) -> dict[str, Any]:
        removed = self.removed(resource, before)
        final = self.resources(resource, before, removed)
        present = {} if before is None else self.children.made_of(before)
        kind = batches_of(present)
        if not update_policy(resource, kind):
            return self.assembled(resource, owner, final, removed)
        now = {
            name: definition
            for name, definition in definitions_in(present).items()
            if name not in removed
        }
        members = None
        if kind == BATCH_CREATE or any(now[name] != final.get(name, now[name]) for name in now):
            members = next_members(
                now,
                () if before is None else self.children.failed(before),
                () if before is None else self.children.complete(before),
                final,
                lambda number: _unused(removed, number),
                self._definition_of(resource),
                self.policy(resource, present),
            )
        if members is None:
            return self.assembled(resource, owner, final, removed)
        # Members that keep their definition for now may need the files of the present content.
        files = {**(present.get('files') or {}), **(owner.get('files') or {})}
        content = self.assembled(resource, {**owner, 'files': files}, members, removed)
        return {**content, UNFINISHED: kind}

    def resources(
        self, resource: Resource, before: NestedStack | None, removed: Collection[str]
    ) -> dict[str, Any]:
        definition_of = self._definition_of(resource)
        self.check_size(resource.properties['count'])
        names = _unused(removed, resource.properties['count'])
        return {name: definition_of(name) for name in names}

    def _definition_of(self, resource: Resource) -> Callable[[str], dict[str, Any]]:
        """Return a function from the name of a member to its definition."""
        properties = resource.properties
        definition = {
            key: value for key, value in properties['resource_def'].items() if value is not None
        }
        placeholder = properties['index_var']
        return lambda name: {
            key: filled(value, placeholder, name) for key, value in definition.items()
        }

    def removed(self, resource: Resource, before: NestedStack | None) -> Mapping[str, str]:
        properties = resource.properties
        content = {} if before is None else self.children.made_of(before)
        before_removed: Mapping[str, str] = {
            **dict.fromkeys(content.get(REMOVED, ()), ''),
            **{name: reference for reference, name in content.get(REFERENCES, {}).items()},
        }
        removed = {}
        if properties['removal_policies_mode'] == 'append':
            removed.update(before_removed)
        requested = [
            str(reference)
            for policy in properties['removal_policies']
            for reference in policy.get('resource_list', ())
        ]
        if before is None:
            # There are no members yet: the names are not used.
            return {**removed, **dict.fromkeys(requested, '')}
        members = self.children.members(before) if requested else {}
        # A reference to a member that is removed already names it still.
        by_reference = {reference: name for name, reference in before_removed.items()}
        by_reference.update((member.reference_id, name) for name, member in members.items())
        # Members that failed, or were never created, are named too. A member that was removed
        # before and is requested again stays removed.
        names = {*definitions_in(content), *members, *before_removed}
        for reference in requested:
            if reference in names:
                removed.setdefault(reference, '')
            elif reference in by_reference:
                removed[by_reference[reference]] = reference
        return removed


class ResourceChain(_Group):
    """Resources of several types, one after the other.

    As in heat/engine/resources/openstack/heat/resource_chain.py.
    """

    schema = TypeSchema(
        description='Resources of several types with the same properties, one after the other.',
        version='6.0.0',
        properties={
            'resources': Property(
                LIST,
                required=True,
                update_allowed=True,
                description='The types of the resources, in order.',
            ),
            'concurrent': Property(
                BOOLEAN,
                default=False,
                description='Whether the resources do not wait for each other.',
            ),
            'resource_properties': Property(MAP, description='The properties of each resource.'),
        },
        attributes={
            'refs': Attribute(LIST, 'The reference id of each resource.'),
            'attributes': Attribute(MAP, 'An attribute of each resource, by name.'),
        },
        any_attribute=True,
        nested=True,
        members=_chain_members,
    )

    def resources(
        self, resource: Resource, before: NestedStack | None, removed: Collection[str]
    ) -> dict[str, Any]:
        properties = resource.properties
        members: dict[str, Any] = {}
        for name, type_ in zip(_numbers(), properties['resources'], strict=False):
            member: dict[str, Any] = {'type': type_}
            if properties.get('resource_properties'):
                member['properties'] = properties['resource_properties']
            if members and not properties['concurrent']:
                member['depends_on'] = [list(members)[-1]]
            members[name] = member
        return members


def filled(value: Any, mark: str, name: str) -> Any:
    """Return a value with a placeholder replaced by a name in all its strings, keys excepted."""
    if isinstance(value, str):
        return value.replace(mark, name)
    if isinstance(value, dict):
        return {key: filled(item, mark, name) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, mark, name) for item in value]
    if isinstance(value, MapNode):
        return MapNode(filled(value.items, mark, name))
    if isinstance(value, ListNode):
        return ListNode(filled(value.items, mark, name))
    return value


def _numbers() -> Iterator[str]:
    """Yield the names of members: 0, 1, 2, and so on."""
    return map(str, itertools.count())


def _unused(removed: Collection[str], number: int) -> list[str]:
    """Return the first names of members that are not removed, in the given number."""
    return list(itertools.islice((name for name in _numbers() if name not in removed), number))


def _order(name: str) -> tuple[int, str]:
    """Return a sort key: names that are numbers sort as numbers."""
    is_number = name.isdecimal() and len(name) <= MAX_NAME
    return (int(name) if is_number else 0, name)


__all__ = ['ResourceChain', 'ResourceGroup', 'filled']
