# An update never ends. It is cancelled where it is, and another one is asked for.
base = Template({'A': RsrcDef({'a': 1}, []), 'B': RsrcDef({'a': GetRes('A')}, [])})
changed = Template({'A': RsrcDef({'a': 2}, []), 'B': RsrcDef({'a': GetRes('A')}, [])})
again = Template({'A': RsrcDef({'a': 3}, []), 'B': RsrcDef({'a': GetRes('A')}, [])})

engine.create_stack('demo', base)
engine.noop(5)
engine.call(reality.slow, 'A', float('inf'), 'update', 1)
engine.update_stack('demo', changed)
engine.noop(2)
engine.cancel_stack('demo', rollback=False)
engine.update_stack('demo', again)
