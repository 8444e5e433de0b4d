# A create is rolled back to nothing.
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
engine.noop(3)
engine.rollback_stack('demo')
engine.noop(12)
engine.call(verify, Template({}))
engine.delete_stack('demo')
engine.call(verify, Template({}))
