"""Errors for resource types that do not exist here."""

from __future__ import annotations

from collections.abc import Iterable

from heatconv.hot.errors import UnavailableType, UnknownType, shown
from heatconv.hot.suggest import suggestion

#: Why a type is not available.
REASON = 'there is no plugin for it'

#: The services of a cloud that have resource types in Heat, by the second part of a type.
_SERVICES = frozenset(
    (
        'Aodh Barbican Blazar Cinder Designate Glance Ironic Keystone Magnum Manila Mistral '
        'Neutron Nova Octavia Swift Trove Vitrage Zaqar Zun'
    ).split()
)


def unknown_type(type_: str, known: Iterable[str], resource: str = '') -> UnknownType:
    """Return the error for a resource type that does not exist.

    The type of a service that is not there has the error number and the wording of Heat
    (heat/common/exception.py, ResourceTypeUnavailable).

    :param known: the types that exist.
    :param resource: name of the resource, for the path.
    """
    path = f'{resource}.type' if resource else 'type'
    known = tuple(known)
    parts = type_.split('::')
    if (
        len(parts) == 3
        and parts[0] == 'OS'
        and parts[1] in _SERVICES
        and not any(name.startswith(f'OS::{parts[1]}::') for name in known)
    ):
        service = parts[1].lower()
        error = UnavailableType(
            f'HEAT-E99001 Service {service} is not available for resource type {type_}, reason: '
            f'{REASON}',
            path,
        )
        error.service, error.type = service, type_
        return error
    return UnknownType(f'there is no resource type {shown(type_)}', path, suggestion(type_, known))
