# What was required requires now; both are replaced.
base = Template({'A': RsrcDef({'!a': 1}, []), 'B': RsrcDef({'!b': 1}, ['A'])})
inverted = Template({'A': RsrcDef({'!a': 2}, ['B']), 'B': RsrcDef({'!b': 2}, [])})
engine.create_stack('demo', base)
engine.noop(2)
engine.update_stack('demo', inverted)
engine.noop(8)
engine.call(verify, inverted)

engine.delete_stack('demo')
engine.noop(8)
engine.call(verify, Template({}))
