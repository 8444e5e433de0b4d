"""OS::Heat::ResourceGroup and OS::Heat::ResourceChain: many resources of a definition."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from heatconv.hot.constraints import AllowedValues, Length, Range
from heatconv.hot.functions import stacks
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
from heatconv.resources.nested import NestedPlugin, NestedStack
from heatconv.resources.plugin import Resource

#: Of the templates that are made here, as in Heat.
VERSION = '2015-04-30'

#: What a group remembers in the content of its stack: members that are gone for good.
REMOVED = 'removed'


class _Group(NestedPlugin):
    """What groups have in common."""

    def resources(
        self, resource: Resource, before: NestedStack | None, removed: Sequence[str]
    ) -> dict[str, Any]:
        """Return the resources of the group, as a template has them."""
        raise NotImplementedError

    def removed(self, resource: Resource, before: NestedStack | None) -> tuple[str, ...]:
        """Return the names that are not to be used, sorted."""
        return ()

    def content(
        self, resource: Resource, owner: Mapping[str, Any], before: NestedStack | None
    ) -> dict[str, Any]:
        removed = self.removed(resource, before)
        template = {
            'heat_template_version': VERSION,
            'resources': self.resources(resource, before, removed),
        }
        made = self.within(resource, owner, template, {})
        return {**made, REMOVED: list(removed)} if removed else made

    def attributes(self, child: NestedStack) -> dict[str, Any]:
        members = self.members(child)
        # In the order of the template, which is that of their names as numbers.
        content = self.children.made_of(child)
        named = content['template']['resources']
        ordered = {name: members[stacks.MEMBERS].get(name, [None, {}]) for name in named}
        references = {name: one[0] for name, one in ordered.items()}
        return {
            'refs': list(references.values()),
            'refs_map': references,
            'removed_rsrc_list': list(content.get(REMOVED, ())),
            stacks.MEMBERS: ordered,
            stacks.GROUP: True,
        }


class ResourceGroup(_Group):
    """Resources that differ in their number only (heat/engine/resources/openstack/heat)."""

    schema = TypeSchema(
        description='A number of resources of one definition, in a stack of their own.',
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
                description='What stands for the number of a resource in its definition.',
            ),
            'resource_def': Property(
                MAP,
                required=True,
                update_allowed=True,
                description='The definition of each resource.',
                schema={
                    'type': Property(STRING, required=True, description='The type of each.'),
                    'properties': Property(MAP, description='The properties of each.'),
                    'metadata': Property(MAP, description='The metadata of each.'),
                },
            ),
            'removal_policies': Property(
                LIST,
                default=[],
                update_allowed=True,
                description='Which resources go first.',
                schema=Property(
                    MAP,
                    schema={
                        'resource_list': Property(
                            LIST,
                            default=[],
                            description='Names, or what others refer to them by.',
                        ),
                    },
                ),
            ),
            'removal_policies_mode': Property(
                STRING,
                default='append',
                update_allowed=True,
                constraints=(AllowedValues(('append', 'update')),),
                description='Whether what is removed adds to what was removed before.',
            ),
        },
        attributes={
            'refs': Attribute(LIST, 'What others refer to each resource by.'),
            'refs_map': Attribute(MAP, 'The same, by name.'),
            'attributes': Attribute(MAP, 'An attribute of each resource, by name.'),
            'removed_rsrc_list': Attribute(LIST, 'The names of the resources that were removed.'),
        },
        any_attribute=True,
        nested=True,
    )

    def resources(
        self, resource: Resource, before: NestedStack | None, removed: Sequence[str]
    ) -> dict[str, Any]:
        given = resource.properties
        definition = {key: one for key, one in given['resource_def'].items() if one is not None}
        mark = given['index_var']
        names = (name for name in _numbers() if name not in removed)
        return {
            name: filled(definition, mark, name)
            for name in itertools.islice(names, given['count'])
        }

    def removed(self, resource: Resource, before: NestedStack | None) -> tuple[str, ...]:
        given = resource.properties
        removed: set[str] = set()
        before_removed: Sequence[str] = ()
        if before is not None:
            before_removed = self.children.made_of(before).get(REMOVED, ())
        if given['removal_policies_mode'] == 'append':
            removed.update(before_removed)
        wanted = [
            str(one) for each in given['removal_policies'] for one in each.get('resource_list', ())
        ]
        if before is None or not wanted:
            return tuple(sorted(removed, key=_order))
        members = self.children.members(before)
        by_reference = {one.reference_id: name for name, one in members.items()}
        # What is asked for again after it went is still not to come back.
        known = {*members, *before_removed}
        for one in wanted:
            name = one if one in known else by_reference.get(one)
            if name is not None:
                removed.add(name)
        return tuple(sorted(removed, key=_order))


class ResourceChain(_Group):
    """Resources of several types, one after the other (resource_chain.py of Heat)."""

    schema = TypeSchema(
        description='Resources of several types with the same properties, one after the other.',
        properties={
            'resources': Property(
                LIST,
                required=True,
                update_allowed=True,
                schema=Property(STRING),
                description='The types, in order.',
            ),
            'concurrent': Property(
                BOOLEAN, default=False, description='Whether they do not wait for each other.'
            ),
            'resource_properties': Property(
                MAP, update_allowed=True, description='The properties of each.'
            ),
        },
        attributes={
            'refs': Attribute(LIST, 'What others refer to each resource by.'),
            'attributes': Attribute(MAP, 'An attribute of each resource, by name.'),
        },
        any_attribute=True,
        nested=True,
    )

    def resources(
        self, resource: Resource, before: NestedStack | None, removed: Sequence[str]
    ) -> dict[str, Any]:
        given = resource.properties
        made: dict[str, Any] = {}
        for name, type_ in zip(_numbers(), given['resources'], strict=False):
            one: dict[str, Any] = {'type': type_}
            if given.get('resource_properties'):
                one['properties'] = given['resource_properties']
            if made and not given['concurrent']:
                one['depends_on'] = [list(made)[-1]]
            made[name] = one
        return made


def filled(value: Any, mark: str, name: str) -> Any:
    """Return a value with a name in place of a mark, in all its texts."""
    if isinstance(value, str):
        return value.replace(mark, name)
    if isinstance(value, dict):
        return {key: filled(one, mark, name) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, mark, name) for one in value]
    return value


def _numbers() -> Iterator[str]:
    return map(str, itertools.count())


def _order(name: str) -> tuple[int, str]:
    """Sort names that are numbers as such."""
    return (int(name) if name.isdecimal() else 0, name)


__all__ = ['ResourceChain', 'ResourceGroup', 'filled']
