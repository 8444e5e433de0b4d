"""Where the software of servers is: what the script ``install`` makes."""

from __future__ import annotations

import os
import pathlib
import sys

#: The directory that ``install`` was given: HEATCONV_TEST_AGENTS, or one within this venv.
PLACE = pathlib.Path(os.environ.get('HEATCONV_TEST_AGENTS') or pathlib.Path(sys.prefix, 'agents'))

PYTHON = PLACE / 'bin' / 'python'

#: Python modules of cloud-init.
CLOUD_INIT = PLACE / 'cloud-init' / 'usr' / 'lib' / 'python3' / 'dist-packages'

#: The source distribution of heat-agents.
HEAT_AGENTS = PLACE / 'heat-agents'


def program(name: str) -> str:
    """Return a program of the agents."""
    return str(PLACE / 'bin' / name)
