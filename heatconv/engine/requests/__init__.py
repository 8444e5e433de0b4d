"""Requests of users that change stacks: validate, save the wish, announce it, answer.

One module for each kind of request; `core` has what all of them share. The caller has its
answer as soon as the wish is saved. Engines and workers do the rest later.
"""
