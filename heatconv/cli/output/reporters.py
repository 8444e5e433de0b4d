#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""Choose how progress is shown on stderr: as a drawing, as lines, or not at all.

stdout contains only the result, so that it can be piped into other programs.
"""

from __future__ import annotations

import os
from typing import TextIO

from heatconv.cli.output.plain import PlainReporter, QuietReporter
from heatconv.cli.settings import Settings
from heatconv.cli.waiting.progress import Reporter


def reporter(settings: Settings, stream: TextIO) -> Reporter:
    """Return the reporter that suits the settings and a stream."""
    if settings.quiet:
        return QuietReporter(stream)
    if is_terminal(stream):
        from heatconv.cli.output.live import LiveReporter

        return LiveReporter(stream, settings.color)
    return PlainReporter(stream)


def is_terminal(stream: TextIO) -> bool:
    """Say whether a stream supports drawing."""
    return stream.isatty() and os.environ.get('TERM') not in (None, '', 'dumb')
