# A delete fails; asked for again it leaves nothing.
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
engine.call(reality.fail, 'C', 'delete', 1)
engine.delete_stack('demo')
engine.noop(6)
engine.delete_stack('demo')
engine.noop(6)
engine.call(verify, Template({}))
