"""Compiled templates, as convergence needs them: with their nested templates, in a cache.

The language of templates is in `heatconv.hot`.
"""
