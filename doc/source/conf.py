"""How Sphinx builds the documentation."""

from __future__ import annotations

import pathlib
import re

ROOT = pathlib.Path(__file__).parents[2]

project = 'heatconv'
author = 'The heatconv authors'
copyright = 'The heatconv authors'

_found = re.search(
    r"^VERSION = '([^']+)'$", (ROOT / 'heatconv' / 'version.py').read_text(), re.MULTILINE
)
assert _found is not None
version = release = _found[1]

# None of the extensions: nothing is fetched, nothing of heatconv is imported.
extensions: list[str] = []
nitpicky = True

# What is quoted is typed: a quotation mark or a dash stays what it is.
smartquotes = False
highlight_language = 'none'

html_theme = 'alabaster'
html_theme_options = {
    'description': 'Makes a declared set of resources real',
    'fixed_sidebar': True,
    'page_width': '1060px',
}
html_copy_source = False
