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

"""The interface of the application object that its commands use."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol, TextIO

from heatconv.cli.connection import Session
from heatconv.cli.settings import Settings


class Application(Protocol):
    """The running application, which cliff passes to each command.

    :ivar connect: opens a connection to the stacks.
    :ivar sleep: pauses between two polls of a stack; its argument is in seconds.
    """

    NAME: str
    options: argparse.Namespace
    parser: argparse.ArgumentParser
    command_manager: Any
    settings: Settings
    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    connect: Callable[..., AbstractContextManager[Session]]
    sleep: Callable[[float], None]
