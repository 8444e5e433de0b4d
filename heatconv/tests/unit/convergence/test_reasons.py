"""The reasons of failures are worded as in Heat."""

from __future__ import annotations

import testtools

from heatconv.convergence import reasons


class ReasonsTest(testtools.TestCase):
    def test_reason_of_a_resource(self) -> None:
        for name, reported, expected in (
            ('web', 'ValueError: no quota', 'ValueError: resources.web: no quota'),
            ('0', 'ValueError: no quota', 'ValueError: resources[0]: no quota'),
            ('web', 'no quota', 'resources.web: no quota'),
            ('web', 'a: b', 'resources.web: a: b'),
            (
                'site',
                'Resource CREATE failed: ValueError: resources.web: no quota',
                'ValueError: resources.site.resources.web: no quota',
            ),
            (
                'group',
                'Resource UPDATE failed: ValueError: resources[10]: no: quota',
                'ValueError: resources.group.resources[10]: no: quota',
            ),
            ('site', 'Stack CREATE timed out', 'resources.site: Stack CREATE timed out'),
            (
                'web',
                'resources.web.properties.size: it must be a number',
                'resources.web.properties.size: it must be a number',
            ),
        ):
            self.assertEqual(expected, reasons.of_resource(name, reported))

    def test_reason_of_a_stack(self) -> None:
        self.assertEqual(
            'Resource CREATE failed: ValueError: resources.web: no quota',
            reasons.of_stack('CREATE', 'ValueError: resources.web: no quota'),
        )
