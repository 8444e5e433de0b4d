# A cloud can never do it: the resource fails in the end, and is mended when it can.
base = Template({'A': RsrcDef({'a': 1}, []), 'B': RsrcDef({'a': GetRes('A')}, [])})

engine.call(reality.busy, 'A', 'create', 3)
engine.create_stack('demo', base)
engine.noop(4)
engine.update_stack('demo', base)
