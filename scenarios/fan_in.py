# Eight that one requires.
leaves = {name: RsrcDef({'x': name}, []) for name in 'ABCDEFGH'}
base = Template({**leaves, 'Z': RsrcDef({name: GetRes(name) for name in leaves}, [])})
engine.create_stack('demo', base)
engine.noop(9)
engine.call(verify, base)
engine.delete_stack('demo')
engine.noop(9)
engine.call(verify, Template({}))
