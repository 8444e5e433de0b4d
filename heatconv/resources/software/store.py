"""What the software types need from the engine: stored configurations and deployments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from heatconv.convergence.model import Event

#: Content of a configuration or of a deployment, by name of the field.
Content = Mapping[str, Any]


class SoftwareStore(Protocol):
    """Keeps configurations and deployments, including those that users create without a stack."""

    def config(self, project_id: str, config_id: str) -> Content | None:
        """Return a configuration, or None."""

    def find_config(self, project_id: str, config_id: str) -> Content | None:
        """Return a configuration, also one that is derived for a deployment; None if missing."""

    def keep_config(self, project_id: str, config_id: str, content: Content) -> None:
        """Save a configuration unless it exists."""

    def drop_config(self, project_id: str, config_id: str) -> None:
        """Delete a configuration if it exists."""

    def deployment(self, project_id: str, deployment_id: str) -> Content | None:
        """Return a deployment, or None."""

    def keep_deployment(self, project_id: str, deployment_id: str, content: Content) -> None:
        """Save a deployment unless it exists."""

    def change_deployment(
        self, project_id: str, deployment_id: str, change: Callable[[Content], Content]
    ) -> None:
        """Change a deployment by a pure function, if it exists."""

    def drop_deployment(self, project_id: str, deployment_id: str) -> None:
        """Delete a deployment if it exists."""

    def signal_deployment(
        self,
        project_id: str,
        deployment_id: str,
        details: Any,
        event_of: Callable[[str], Event] | None = None,
    ) -> str | None:
        """Save the result of a deployment that its server reports.

        :param details: the data of the signal.
        :param event_of: creates an event from its reason, which is saved with the result.
        :return: the reason for an event; None if the signal has no effect.
        :raises ValueError: if the data is not a valid signal.
        """

    def deployed_on(self, project_id: str, server_id: str) -> list[dict[str, Any]]:
        """Return the configurations that are deployed on a server, in the format of the API."""


class UsesSoftware:
    """A plugin that reads or writes configurations; `Registry.nest` sets ``software``."""

    software: SoftwareStore
