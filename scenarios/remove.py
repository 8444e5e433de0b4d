# An update removes resources, those that require others first.
base = Template(
    {
        'A': RsrcDef({'a': 'initial'}, []),
        'B': RsrcDef({}, []),
        'C': RsrcDef({'!a': GetAtt('A', 'a')}, ['B']),
        'D': RsrcDef({'c': GetRes('C')}, []),
        'E': RsrcDef({'ca': GetAtt('C', '!a')}, []),
    }
)
less = Template(
    {
        'A': RsrcDef({'a': 'initial'}, []),
        'B': RsrcDef({}, []),
    }
)

engine.create_stack('demo', base)
engine.noop(5)
engine.call(verify, base)
engine.update_stack('demo', less)
engine.noop(7)
engine.call(verify, less)

engine.delete_stack('demo')
engine.noop(8)
engine.call(verify, Template({}))
