# A create fails and stays; an update with another template mends it.
base = Template({'A': RsrcDef({'a': 1}, []), 'B': RsrcDef({'a': GetRes('A')}, [])})
reality.fail('B', 'create', 1)
engine.create_stack('demo', base)
engine.noop(4)
engine.update_stack('demo', base)
engine.noop(8)
engine.call(verify, base)

engine.delete_stack('demo')
engine.noop(8)
engine.call(verify, Template({}))
