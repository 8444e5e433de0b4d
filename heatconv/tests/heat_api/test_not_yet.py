"""Commands of the stock client that heatconv does not answer: each fails, and says so.

Who adds one takes it from the table, and adds a test of what it does.
"""

from __future__ import annotations

import time

from heatconv.tests.heat_api.running import SiteTest
from heatconv.tests.heat_api.templates import NOTHING

NOTHING_KEPT = 'no state of stacks is kept beside the newest'
NO_SIGNALS = 'no resource takes signals'
NO_LISTS = 'types and functions are in the documentation only'
PREVIEWS = 'what a template changes is not told before it is changed'
SOFTWARE = 'software configuration is for servers, of which there are none'
STATES = 'a stack knows no actions but create, update, rollback and delete'

#: Commands and why they are not answered; ``{template}`` and ``{adopt}`` are files, demo is
#: a stack with a resource ``nothing``.
NOT_YET: dict[str, str] = {
    'stack create --dry-run -t {template} other': PREVIEWS,
    'stack update --dry-run -t {template} demo': PREVIEWS,
    'stack update --dry-run --existing demo': PREVIEWS,
    'stack check demo': STATES,
    'stack suspend demo': STATES,
    'stack resume demo': STATES,
    'stack snapshot create demo': NOTHING_KEPT,
    'stack snapshot list demo': NOTHING_KEPT,
    'stack snapshot show demo 1': NOTHING_KEPT,
    'stack snapshot restore demo 1': NOTHING_KEPT,
    'stack snapshot delete -y demo 1': NOTHING_KEPT,
    'stack abandon demo': 'stacks are not handed over',
    'stack export demo': 'stacks are not handed over',
    'stack adopt --adopt-file {adopt} other': 'stacks are not handed over',
    'stack environment show demo': 'environments are merged into templates',
    'stack file list demo': 'files are merged into templates',
    'stack list --all-projects': 'a request is of one project',
    'stack list --long': 'it asks for the stacks of all projects',
    'stack hook clear --pre-create demo nothing': NO_SIGNALS,
    'stack resource signal demo nothing': NO_SIGNALS,
    'stack resource mark unhealthy demo nothing broken': 'resources are looked at instead',
    'orchestration resource type list': NO_LISTS,
    'orchestration resource type show OS::Heat::Value': NO_LISTS,
    'orchestration resource type show --template-type hot OS::Heat::Value': NO_LISTS,
    'orchestration template function list heat_template_version.2021-04-16': NO_LISTS,
    'orchestration template version list': NO_LISTS,
    'orchestration service list': 'heatconv-manage service list has them',
    'software config list': SOFTWARE,
    'software config show 1': SOFTWARE,
    'software config delete 1': SOFTWARE,
    'software config create --config-file {template} config': SOFTWARE,
    'software deployment list': SOFTWARE,
    'software deployment show 1': SOFTWARE,
    'software deployment output show --all 1': SOFTWARE,
    'software deployment delete 1': SOFTWARE,
    'software deployment create --config 1 --server 1 --signal-transport NO_SIGNAL d': SOFTWARE,
}

#: Beyond this a command counts as hanging, in seconds.
PROMPT = 20


class TestNotYet(SiteTest):
    def setUp(self) -> None:
        super().setUp()
        self.files = {
            'template': self.template(NOTHING),
            'adopt': self.file(
                'adopt.json',
                {
                    'stack_name': 'other',
                    'action': 'CREATE',
                    'status': 'COMPLETE',
                    'environment': {},
                    'files': {},
                    'template': {'heat_template_version': '2021-04-16', 'resources': NOTHING},
                    'resources': {
                        'nothing': {
                            'name': 'nothing',
                            'resource_id': 'known',
                            'type': 'OS::Heat::None',
                            'action': 'CREATE',
                            'status': 'COMPLETE',
                            'metadata': {},
                            'resource_data': {},
                        }
                    },
                },
            ),
        }
        self.make('demo', NOTHING)

    def check(self, command: str) -> None:
        """Run a command of the table, which must fail as it should."""
        begun = time.monotonic()
        said = self.refused(*command.format(**self.files).split())
        self.assertLess(time.monotonic() - begun, PROMPT)
        self.assertRegex(said, r'not (supported|authorized|found)')


def _add(command: str) -> None:
    name = 'test_' + ''.join(one if one.isalnum() else '_' for one in command)
    setattr(TestNotYet, name, lambda self: self.check(command))


for _command in NOT_YET:
    _add(_command)
