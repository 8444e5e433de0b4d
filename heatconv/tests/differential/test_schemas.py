"""``resource type show`` describes each type as Heat does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import testtools

from heatconv.engine import catalogue
from heatconv.resources.records import MemoryRecords
from heatconv.resources.registry import Registry
from heatconv.sim.moves import SimClock
from heatconv.tests.differential.comparing import Compared
from heatconv.tests.differential.schemas import (
    NOTHING,
    Found,
    HeatSchemas,
    differences,
    faults,
    plain,
)

_HIDDEN = 'Heat refuses to show a hidden type; here it is shown, with its status.'

#: Type and path of each difference that is meant, and the reason.
INTENDED: Mapping[tuple[str, str], str] = {
    ('OS::Heat::HARestarter', 'refused'): _HIDDEN,
    ('OS::Heat::SoftwareDeployments', 'refused'): _HIDDEN,
    ('OS::Heat::StructuredDeployments', 'refused'): _HIDDEN,
}


@cache
def _schemas() -> HeatSchemas:
    """Load Heat once for all tests of a process: it takes seconds."""
    return HeatSchemas()


def registry() -> Registry:
    """Return the installed types."""
    return Registry.installed(MemoryRecords(), SimClock())


class SchemasTest(Compared):
    def setUp(self) -> None:
        super().setUp()
        self.schemas = _schemas()
        self.registry = registry()

    def ours(self, name: str) -> dict[str, Any]:
        answer: dict[str, Any] = plain(catalogue.resource_schema(self.registry, name, True))
        return answer

    def found(self, name: str) -> Iterator[tuple[str, Any, Any]]:
        """Yield the differences of a type that Heat has too."""
        if self.schemas.type(name).support_status.status == 'HIDDEN':
            yield 'refused', True, False
        else:
            yield from differences(self.schemas.schema(name), self.ours(name))

    def test_every_type_is_described_as_in_heat(self) -> None:
        shared = [name for name in self.registry.types if self.schemas.type(name) is not None]
        self.assertIn('OS::Heat::Stack', shared)
        found: Found = {
            (name, path): (heat, ours) for name in shared for path, heat, ours in self.found(name)
        }
        wrong = faults(found, INTENDED)
        self.assertEqual(0, len(wrong), '\n'.join(wrong))

    def test_hidden_types_are_not_listed_but_shown(self) -> None:
        listed = catalogue.resource_types(self.registry)
        for name, path in INTENDED:
            if path == 'refused':
                self.assertNotIn(name, listed)
                status = self.ours(name)['support_status']
                heat = self.schemas.type(name).support_status
                self.assertEqual(
                    (heat.status, heat.version), (status['status'], status['version']), name
                )


class DifferencesTest(testtools.TestCase):
    """The comparison sees what it looks for; it needs no Heat."""

    def found(self, heat: Any, ours: Any) -> list[tuple[str, Any, Any]]:
        return list(differences(heat, ours))

    def test_values_of_all_levels(self) -> None:
        self.assertEqual([], self.found({'a': 1, 'b': {'c': [1]}}, {'b': {'c': [1]}, 'a': 1}))
        self.assertEqual(
            [('b.c', [1], [2]), ('d', 1, NOTHING), ('e', NOTHING, None)],
            self.found({'b': {'c': [1]}, 'd': 1}, {'b': {'c': [2]}, 'e': None}),
        )

    def test_values_of_other_types(self) -> None:
        self.assertEqual([('a', True, 1)], self.found({'a': True}, {'a': 1}))
        self.assertEqual([('a', 1.0, 1)], self.found({'a': 1.0}, {'a': 1}))

    def test_texts_are_only_there_or_not(self) -> None:
        self.assertEqual([], self.found({'description': 'x'}, {'description': 'y'}))
        self.assertEqual([], self.found({}, {'description': ''}))
        self.assertEqual(
            [('a.description', True, False)], self.found({'a': {'description': 'x'}}, {'a': {}})
        )
        self.assertEqual(
            [('description', False, True)], self.found({'description': ''}, {'description': 'x'})
        )

    def test_only_what_is_meant_may_differ(self) -> None:
        found = {('T', 'a'): (1, 2), ('T', 'b'): (3, 4)}
        self.assertEqual([], faults(found, {('T', 'a'): 'why', ('T', 'b'): 'why'}))
        self.assertEqual(['T: b: Heat 3, heatconv 4'], faults(found, {('T', 'a'): 'why'}))
        self.assertEqual(['T: c: it differs no longer'], faults({}, {('T', 'c'): 'why'}))
