# A create that never ends does not hold up a delete.
base = Template({'A': RsrcDef({'a': 1}, []), 'B': RsrcDef({'a': GetRes('A')}, [])})
reality.slow('A', float('inf'), 'create', 1)
engine.create_stack('demo', base)
engine.noop(3)
engine.delete_stack('demo')
engine.noop(6)
