"""The registry of resource types and their plugins.

Plugins are entry points in the group ``heatconv.resources``, named after their type and loaded by
stevedore. Each is called with the records of the built-in types and the clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oslo_log import log
from stevedore import extension

from heatconv.hot.registry import TEMPLATE_RESOURCE, is_template
from heatconv.hot.schema import TypeSchema
from heatconv.resources.nested import NestedPlugin, TemplateResource, UsesNestedStacks
from heatconv.resources.nested_stacks import NestedStacks
from heatconv.resources.plugin import Plugin
from heatconv.resources.records import Records
from heatconv.resources.remote_stack import RemoteStack
from heatconv.resources.scaling.group import ScalingGroup
from heatconv.resources.scaling.policy import ScalingPolicy
from heatconv.resources.signal_urls import SignalUrls, UsesSignalUrls
from heatconv.resources.software.store import SoftwareStore, UsesSoftware
from heatconv.runtime.ports import Clock

LOG = log.getLogger(__name__)

NAMESPACE = 'heatconv.resources'


class Registry:
    """Maps resource types to plugins.

    :param plugins: the plugins by type name.
    :param of_templates: the plugin of all types that are names of templates; None without one.
    """

    def __init__(
        self, plugins: Mapping[str, Plugin], of_templates: NestedPlugin | None = None
    ) -> None:
        self._of_templates = of_templates
        self._plugins = {name: plugins[name] for name in sorted(plugins)}

    @classmethod
    def installed(cls, records: Records, clock: Clock) -> Registry:
        """Load every installed plugin; one that fails to load is logged and left out."""

        def failed(manager: Any, entry_point: Any, error: Exception) -> None:
            LOG.error('Resource type %s cannot be loaded: %s', entry_point.name, error)

        manager = extension.ExtensionManager(
            NAMESPACE,
            invoke_on_load=True,
            invoke_args=(records, clock),
            on_load_failure_callback=failed,
        )
        of_templates = TemplateResource(records, clock)
        return cls({loaded.name: loaded.obj for loaded in manager}, of_templates)

    def nest(
        self,
        children: NestedStacks,
        configs: SoftwareStore | None = None,
        urls: SignalUrls | None = None,
        region: str | None = None,
    ) -> None:
        """Give the plugins that need them access to the engine.

        :param children: the nested stacks.
        :param configs: keeps software configurations and deployments; None to leave it unset.
        :param urls: None if there are no URLs for signals.
        :param region: the name of the region; None for the default.
        """
        groups = {
            name: plugin
            for name, plugin in self._plugins.items()
            if isinstance(plugin, ScalingGroup) and plugin.scales
        }
        for plugin in (self._of_templates, *self._plugins.values()):
            if isinstance(plugin, UsesNestedStacks):
                plugin.children = children
            if isinstance(plugin, UsesSoftware) and configs is not None:
                plugin.software = configs
            if isinstance(plugin, ScalingPolicy):
                plugin.groups = groups
            if isinstance(plugin, UsesSignalUrls) and urls is not None:
                plugin.urls = urls
            if isinstance(plugin, RemoteStack) and region is not None:
                plugin.in_region(region)

    def plugin(self, type_name: str) -> Plugin | None:
        """Return the plugin of a type; None if there is none.

        All resources of nested templates have the same plugin.
        """
        if type_name == TEMPLATE_RESOURCE or is_template(type_name):
            return self._of_templates
        return self._plugins.get(type_name)

    def nests(self, type_name: str) -> bool:
        """Say whether the resources of a type are nested stacks."""
        plugin = self.plugin(type_name)
        return plugin is not None and plugin.nests

    def schema(self, type_name: str) -> TypeSchema | None:
        """Return the schema of a type that a template may declare; None if it has no plugin."""
        if type_name == TEMPLATE_RESOURCE:
            return None
        plugin = self.plugin(type_name)
        return None if plugin is None else plugin.schema

    @property
    def types(self) -> tuple[str, ...]:
        """Return the names of all types with a plugin of their own, sorted."""
        return tuple(self._plugins)
