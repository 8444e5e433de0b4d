# A create never ends, and its stack has a minute: it fails, and the next update mends it.
base = Template({'A': RsrcDef({'a': 1}, []), 'B': RsrcDef({'a': GetRes('A')}, [])})
changed = Template({'A': RsrcDef({'a': 2}, []), 'B': RsrcDef({'a': GetRes('A')}, [])})

engine.call(reality.slow, 'A', float('inf'), 'create', 1)
engine.create_stack('demo', base, timeout_mins=1)
engine.noop(2)
engine.wait(61)
engine.update_stack('demo', changed)
