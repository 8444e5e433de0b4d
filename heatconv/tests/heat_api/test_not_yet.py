"""Commands of the stock client that heatconv does not answer: each fails, and says so.

Who adds one takes it from the table, and adds a test of what it does.
"""

from __future__ import annotations

import re
import time

from heatconv.tests.heat_api.running import SiteTest
from heatconv.tests.heat_api.templates import NOTHING

NO_SIGNALS = 'its type takes no signals'

#: Commands and why they are not answered; ``{template}`` is a file, demo is a
#: stack with a resource ``nothing``.
NOT_YET: dict[str, str] = {
    'stack resource signal demo nothing': NO_SIGNALS,
}

#: What may be said of a command that is not answered.
REFUSED = re.compile(
    'not (supported|authorized|found)|there is no resource type|[Uu]nable to delete'
)

#: Beyond this a command counts as hanging, in seconds.
PROMPT = 20


class TestNotYet(SiteTest):
    def setUp(self) -> None:
        super().setUp()
        self.files = {'template': self.template(NOTHING)}
        self.make('demo', NOTHING)

    def check(self, command: str) -> None:
        """Run a command of the table, which must fail as it should."""
        begun = time.monotonic()
        said = self.refused(*command.format(**self.files).split())
        self.assertLess(time.monotonic() - begun, PROMPT)
        self.assertRegex(said, REFUSED)


def _add(command: str) -> None:
    name = 'test_' + ''.join(one if one.isalnum() else '_' for one in command)
    setattr(TestNotYet, name, lambda self: self.check(command))


for _command in NOT_YET:
    _add(_command)
