"""Storage of the software configurations and deployments of resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from heatconv.convergence.model import Event
from heatconv.engine import wire_format
from heatconv.resources.software import signals
from heatconv.runtime.ports import Clock
from heatconv.storage.base import Store
from heatconv.storage.values import CONFIG, DEPLOYMENT, Software, SoftwareChange

#: The fields of a configuration in the API; only the first two without detail.
FIELDS = ('name', 'group', 'config', 'inputs', 'outputs', 'options')


class StoredConfigs:
    """Implements `heatconv.resources.software.store.SoftwareStore` with a store.

    The configuration that is derived for a deployment is a part of the deployment. Users see it
    like any other configuration.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def config(self, project_id: str, config_id: str) -> Mapping[str, Any] | None:
        """Return the content of a configuration; None if it does not exist."""
        software = self._store.software(project_id, CONFIG, config_id)
        return None if software is None else software.content

    def find_config(self, project_id: str, config_id: str) -> Mapping[str, Any] | None:
        """Return the content of a configuration, also of a derived one; None without one."""
        software = find_config(self._store, project_id, config_id)
        return None if software is None else software.content

    def keep_config(self, project_id: str, config_id: str, content: Mapping[str, Any]) -> None:
        """Save a configuration unless it exists."""
        self._keep(CONFIG, project_id, config_id, content)

    def drop_config(self, project_id: str, config_id: str) -> None:
        """Delete a configuration if it exists."""
        self._store.drop_software(project_id, CONFIG, config_id)

    def deployment(self, project_id: str, deployment_id: str) -> Mapping[str, Any] | None:
        """Return the content of a deployment; None if it does not exist."""
        software = self._store.software(project_id, DEPLOYMENT, deployment_id)
        return None if software is None else software.content

    def keep_deployment(
        self, project_id: str, deployment_id: str, content: Mapping[str, Any]
    ) -> None:
        """Save a deployment unless it exists."""
        self._keep(DEPLOYMENT, project_id, deployment_id, content)

    def change_deployment(
        self,
        project_id: str,
        deployment_id: str,
        change: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    ) -> None:
        """Change a deployment by a pure function, if it exists."""
        self._store.change_software(
            project_id, DEPLOYMENT, deployment_id, lambda old: SoftwareChange(change(old))
        )

    def drop_deployment(self, project_id: str, deployment_id: str) -> None:
        """Delete a deployment if it exists."""
        self._store.drop_software(project_id, DEPLOYMENT, deployment_id)

    def signal_deployment(
        self,
        project_id: str,
        deployment_id: str,
        details: Any,
        event_of: Callable[[str], Event] | None = None,
    ) -> str | None:
        """Save the result of a deployment; delete it if its server has applied the delete.

        :param event_of: creates an event from its reason, which is saved with the result.
        :return: the reason for an event; None if the signal has no effect.
        :raises ValueError: if the data is not a valid signal.
        """
        stored = self._store.software(project_id, DEPLOYMENT, deployment_id)
        config = None if stored is None else config_of(self._store, stored)
        outputs = () if config is None else config.content.get('outputs')

        def decide(content: Mapping[str, Any]) -> signals.Outcome | None:
            return signals.outcome(deployment_id, content, outputs, details)

        outcome = None if stored is None else decide(stored.content)
        if outcome is None:
            return None

        def events(reason: str) -> tuple[Event, ...]:
            return () if event_of is None else (event_of(reason),)

        if outcome.removes:
            # One write: it ends the delete of the resource, and leaves nothing behind.
            removed = self._store.drop_software(
                project_id, DEPLOYMENT, deployment_id, events(outcome.reason)
            )
            return outcome.reason if removed else None

        taken: list[str] = []

        def change(content: Mapping[str, Any]) -> SoftwareChange | None:
            now = decide(content)  # a signal at the same time may have been faster
            taken[:] = [] if now is None else [now.reason]
            return None if now is None else SoftwareChange(now.content, events(now.reason))

        self._store.change_software(project_id, DEPLOYMENT, deployment_id, change)
        return taken[0] if taken else None

    def deployed_on(self, project_id: str, server_id: str) -> list[dict[str, Any]]:
        """Return the configurations that are deployed on a server, sorted by name."""
        return deployed_on(self._store, project_id, server_id)

    def _keep(
        self, kind: str, project_id: str, software_id: str, content: Mapping[str, Any]
    ) -> None:
        self._store.save_software(
            Software(software_id, project_id, kind, content, self._clock.now())
        )


def deployments(store: Store, project_id: str, server_id: str | None = None) -> list[Software]:
    """Return the deployments of a project that users see, on one server or on all for None."""
    return [
        deployment
        for deployment in store.all_software(project_id, DEPLOYMENT)
        if signals.is_listed(deployment.content)
        and server_id in (None, deployment.content.get('server_id'))
    ]


def derived_config(deployment: Software) -> Software | None:
    """Return the derived configuration that a deployment refers to, as a configuration."""
    derived = signals.derived_config(deployment.content)
    if derived is None:
        return None
    return Software(
        derived['id'], deployment.project_id, CONFIG, derived, float(derived['created_at'])
    )


def configs(store: Store, project_id: str) -> list[Software]:
    """Return the configurations of a project, with those that are derived for deployments."""
    derived = map(derived_config, deployments(store, project_id))
    return [*store.all_software(project_id, CONFIG), *(one for one in derived if one is not None)]


def find_config(store: Store, project_id: str, config_id: str) -> Software | None:
    """Return a configuration, also one that is derived for a deployment; None without one."""
    stored = store.software(project_id, CONFIG, config_id)
    if stored is not None:
        return stored
    # No index leads to a derived configuration: few requests need it without its deployment.
    derived = map(derived_config, deployments(store, project_id))
    return next((one for one in derived if one is not None and one.id == config_id), None)


def find_deployment(store: Store, project_id: str, deployment_id: str) -> Software | None:
    """Return a deployment that users see; None without one."""
    stored = store.software(project_id, DEPLOYMENT, deployment_id)
    return stored if stored is not None and signals.is_listed(stored.content) else None


def config_of(store: Store, deployment: Software) -> Software | None:
    """Return the configuration that a deployment refers to; None if it does not exist."""
    derived = derived_config(deployment)
    if derived is not None or deployment.content.get('config_id') is None:
        return derived
    return find_config(store, deployment.project_id, str(deployment.content['config_id']))


def deployed_on(store: Store, project_id: str, server_id: str) -> list[dict[str, Any]]:
    """Return the configurations that are deployed on a server, sorted by name, then by age."""
    found = [config_of(store, one) for one in deployments(store, project_id, server_id)]
    deployed = sorted(
        (config for config in found if config is not None),
        key=lambda config: (str(config.content['name']), config.created_at, config.id),
    )
    return [config_view(config) for config in deployed]


def config_view(software: Software, detail: bool = True) -> dict[str, Any]:
    """Return a configuration in the format of the API; without detail only name and group."""
    return {
        'id': software.id,
        'creation_time': wire_format.time(software.created_at),
        **{key: software.content.get(key) for key in (FIELDS if detail else FIELDS[:2])},
    }
