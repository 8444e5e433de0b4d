"""Put one made-up request through all that reads requests."""

from __future__ import annotations

from typing import Any

from heatconv import exception
from heatconv.convergence.model import DesiredState, Resource, Stack
from heatconv.engine import content as contents
from heatconv.engine import errors
from heatconv.hot.errors import TemplateError
from heatconv.hot.scope import ResourceState, Scope
from heatconv.resources.records import MemoryRecords
from heatconv.resources.registry import Registry
from heatconv.runtime.ports import SystemClock
from heatconv.sim.moves import SimClock, SimIds
from heatconv.storage.memory import MemoryStore
from heatconv.templates.cache import TemplateCache
from heatconv.templates.compiled import CompiledTemplate, attributes

MAX_SIZE = 524_288


class Trial:
    """Reads, compiles and resolves, as the engine and the workers do."""

    def __init__(self) -> None:
        registry = Registry.installed(MemoryRecords(), SystemClock())
        self._store = MemoryStore(SimClock(), SimIds())
        self._templates = TemplateCache(self._store, registry)

    def take(self, made: dict[str, Any]) -> str:
        """Return what became of it: refused, or how much of it resolves.

        :raises Exception: whatever is no clean answer to a user.
        """
        try:
            read = contents.read(
                made['template'],
                made['environment'],
                made['files'],
                None,
                made.get('names'),
                MAX_SIZE,
            )
            try:
                compiled = self._templates.compile(read.template)
            except TemplateError as error:
                raise errors.of_template(
                    error, read.template['template'], read.template['environment']
                ) from None
        except exception.HeatconvException as error:
            assert str(error)
            return 'refused'
        try:
            template_id = self._store.save_template(read.template)
        except (ValueError, UnicodeError):
            return 'refused'  # no database takes it, and heat-api would not send it
        whole = self._resolve(compiled, template_id)
        self._store.purge_deleted(0.0)
        return 'resolved' if whole else 'unresolved'

    def _resolve(self, compiled: CompiledTemplate, template_id: str) -> bool:
        stack = Stack('s', 'p', 'stack')
        rows = {
            name: Resource(
                f'id-{name}', 's', name, one.type, attributes={'value': [{'a': 1}, 'b']}
            )
            for name, one in compiled.definitions.items()
        }
        whole = True
        for name in compiled.definitions:
            definition = compiled.definition(name)
            serving = {one: rows[one] for one in definition.requires}
            desired = _answer(definition, stack, serving)
            whole = whole and isinstance(desired, DesiredState)
            # A worker compiles it alone, of what its node brings.
            words = compiled.source_of(name)
            assert words is not None
            alone = _answer(self._templates.defined(template_id, name, words), stack, serving)
            if repr(alone) != repr(desired):
                raise AssertionError(f'{name} is {desired!r}, and alone {alone!r}')
        scope = Scope(
            {'OS::stack_name': 'stack', 'OS::stack_id': 's', 'OS::project_id': 'p'},
            {n: ResourceState(row.reference_id, attributes(row)) for n, row in rows.items()},
        )
        for output in compiled.hot.outputs.values():
            try:
                output.resolve(scope)
            except TemplateError:
                whole = False
        return whole


def _answer(definition: Any, stack: Stack, serving: dict[str, Resource]) -> Any:
    """Return what is wanted, or why that cannot be told."""
    try:
        return definition.desired(stack, 't', serving)
    except TemplateError as error:
        return type(error)
