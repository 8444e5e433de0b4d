# A cloud can never do it: a worker does not ask for ever, the resource has failed.
engine.call(reality.busy, 'A', 'create', float('inf'))
engine.create_stack('demo', Template({'A': RsrcDef({'a': 1}, [])}))
