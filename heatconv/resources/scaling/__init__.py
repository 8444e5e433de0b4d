"""Groups that change their size by signals, and the policies that receive the signals.

`capacity` and `batches` compute sizes; `group` and `policy` are the resource types.
"""
