# An update never ends. A rollback does not wait for it.
base = Template({'A': RsrcDef({'a': 1}, []), 'B': RsrcDef({'a': GetRes('A')}, [])})
changed = Template({'A': RsrcDef({'a': 2}, []), 'B': RsrcDef({'a': GetRes('A')}, [])})

engine.create_stack('demo', base)
engine.noop(5)
engine.call(verify, base)
engine.call(reality.slow, 'A', float('inf'), 'update', 1)
engine.update_stack('demo', changed)
engine.noop(2)
engine.rollback_stack('demo')
