# A create fails and is rolled back to nothing.
base = Template({'A': RsrcDef({'a': 1}, []), 'B': RsrcDef({'a': GetRes('A')}, [])})
reality.fail('B', 'create')
engine.create_stack('demo', base, disable_rollback=False)
engine.noop(8)
engine.call(verify, Template({}))
engine.delete_stack('demo')
engine.call(verify, Template({}))
