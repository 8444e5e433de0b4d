# A create never ends. It is cancelled, and the next template makes another in its place.
base = Template({'A': RsrcDef({'a': 1}, []), 'B': RsrcDef({'a': GetRes('A')}, [])})
changed = Template({'A': RsrcDef({'a': 2}, []), 'B': RsrcDef({'a': GetRes('A')}, [])})

engine.call(reality.slow, 'A', float('inf'), 'create', 1)
engine.create_stack('demo', base)
engine.noop(2)
engine.cancel_stack('demo', rollback=False)
engine.update_stack('demo', changed)
