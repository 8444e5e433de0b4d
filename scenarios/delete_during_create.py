# A delete comes before all is made.
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
engine.noop(2)
engine.delete_stack('demo')
engine.noop(10)
engine.call(verify, Template({}))
