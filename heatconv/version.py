"""The version of this release."""

from __future__ import annotations

#: Also in setup.cfg; a test holds the two together.
VERSION = '0.1.0'
