# A stack of the same name is made again after a delete.
base = Template(
    {
        'A': RsrcDef({'a': 'initial'}, []),
        'B': RsrcDef({}, []),
        'C': RsrcDef({'!a': GetAtt('A', 'a')}, ['B']),
        'D': RsrcDef({'c': GetRes('C')}, []),
        'E': RsrcDef({'ca': GetAtt('C', '!a')}, []),
    }
)

engine.create_stack('demo', base)
engine.noop(5)
engine.call(verify, base)
engine.delete_stack('demo')
engine.noop(6)
engine.create_stack('demo', base)
engine.noop(5)
engine.call(verify, base)

engine.delete_stack('demo')
engine.noop(8)
engine.call(verify, Template({}))
