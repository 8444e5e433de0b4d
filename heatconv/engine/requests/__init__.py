"""User requests that change stacks: validate, save the wish, announce it, answer.

There is one module for each kind of request; `core` has the steps that all of them share. The
caller gets its answer as soon as the change is saved. Engines prepare the wish later, and workers
operate on the resources.
"""
